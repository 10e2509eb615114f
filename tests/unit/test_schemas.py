"""The record form and its code lists hold what a municipality and the other packages rely on."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
CODE_FILES = sorted(SCHEMAS.glob("codes/*/*.json"))
FORM_FILES = sorted(SCHEMAS.glob("forms/*/*.json"))
CLASSES = {1, 2, 3, 4, 5, 6}

Json = dict[str, Any]


def load(path: Path) -> Json:
    schema: Json = json.loads(path.read_text(encoding="utf-8"))
    return schema


CODES = {path.parent.name: load(path) for path in CODE_FILES}
INTAKE = load(SCHEMAS / "forms/intake/1.0.0.json")


def labels(name: str) -> dict[str, str]:
    return {item["const"]: item["title"] for item in CODES[name]["oneOf"]}


@pytest.fixture(scope="module")
def validator() -> jsonschema_rs.Draft202012Validator:
    registry = jsonschema_rs.Registry([(code["$id"], code) for code in CODES.values()])
    return jsonschema_rs.Draft202012Validator(INTAKE, registry=registry, validate_formats=True)


def consented() -> Json:
    return {
        "consentVersion": "consent",
        "receivedAt": "2026-05-11",
        "receivingAgencyId": "agency-1",
        "receivedBy": "相談 花子",
        "route": "01",
        "name": "髙﨑 𠮷󠄀次",
        "concerns": ["01", "12"],
        "urgency": {"level": "2"},
        "consent": {
            "explainer": "相談 花子",
            "date": "2026-05-11",
            "method": "01",
            "evidence": "同意書原本 主管課の保管庫 2026-001",
        },
    }


def unconsented() -> Json:
    sheet = consented()
    del sheet["consent"]
    return sheet | {"consentVersion": "no-consent", "noConsentReason": "本人と会えていないため"}


def refused_at(validator: jsonschema_rs.Draft202012Validator, sheet: Json) -> set[str]:
    """Pointers at fault; a missing property is named by its own pointer."""
    pointers = set()
    for error in validator.iter_errors(sheet):
        pointer = "/" + "/".join(str(part) for part in error.instance_path)
        missing = getattr(error.kind, "property", None) if error.kind.name == "required" else None
        pointers.add((pointer.rstrip("/") + "/" + missing) if missing else pointer)
    return pointers


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every property of a form, also those of its rows and of `$defs`."""
    for name, prop in schema.get("properties", {}).items():
        yield f"{path}/{name}", prop
        yield from properties(prop, f"{path}/{name}")
        yield from properties(prop.get("items", {}), f"{path}/{name}/items")
    for name, part in schema.get("$defs", {}).items():
        yield from properties(part, f"{path}/$defs/{name}")


@pytest.mark.parametrize("path", CODE_FILES + FORM_FILES, ids=lambda p: p.parent.name)
def test_every_schema_is_valid_2020_12_and_named_as_its_file(path: Path) -> None:
    schema = load(path)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert jsonschema_rs.meta.is_valid(schema)
    kind = {"codes": "codes", "forms": "form"}[path.parents[1].name]
    assert schema["$id"] == f"urn:soudan:{kind}:{path.parent.name}:{path.stem}"


@pytest.mark.parametrize("name", CODES)
def test_a_code_list_names_its_source_and_has_no_code_or_label_twice(name: str) -> None:
    items = CODES[name]["oneOf"]
    assert CODES[name]["description"]
    assert CODES[name]["x-source"]
    assert len({item["const"] for item in items}) == len(items)
    assert len({item["title"] for item in items}) == len(items)


def test_the_code_lists_of_the_domain_are_complete() -> None:
    sizes = {name: len(labels(name)) for name in CODES}
    expected = {"concern": 16, "issue": 47, "route": 10, "method": 11, "screening": 7}
    expected |= {"support-kind": 13, "end-reason": 10, "change": 25, "sex": 5, "urgency": 3}
    assert {name: sizes[name] for name in expected} == expected
    assert set(labels("agency-kind")) >= {f"{i:02d}" for i in range(1, 30)} | {"99"}
    assert list(labels("three-valued").values()) == ["有", "無", "不明"]
    assert set(labels("consent-version")) == {"consent", "no-consent"}


def test_labels_that_judge_people_are_softened_and_their_codes_kept() -> None:
    issue = labels("issue")
    assert issue["23"] == "矯正施設等の退所"
    assert issue["40"] == "住環境(物の堆積)"
    assert issue["42"] == "支援につながりにくい"
    every_word = json.dumps([INTAKE, *CODES.values()], ensure_ascii=False)
    for word in ("加害者", "困難事例", "問題世帯", "ごみ屋敷", "処遇", "同意を取る", "刑余者"):
        assert word not in every_word


def test_no_schema_claims_to_be_the_official_form() -> None:
    assert "参考帳票に準じた項目" in INTAKE["description"]
    assert "標準仕様書" not in json.dumps([INTAKE, *CODES.values()], ensure_ascii=False)


def test_every_property_has_title_sensitivity_and_retention() -> None:
    for path, prop in properties(INTAKE):
        assert prop.get("title"), path
        assert prop.get("x-sensitivity") in CLASSES, path
        assert prop.get("x-retention") == "case", path


def test_every_text_and_list_is_bounded() -> None:
    for path, prop in properties(INTAKE):
        if prop.get("type") == "string":
            assert prop.get("maxLength"), path
        if prop.get("type") == "array":
            assert prop.get("maxItems"), path


def test_the_reported_items_of_the_domain_are_marked() -> None:
    reported = {path for path, prop in properties(INTAKE) if prop.get("x-reporting")}
    assert reported >= {
        "/consentVersion",
        "/receivedAt",
        "/receivingAgencyId",
        "/route",
        "/referrer/agencyKind",
        "/sex",
        "/birthDate",
        "/householdType",
        "/concerns",
        "/urgency/level",
        "/screening",
    }


def test_the_sections_hold_every_property_once() -> None:
    listed = [name for section in INTAKE["x-sections"] for name in section["properties"]]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(INTAKE["properties"])


def test_neither_version_demands_more_than_twelve_fields() -> None:
    def filled(value: Any) -> int:
        return sum(map(filled, value.values())) if isinstance(value, dict) else 1

    assert filled(consented()) <= 12
    assert filled(unconsented()) <= 12


def test_the_smallest_sheet_of_either_version_is_accepted(
    validator: jsonschema_rs.Draft202012Validator,
) -> None:
    assert refused_at(validator, consented()) == set()
    assert refused_at(validator, unconsented()) == set()


@pytest.mark.parametrize("make", [consented, unconsented])
def test_nothing_required_can_be_left_out(
    validator: jsonschema_rs.Draft202012Validator, make: Any
) -> None:
    for name in make():
        sheet = make()
        del sheet[name]
        assert f"/{name}" in refused_at(validator, sheet)
    for name in consented()["consent"]:
        sheet = consented()
        del sheet["consent"][name]
        assert refused_at(validator, sheet) == {f"/consent/{name}"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"concerns": []}, "/concerns"),
        ({"concerns": ["01", "01"]}, "/concerns"),
        ({"concerns": ["77"]}, "/concerns/0"),
        ({"topConcern": "02"}, "/topConcern"),
        ({"receivedAt": "令和8年5月11日"}, "/receivedAt"),
        ({"receivedAt": "2026-02-30"}, "/receivedAt"),
        ({"receivedTime": "25:00"}, "/receivedTime"),
        ({"birthDate": {"y": 1965, "m": None, "d": 2}}, "/birthDate/d"),
        ({"birthDate": {"y": None, "m": 3, "d": None}}, "/birthDate/m"),
        ({"birthDate": {"y": 1965, "m": 4, "d": 31}}, "/birthDate/d"),
        ({"name": " "}, "/name"),
        ({"name": "あ" * 101}, "/name"),
        ({"nameStatus": "anonymous"}, "/name"),
        ({"address": {"full": "本町9999番地"}}, "/addressProtection"),
        ({"urgency": {"level": "4"}}, "/urgency/level"),
        ({"noConsentReason": "会えていない"}, "/noConsentReason"),
        ({"phones": [{"kind": "01"}]}, "/phones/0/number"),
        ({"caseId": "122041-2026-7KQ3XV-M"}, "/"),
        ({"age": 61}, "/"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(
    validator: jsonschema_rs.Draft202012Validator, change: Json, pointer: str
) -> None:
    assert pointer in refused_at(validator, consented() | change)


def test_a_sheet_without_consent_carries_no_consent_block(
    validator: jsonschema_rs.Draft202012Validator,
) -> None:
    sheet = unconsented() | {"consent": consented()["consent"]}
    assert refused_at(validator, sheet) == {"/consent"}


def test_a_proxy_is_named_with_the_ground_of_representation(
    validator: jsonschema_rs.Draft202012Validator,
) -> None:
    sheet = consented()
    sheet["consent"]["method"] = "04"
    assert refused_at(validator, sheet) == {"/consent/proxyKind", "/consent/proxyName"}
    sheet["consent"] |= {"proxyKind": "03", "proxyName": "後見 太郎"}
    assert refused_at(validator, sheet) == set()
    sheet["consent"]["method"] = "01"
    assert refused_at(validator, sheet) == {"/consent/proxyKind", "/consent/proxyName"}
    assert not {"夫", "妻", "配偶者", "世帯主", "家族"} & set(labels("proxy-kind").values())


def test_a_person_without_a_known_name_can_be_received(
    validator: jsonschema_rs.Draft202012Validator,
) -> None:
    sheet = unconsented() | {"nameStatus": "unknown"}
    del sheet["name"]
    assert refused_at(validator, sheet) == set()


def test_a_protected_address_is_not_stored_at_all(
    validator: jsonschema_rs.Draft202012Validator,
) -> None:
    place = {
        "address": {"full": "千葉県船橋市本町9999番地"},
        "household": [{"name": "本町 一", "occupationOrSchool": "架空小学校3年"}],
    }
    sheet = unconsented() | place | {"addressProtection": "yes"}
    assert refused_at(validator, sheet) == {"/address", "/household/0/occupationOrSchool"}
    assert refused_at(validator, unconsented() | place | {"addressProtection": "no"}) == set()


@pytest.mark.parametrize(
    "name",
    [
        "髙橋",
        "﨑山",
        "葛\U000e0100城",
        "𠮷野",
        "神谷",
        "NGUYỄN THỊ HƯƠNG GIANG",
        "\ue000田",
        "O’Neil",
    ],
)
def test_no_name_is_rejected(validator: jsonschema_rs.Draft202012Validator, name: str) -> None:
    assert refused_at(validator, consented() | {"name": name}) == set()


def test_lengths_count_code_points(validator: jsonschema_rs.Draft202012Validator) -> None:
    assert refused_at(validator, consented() | {"name": "𠮷" * 100}) == set()
    assert refused_at(validator, consented() | {"name": "葛\U000e0100" * 50 + "城"}) == {"/name"}


def test_every_concern_is_tied_to_the_top_concern(
    validator: jsonschema_rs.Draft202012Validator,
) -> None:
    for code in labels("concern"):
        sheet = copy.deepcopy(consented())
        sheet["concerns"] = [other for other in labels("concern") if other != code]
        assert refused_at(validator, sheet | {"topConcern": code}) == {"/topConcern"}
        assert refused_at(validator, sheet | {"topConcern": sheet["concerns"][0]}) == set()
