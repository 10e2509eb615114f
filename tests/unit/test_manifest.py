"""The manifest: right ones become a value, faults are named with their place and their cure."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.manifest import (
    Manifest,
    ManifestError,
    check_digit,
    load,
    load_all,
    municipalities,
    parse,
)
from infra.written import MAX_BYTES, Problem

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (ROOT / "tenants" / "232386-sample.yaml").read_text("utf-8")


def changed(old: str, new: str, text: str = SAMPLE) -> str:
    assert old in text, old
    return text.replace(old, new)


def problems(text: str | bytes) -> tuple[Problem, ...]:
    raw = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ManifestError) as caught:
        parse(raw, file="a.yaml")
    return caught.value.problems


def test_the_samples_are_read() -> None:
    manifests = load_all(sorted((ROOT / "tenants").glob("*.yaml")))
    assert [manifest.lg_code for manifest in manifests] == ["122041", "122360", "232386"]
    sample = manifests[2]
    assert sample.municipality == "長久手市"
    assert sample.mfa_required
    assert sample.private is not None
    assert sample.internet is not None
    assert (sample.rate, sample.burst, sample.key_rotation_days) == (20, 40, 2560)
    assert sample.tags == {
        "municipality-code": "232386",
        "vendor": "soudan-demo",
        "offer": "reference",
        "system": "soudan",
        "environment": "production",
        "CostCenter": "welfare-0412",
    }


# Vectors of DOMAIN §4.9.
CODES = (
    "120006 121002 122041 122173 122360 131016 011002 232386 271004 272272 282014 312029 112216 "
    "473821"
)


@pytest.mark.parametrize("code", CODES.split())
def test_check_digits(code: str) -> None:
    assert check_digit(code[:5]) == code[5]


def test_every_listed_municipality_has_a_right_check_digit() -> None:
    assert len(municipalities()) == 1741
    assert [code for code in municipalities() if check_digit(code[:5]) != code[5]] == []


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('"232386"', '"232387"', 3, '"232386" と書いてください'),
        ('"232386"', '"230006"', 3, "市区町村の一覧にありません"),
        ('"232386"', '"23238"', 3, "検査数字を含む6桁"),
        ('"232386"', "232386", 3, "引用符で囲んで"),
        ("長久手市", "長久手町", 4, "name: 長久手市 と書く"),
        ("vendor: soudan-demo", "vendor: 相談社", 5, "英小文字・数字・ハイフン"),
        ("isolation:", "colour: red\nisolation:", 10, "知らない項目「colour」"),
        ("environment: production", "environment: honban", 7, "production / verification / local"),
        ("environment: production\n", "", 2, "「environment」がありません"),
        ('"232386000001"', '"2323860000"', 8, "12桁の数字"),
        ("ap-northeast-1", "us-east-1", 9, "ap-northeast-3(大阪)"),
        ("isolation: account", "isolation: none", 10, "stack か account"),
        ('"vpce-0a1b2c3d4e5f60718"', '"vpc-1"', 14, "vpce-0123456789abcdef0"),
        ('["vpce-0a1b2c3d4e5f60718"]', "[]", 14, "1つ以上"),
        ('"203.0.113.0/24"', '"0.0.0.0/0"', 17, "全世界"),
        ('"203.0.113.0/24"', '"::/0"', 17, "全世界"),
        ('"203.0.113.0/24"', '"203.0.113.7/24"', 17, "ホスト部を0"),
        ('["203.0.113.0/24", "198.51.100.32/28"]', "[]", 16, "制限もWAFもなく"),
        ("waf: none", "waf: yes please", 18, "none / own"),
        ("recordsYears: 5", "recordsYears: 0", 20, "1から30"),
        ("logDays: 365", "logDays: 366", 22, "30 60 90"),
        ("plan: lite", "plan: free", 24, "lite / essentials / plus"),
        ("mfa: required", "mfa: off", 25, "mfa: required と書いて"),
        ("operation@example.jp", "operation", 27, "メールアドレス"),
        ("welfare-0412", "taro@example.jp", 30, "個人を示す値"),
        ("CostCenter", "vendor", 30, "重なります"),
        ("CostCenter", "aws:cost", 29, "aws: で始まらない"),
        ("isolation: account", "isolation: account\nisolation: stack", 11, "2度"),
        ("offer: reference", "offer: &o reference\nx: *o", 7, "参照(*)や"),
        ("plan: lite", "plan: [lite", 25, "YAMLとして読めません"),
    ],
)
def test_a_fault_is_named_with_its_line_and_its_cure(
    old: str, new: str, line: int, says: str
) -> None:
    (problem,) = problems(changed(old, new))
    assert problem.line == line, str(problem)
    assert says in str(problem)
    assert problem.file == "a.yaml"
    assert problem.column >= 1


@pytest.mark.parametrize(
    ("old", "new", "known"),
    [
        ("vendor:", "vendr: x\nvendor:", ("vendor, municipality, offer", "throttle", "tags")),
        ("vendor:", "zzz: x\nvendor:", ("municipality, vendor, offer", "throttle", "tags")),
        ("    waf: none", "    waff: none\n    waf: none", ("waf, allowedCidrs",)),
        ("  plan: lite", "  plann: lite\n  plan: lite", ("plan, mfa",)),
    ],
)
def test_an_unknown_key_is_answered_with_the_known_ones(
    old: str, new: str, known: tuple[str, ...]
) -> None:
    (problem,) = problems(changed(old, new))
    listed = problem.write.removeprefix("消すか、次のどれかに直してください: ")
    assert listed.startswith(known[0])
    assert all(names in listed for names in known)


def test_a_missing_part_says_what_to_write() -> None:
    (problem,) = problems(changed("vendor: soudan-demo\n", ""))
    assert problem.write == "英小文字・数字・ハイフンだけで書いてください(例 soudan-demo)。"


def test_no_door_at_all_is_refused() -> None:
    start, end = SAMPLE.index("doors:"), SAMPLE.index("retention:")
    (problem,) = problems(SAMPLE[:start] + "doors: {}\n" + SAMPLE[end:])
    assert "internet: か private:" in problem.write


def test_several_faults_are_told_at_once() -> None:
    text = changed("plan: lite", "plan: free", changed("logDays: 365", "logDays: 1"))
    assert [problem.line for problem in problems(text)] == [22, 24]


def test_an_open_internet_door_needs_a_waf_in_production_only() -> None:
    opened = changed('    allowedCidrs: ["203.0.113.0/24", "198.51.100.32/28"]\n', "")
    assert len(problems(opened)) == 1
    parse(changed("waf: none", "waf: own", opened).encode(), file="a.yaml")
    parse(changed("production", "verification", opened).encode(), file="a.yaml")


def test_a_shared_web_acl_must_be_of_this_account_and_region() -> None:
    arn = (
        "arn:aws:wafv2:ap-northeast-1:{}:regional/webacl/shared/"
        "11111111-2222-3333-4444-555555555555"
    )
    parse(changed("waf: none", f"waf: {arn.format('232386000001')}").encode(), file="a.yaml")
    (problem,) = problems(changed("waf: none", f"waf: {arn.format('999999999999')}"))
    assert "232386000001" in problem.write


def test_layouts_of_papers_are_a_directory_below_the_project() -> None:
    def named(directory: str) -> str:
        return SAMPLE.replace("alarms:", f"papers:\n  layouts: {directory}\nalarms:")

    assert parse(SAMPLE.encode(), file="a.yaml").papers_layouts is None
    found = parse(named("tenants/232386-layouts").encode(), file="a.yaml").papers_layouts
    assert found == "tenants/232386-layouts"
    for directory in ("/etc", "../x", "a/../b", "a//b", '""'):
        (problem,) = problems(named(directory))
        assert "papers.layouts" in problem.wrong


def test_a_scanner_must_be_of_the_region_and_may_be_of_another_account() -> None:
    """The file is handed over by a link, so the function may be the vendor's own."""
    arn = "arn:aws:lambda:ap-northeast-1:999999999999:function:scanner"
    named = f"scanner:\n  functionArn: {arn}\nalarms:"
    assert parse(SAMPLE.replace("alarms:", named).encode(), file="a.yaml").scanner == arn
    (problem,) = problems(SAMPLE.replace("alarms:", named.replace("northeast-1", "northeast-3")))
    assert "リージョン" in problem.wrong
    (problem,) = problems(SAMPLE.replace("alarms:", "scanner:\n  functionArn: x\nalarms:"))
    assert "scanner.functionArn" in problem.wrong


def test_tag_keys_are_configuration() -> None:
    text = SAMPLE + "  keys:\n    municipality: LgCode\n    system: System\n"
    manifest = parse(text.encode(), file="a.yaml")
    assert manifest.tags["LgCode"] == "232386"
    assert manifest.tags["System"] == "soudan"
    assert "municipality-code" not in manifest.tags
    doubled = problems(SAMPLE + "  keys:\n    municipality: vendor\n")
    assert all("2つの意味" in problem.wrong for problem in doubled)


def test_manifests_are_judged_together(tmp_path: Path) -> None:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    one = write("one.yaml", SAMPLE)
    twin = write("twin.yaml", SAMPLE)
    with pytest.raises(ManifestError, match="にもあります") as caught:
        load_all([one, twin])
    assert "専用のアカウント" in str(caught.value)
    check = write("check.yaml", changed("environment: production", "environment: verification"))
    with pytest.raises(ManifestError, match="本番と検証のアカウントを分けて"):
        load_all([one, check])


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="読めません"):
        load(tmp_path / "none.yaml")
    assert "UTF-8" in problems(b"\xff\xfe\x00")[0].write
    assert "大きすぎます" in problems(b"#" * (MAX_BYTES + 1))[0].wrong
    for text in ("", "- a\n", "text", "42", "null"):
        assert "設定が書かれていません" in problems(text)[0].wrong


def test_a_reference_bomb_is_refused_before_it_is_built() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)
    )
    assert "参照" in problems(bomb)[0].wrong
    assert "深い入れ子" in problems("a: " + "[" * 30_000)[0].wrong


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_a_manifest_or_problems(text: str) -> None:
    try:
        parse(text.encode("utf-8", "surrogatepass"), file="a.yaml")
    except ManifestError as error:
        assert error.problems


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_sample_gives_a_manifest_or_problems(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SAMPLE)))
    end = data.draw(st.integers(start, min(len(SAMPLE), start + 12)))
    piece = data.draw(
        st.sampled_from(["", "!x ", "? ", "- ", "{", "[", "<<: ", "~", "1e9", "'", "2026-01-01"])
    )
    text = SAMPLE[:start] + piece + SAMPLE[end:]
    try:
        assert isinstance(parse(text.encode(), file="a.yaml"), Manifest)
    except ManifestError as error:
        assert all(problem.line >= 1 and problem.write for problem in error.problems)


def test_the_schema_is_a_schema_and_says_how_to_cure_every_value() -> None:
    schema = json.loads((ROOT / "schemas" / "tenant.schema.json").read_text("utf-8"))
    jsonschema_rs.meta.validate(schema)

    def visit(node: dict[str, object], path: str) -> None:
        for name, inner in dict(node.get("properties", {})).items():  # type: ignore[call-overload]  # JSON
            assert "title" in inner, f"{path}.{name}"
            assert "x-write" in inner or "$ref" in inner, f"{path}.{name}"
            visit(inner, f"{path}.{name}")

    visit(schema, "")


APPROVED = """
emergencyAccess:
  approvedBy: 福祉部長(福総第123号)
  approvedOn: "2026-12-01"
  until: "2026-12-07"
  reason: 画面が動かない間の記録の確認
  principals: ["arn:aws:iam::232386000001:user/unyou-1"]
  notify: fukushi@example.jp
"""


def test_an_emergency_role_is_approved_for_a_while() -> None:
    access = parse((SAMPLE + APPROVED).encode(), file="a.yaml").emergency
    assert access is not None
    # The last day ends at midnight in Japan.
    assert access.closes_at == "2026-12-07T15:00:00Z"
    assert not access.is_over("2026-12-07T14:59:59Z")
    assert access.is_over("2026-12-07T15:00:00Z")
    assert parse(SAMPLE.encode(), file="a.yaml").emergency is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("2026-12-07", "2026-11-30", "承認の日より前"),
        ("2026-12-07", "2027-01-01", "31 日まで"),
        ("2026-12-07", "2026-12-32", "until"),
        ("2026-12-07", "2026-11-31", "という日はありません"),
        ("user/unyou-1", "user/*", "principals"),
        ("arn:aws:iam::232386000001:user/unyou-1", "arn:aws:iam::232386000001:root", "principals"),
        ("  reason: 画面が動かない間の記録の確認\n", "", "reason"),
        ("  approvedBy: 福祉部長(福総第123号)\n", "", "approvedBy"),
        ("fukushi@example.jp", "福祉課", "notify"),
    ],
)
def test_an_emergency_role_without_a_whole_approval_is_refused(
    old: str, new: str, told: str
) -> None:
    text = changed(old, new, SAMPLE + APPROVED)
    (found,) = problems(text)
    assert told in f"{found}{text.splitlines()[found.line - 1]}", found


def test_the_longest_approval_is_taken() -> None:
    text = changed("2026-12-07", "2026-12-31", SAMPLE + APPROVED)
    assert parse(text.encode(), file="a.yaml").emergency is not None
