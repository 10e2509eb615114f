"""`soudan tenant`: manifests written, judged and planned, and the floor price behind the plan."""

import copy
import dataclasses
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.manifest import load
from ops.cli import app as soudan
from ops.costs.book import price_book
from ops.costs.floor import Floor, floor_of
from ops.costs.pricing_rules import BY_USAGE, FIXED, FREE, USED, UnpricedError
from ops.fleet.synthesis import synth_many
from ops.tenants.cli import app
from tests.infra.conftest import ROOT, SAMPLE, VARIANTS, Tenant

TOKYO = "ap-northeast-1"


def _floor(tenant: Tenant, *, rotation_days: int = 2560) -> Floor:
    return floor_of(
        {"Data": tenant.data, "App": tenant.app}, region=TOKYO, rotation_days=rotation_days
    )


def _run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def _planned(manifest: Path) -> dict[str, Any]:
    code, said = _run("plan", manifest, "--json")
    assert code == 0, said
    # Progress comes first, on the other stream.
    planned: dict[str, Any] = json.loads(said[said.index("{") :])
    return planned


# --- the floor price -----------------------------------------------------------------------------


def test_a_small_tenant_stays_below_the_goal_when_idle(tenants: dict[str, Tenant]) -> None:
    floor = _floor(tenants["122041-demo"])
    assert floor.usd == Decimal("1.20")
    assert {(line.price.item, line.quantity) for line in floor.lines} == {
        ("customer managed key", Decimal(1)),
        ("standard alarm", Decimal(1)),
    }


def test_a_second_door_adds_a_metric_and_a_waf_seven_dollars(tenants: dict[str, Tenant]) -> None:
    assert _floor(tenants["232386-sample"]).usd == Decimal("1.30")
    # A web ACL and two rules.
    assert _floor(tenants["waf"]).usd == Decimal("1.30") + Decimal("7.00")


def test_yearly_rotation_makes_the_key_two_then_three_dollars(production: Tenant) -> None:
    floor = _floor(production, rotation_days=365)
    alarms = Decimal("0.30")
    assert [floor.usd_in_year(year) - alarms for year in range(1, 6)] == [1, 2, 3, 3, 3]
    seldom = _floor(production, rotation_days=2560)
    assert {seldom.usd_in_year(year) for year in range(1, 6)} == {seldom.usd}


def test_a_type_without_a_price_rule_is_an_error_not_a_zero(production: Tenant) -> None:
    app_template = copy.deepcopy(production.app)
    app_template["Resources"]["Nat"] = {"Type": "AWS::EC2::NatGateway", "Properties": {}}
    with pytest.raises(UnpricedError, match="NatGateway"):
        floor_of({"App": app_template}, region=TOKYO, rotation_days=2560)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("AWS::ApiGateway::Stage", "CacheClusterEnabled", True),
        ("AWS::Lambda::Function", "SnapStart", {"ApplyOn": "PublishedVersions"}),
        ("AWS::DynamoDB::Table", "BillingMode", "PROVISIONED"),
    ],
)
def test_a_setting_that_costs_without_use_is_an_error(
    kind: str, name: str, value: Any, production: Tenant
) -> None:
    stacks = copy.deepcopy({"Data": production.data, "App": production.app})
    for template in stacks.values():
        for resource in template["Resources"].values():
            if resource["Type"] == kind:
                resource["Properties"][name] = value
    with pytest.raises(UnpricedError, match="使わなくても"):
        floor_of(stacks, region=TOKYO, rotation_days=2560)


def test_unverified_prices_are_named(monkeypatch: pytest.MonkeyPatch, production: Tenant) -> None:
    assert _floor(production).unverified == ()
    unsure = {("AWSKMS", "customer managed key"): "third-party page"}
    book = price_book(TOKYO)
    changed = {
        row: dataclasses.replace(price, confidence=unsure.get(row, price.confidence))
        for row, price in book.items()
    }
    monkeypatch.setattr("ops.costs.floor.price_book", lambda region, on: changed)
    assert [price.item for price in _floor(production).unverified] == ["customer managed key"]


def test_no_type_has_two_rules() -> None:
    assert not FIXED.keys() & BY_USAGE.keys()
    assert not FREE.keys() & (FIXED.keys() | BY_USAGE.keys() | USED.keys())
    assert USED.keys() <= FIXED.keys() | BY_USAGE.keys()
    assert BY_USAGE.keys() <= USED.keys()


# --- the command line ----------------------------------------------------------------------------


def test_new_writes_a_manifest_that_check_accepts(tmp_path: Path) -> None:
    out = tmp_path / "a.yaml"
    arguments = ("new", "131016", "--vendor", "soudan-demo", "--offer", "reference", "--out", out)
    assert _run(*arguments)[0] == 0
    assert load(out).municipality == "千代田区"
    assert "# 保存期間。" in out.read_text("utf-8")
    assert _run("check", out)[0] == 0

    out.write_text("mine", "utf-8")
    code, said = _run(*arguments)
    assert (code, out.read_text("utf-8")) == (1, "mine")
    assert "--force" in said
    assert _run(*arguments, "--force")[0] == 0
    assert load(out).environment == "local"


def test_new_writes_nothing_that_is_wrong(tmp_path: Path) -> None:
    out = tmp_path / "a.yaml"
    base = ("--vendor", "soudan-demo", "--offer", "reference", "--out", out)
    for arguments, says in (
        (("new", "131017", *base), '"131016" と書いてください'),
        (("new", "131016", *base, "--environment", "production"), "--cidr か --vpce"),
        (("new", "131016", *base, "--cidr", "0.0.0.0/0"), "全世界"),
        (("new", "131016", *base, "--account", "1"), "12桁"),
    ):
        code, said = _run(*arguments)
        assert code == 1
        assert says in said
        assert not out.exists()


def test_new_says_where_it_cannot_write(tmp_path: Path) -> None:
    out = tmp_path / "nodir" / "x" / "ok.yaml"
    code, said = _run("new", "131016", "--vendor", "v", "--offer", "o", "--out", out)
    assert code == 1
    assert said == f"{out} に書き込めません。フォルダーがあるか、書き込めるかを確かめてください。\n"


def test_new_for_production_has_both_doors(tmp_path: Path) -> None:
    out = tmp_path / "a.yaml"
    code, _ = _run(
        "new", "131016", "--vendor", "v", "--offer", "o", "--environment", "production",
        "--account", "131016000001", "--isolation", "account", "--region", "ap-northeast-3",
        "--cidr", "203.0.113.0/24", "--vpce", "vpce-0a1b2c3d4e5f60718", "--out", out,
    )  # fmt: skip
    assert code == 0
    manifest = load(out)
    assert manifest.internet is not None
    assert manifest.private is not None
    assert manifest.region == "ap-northeast-3"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--help", "この説明を表示します。"),
        ("tenant new --help", "この説明を表示します。"),
        ("tenant new 131016 --vendor v", "オプション '--offer' を指定してください。"),
        ("tenant check", "引数 'files' を指定してください。"),
        ("tenant check --jsn", "--jsn というオプションはありません。"),
        ("tenant new 1 --region x", "'--region' の値が正しくありません。'x' ではなく"),
        ("audit verify --tenant nofile.yaml", "'nofile.yaml' がありません。"),
    ],
)
def test_the_command_line_answers_in_japanese(arguments: str, says: str) -> None:
    said = CliRunner().invoke(soudan, arguments.split(), env={"COLUMNS": "200"}).output
    assert says in said
    for english in ("Show this", "Missing", "Invalid value", "No such", "does not exist"):
        assert english not in said


def test_check_says_file_and_line_and_ends_with_1(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SAMPLE.replace("plan: lite", "plan: free"), "utf-8")
    code, said = _run("check", wrong)
    assert code == 1
    assert f"{wrong}:24:3" in said.replace("\n", "")
    code, said = _run("check", wrong, "--json")
    assert code == 1
    (problem,) = json.loads(said)["problems"]
    assert problem["line"] == 24
    sample = ROOT / "tenants" / "232386-sample.yaml"
    assert json.loads(_run("check", sample, "--json")[1]) == {"ok": True, "problems": []}


def test_plan_shows_what_is_made_and_its_floor_price() -> None:
    planned = _planned(ROOT / "tenants" / "122041-demo.yaml")
    assert planned["floor"]["perMonth"] == 1.2
    assert len(planned["floor"]["perMonthByYear"]) == 5
    assert planned["resources"]["Soudan-122041-local-Data"]["AWS::DynamoDB::Table"] == 2
    assert {line["price"]["item"] for line in planned["floor"]["lines"]} == {
        "customer managed key",
        "standard alarm",
    }
    assert "AWS::ApiGateway::Deployment" in planned["untaggable"]


def test_plan_without_a_price_book_says_so(tmp_path: Path) -> None:
    osaka = tmp_path / "osaka.yaml"
    osaka.write_text(SAMPLE.replace("ap-northeast-1", "ap-northeast-3"), "utf-8")
    code, said = _run("plan", osaka)
    assert code == 1
    assert "価格表がありません" in said


def test_many_tenants_are_synthesised_and_compared_in_one_run() -> None:
    stats = synth_many(list(VARIANTS.values()), workers=1)
    assert stats.tenants == len(VARIANTS)
    assert stats.crossings == ()


def test_plan_and_check_tell_of_an_emergency_role_and_refuse_one_that_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        (ROOT / "tenants" / "122041-demo.yaml").read_text("utf-8")
        + """
emergencyAccess:
  approvedBy: 福祉部長(福総第123号)
  approvedOn: "2026-12-01"
  until: "2026-12-07"
  reason: 画面が動かない間の記録の確認
  principals: ["arn:aws:iam::122041000001:user/unyou-1"]
  notify: fukushi@example.jp
"""
    )
    approved = tmp_path / "approved.yaml"
    approved.write_text(text, "utf-8")
    plain = _planned(ROOT / "tenants" / "122041-demo.yaml")
    for now, code in (("2026-12-07T14:59:59Z", 0), ("2026-12-07T15:00:00Z", 1)):
        monkeypatch.setattr("ops.tenants.cli.utc_now", lambda now=now: now)
        assert _run("check", approved)[0] == code
    code, said = _run("plan", approved)
    assert code == 1 and "期限(2026-12-07)が過ぎています" in said
    monkeypatch.setattr("ops.tenants.cli.utc_now", lambda: "2026-12-05T00:00:00Z")
    code, said = _run("plan", approved)
    assert code == 0 and "記録を読める役割が 2026-12-07 まで開きます" in said
    # It costs nothing while nobody uses it.
    planned = _planned(approved)
    assert planned["floor"]["perMonth"] == plain["floor"]["perMonth"]
    assert planned["emergencyAccess"]["closesAt"] == "2026-12-07T15:00:00Z"
