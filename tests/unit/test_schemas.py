"""The forms and code lists hold what a municipality and the other packages rely on."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from lambdas.casework.access import CONFERENCE_BASES, GRANT_BASES, RECORD_CLASSES, MemberKind

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
CODE_FILES = sorted(SCHEMAS.glob("codes/*/*.json"))
FORM_FILES = sorted(SCHEMAS.glob("forms/*/*.json"))
CLASSES = {1, 2, 3, 4, 5, 6}

Json = dict[str, Any]


def load(path: Path) -> Json:
    schema: Json = json.loads(path.read_text(encoding="utf-8"))
    return schema


# The newest version of each list: files are sorted by name and version.
CODES = {path.parent.name: load(path) for path in CODE_FILES}
FORMS = {f"{path.parent.name} {path.stem}": load(path) for path in FORM_FILES}
INTAKE = FORMS["intake 1.0.0"]
# What ends or changes by another record only (the list is the contract of the casework).
WRITE_ONCE = {
    *("consent", "consent-withdrawal", "sharing-grant", "grant-revocation", "transition"),
    *("decision", "release", "emergency-access", "conflict-of-interest", "conflict-end"),
}
# Written once as well, by their own law.
OTHER_WRITE_ONCE = {
    *("disclosure-access", "legal-hold", "legal-hold-end", "provision", "attachment"),
}
# Written by the system: nobody reads how to fill them in.
BY_SYSTEM = {"attachment", "disclosure-access", "disclosure-masks", "disposal", "agenda"}
SINGLETONS = {"intake", "household", "members", "issues", "assignment", "sealed-holders"}
RETENTION = {"case", "conference", "disclosure", "ledger", "register", "statistics"}
CHOICES = {
    *("agencies", "staff", "persons", "plans", "meetings", "records", "cases"),
    *("issues", "plan-items", "resources"),
}
SEALED = {"sealed", "emergency-report"}
every_form = pytest.mark.parametrize("name", FORMS)


def labels(name: str) -> dict[str, str]:
    return {item["const"]: item["title"] for item in CODES[name]["oneOf"]}


@pytest.fixture(scope="module")
def validator() -> jsonschema_rs.Draft202012Validator:
    codes = map(load, CODE_FILES)
    registry = jsonschema_rs.Registry([(code["$id"], code) for code in codes])
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


@pytest.mark.parametrize("path", CODE_FILES, ids=lambda p: p.parent.name)
def test_a_code_list_names_its_source_and_has_no_code_or_label_twice(path: Path) -> None:
    code_list = load(path)
    items = code_list["oneOf"]
    assert code_list["type"] == "string"
    assert code_list["title"]
    assert code_list["description"]
    assert code_list["x-source"]
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
    every_word = json.dumps([*FORMS.values(), *map(load, CODE_FILES)], ensure_ascii=False)
    for word in (
        "加害者",
        "困難事例",
        "問題世帯",
        "ごみ屋敷",
        "処遇",
        "同意を取る",
        "刑余者",
        "テナント",
    ):
        assert word not in every_word


def test_no_schema_claims_to_be_the_official_form() -> None:
    assert "参考帳票に準じた項目" in INTAKE["description"]
    assert "参考帳票に準じた項目" in FORMS["plan 1.0.0"]["description"]
    everything = [*FORMS.values(), *map(load, CODE_FILES)]
    assert "標準仕様書" not in json.dumps(everything, ensure_ascii=False)


@every_form
def test_every_property_has_title_sensitivity_and_retention(name: str) -> None:
    for path, prop in properties(FORMS[name]):
        assert prop.get("title"), path
        assert prop.get("x-sensitivity") in CLASSES, path
        assert prop.get("x-retention") in RETENTION, path


@every_form
def test_nothing_within_a_property_is_more_sensitive_than_the_property(name: str) -> None:
    """`access` decides by the class of the property at the top."""
    schema = FORMS[name]
    partial = {
        path: prop["x-sensitivity"] for path, prop in properties({"$defs": schema.get("$defs", {})})
    }
    for top, prop in schema["properties"].items():
        for path, part in properties({"properties": {top: prop}}):
            assert part["x-sensitivity"] <= prop["x-sensitivity"], path
        if prop.get("$ref") == "#/$defs/partialDate":
            assert max(partial.values()) <= prop["x-sensitivity"], top


@every_form
def test_only_the_compartment_and_informants_are_sealed(name: str) -> None:
    sealed = {path for path, p in properties(FORMS[name]) if p["x-sensitivity"] == 6}
    assert not sealed or name.split()[0] in SEALED
    if name == "emergency-report 1.0.0":
        assert sealed == {"/informant"}


@every_form
def test_every_text_and_list_is_bounded(name: str) -> None:
    for path, prop in properties(FORMS[name]):
        for part in (prop, prop.get("items", {})):
            kinds = part.get("type")
            if kinds == "string" and "enum" not in part and "oneOf" not in part:
                assert part.get("maxLength"), path
            if kinds == "array":
                assert part.get("maxItems"), path
            if kinds == "integer" or kinds == ["integer", "null"]:
                assert "minimum" in part, path
                assert "maximum" in part, path


@every_form
def test_every_object_says_all_it_has(name: str) -> None:
    def objects(node: Any) -> Iterator[Json]:
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield node
            for value in node.values():
                yield from objects(value)
        elif isinstance(node, list):
            for value in node:
                yield from objects(value)

    for part in objects(FORMS[name]):
        assert part["additionalProperties"] is False
        assert set(part.get("required", ())) <= set(part["properties"])


@every_form
def test_choices_come_from_code_lists_and_ids_from_registers(name: str) -> None:
    lists = {load(path)["$id"] for path in CODE_FILES}
    for path, prop in properties(FORMS[name]):
        for part in (prop, prop.get("items", {})):
            reference = part.get("$ref")
            assert reference is None or reference in lists | {"#/$defs/partialDate"}, path
            assert "oneOf" not in part, path
            assert "enum" not in part or name.split()[0] in BY_SYSTEM, path
        assert prop.get("x-choices") is None or prop["x-choices"] in CHOICES, path
        # What other records or registers are named by is chosen, not typed.
        leaf = path.rsplit("/", 1)[-1]
        if leaf in ("agencyId", "leadAgencyId", "toAgencyId", "staffId", "planId", "meetingId"):
            assert prop.get("x-choices"), path


@every_form
def test_a_form_says_where_it_belongs_and_how_it_is_kept(name: str) -> None:
    form = name.split()[0]
    schema = FORMS[name]
    assert schema["description"]
    assert schema["x-source"]
    assert bool(schema.get("x-write-once")) is (form in WRITE_ONCE | OTHER_WRITE_ONCE)
    if schema.get("x-scope", "case") == "case":
        assert bool(schema.get("x-singleton", form == "intake")) is (form in SINGLETONS)
    assert schema.get("x-scope", "case") in ("case", "tenant")


def test_every_write_once_form_and_every_singleton_exists() -> None:
    assert {name.split()[0] for name in FORMS} >= WRITE_ONCE | SINGLETONS


@every_form
def test_whom_rows_are_about_is_marked(name: str) -> None:
    """Rows that name their person are shown person by person; what is about others than the 本人
    and names nobody is shown as the whole household is (DOMAIN L4)."""
    schema = FORMS[name]
    assert {prop.get("x-about") for prop in schema["properties"].values()} <= {
        None,
        "row",
        "household",
    }
    for path, prop in schema["properties"].items():
        rows = prop.get("items", {}).get("properties", {})
        if schema.get("x-scope", "case") == "case" and "personId" in rows:
            assert prop.get("x-about") == "row", path
        if prop.get("x-about") == "row":
            assert "personId" in rows, path


def test_what_tells_of_others_in_the_household_is_marked() -> None:
    marked = {
        f"{name.split()[0]}/{key}"
        for name, schema in FORMS.items()
        for key, prop in schema["properties"].items()
        if prop.get("x-about") == "household"
    }
    assert marked >= {
        *("intake/household", "intake/visitor", "intake/householdNote"),
        *("assessment-household/keyPersons", "assessment-income/incomeHousehold"),
        "assessment-issues/familyWishes",
    }


def test_tax_data_are_marked() -> None:
    """A consent must name them (DOMAIN L5)."""
    income = FORMS["assessment-income 1.0.0"]["properties"]
    assert {key for key, prop in income.items() if prop.get("x-tax")} == {
        "taxState",
        "arrears",
        "arrearsAmount",
    }


def test_what_would_tell_where_a_protected_person_is_is_marked() -> None:
    marked = {
        f"{name}{path}"
        for name, schema in FORMS.items()
        for path, prop in properties(schema)
        if prop.get("x-protected")
    }
    assert marked >= {
        "intake 1.1.0/address",
        "intake 1.1.0/household/items/occupationOrSchool",
        "household 1.0.0/persons/items/workplaceOrSchool",
        "assessment-living 1.0.0/housingNote",
        "assessment-living 1.0.0/clinics",
        "assessment-income 1.0.0/workHistory/items/employer",
        "assessment-income 1.0.0/school",
        "plan 1.0.0/outreach/places",
        "plan 1.0.0/participation/hosts",
        "progress 1.0.0/place",
    }


@every_form
def test_whoever_misses_a_pattern_is_told_how_to_write_it(name: str) -> None:
    for path, prop in properties(FORMS[name]):
        typed = name.split()[0] not in BY_SYSTEM and "x-choices" not in prop
        if typed and prop.get("pattern", "\\S") != "\\S":
            assert prop.get("x-message"), path


def test_the_bases_of_sharing_say_whom_they_reach_and_what_is_to_be_confirmed() -> None:
    """DOMAIN §2.6 as corrected by §4.10 L5."""
    rows = {row["const"]: row for row in CODES["sharing-basis"]["oneOf"]}
    assert set(rows) >= {basis.value for basis in CONFERENCE_BASES | GRANT_BASES}
    assert not any("emergency" in code for code in rows)
    assert all(row["x-recipients"] for row in rows.values())
    assert rows["appi-69-2-2"]["x-recipients"] == "own-office"
    assert rows["appi-69-2-3"]["x-recipients"] == "public"
    assert rows["outsourcing"]["x-recipients"] == "contractor"
    for row in rows.values():
        assert bool(row.get("x-confirm")) is row["title"].endswith("(要確認)")
    assert all(row["x-confirm"] for row in CODES["report-law"]["oneOf"])


def test_lists_that_code_names_hold_its_codes() -> None:
    assert set(labels("case-state")) == {
        *("received", "screened", "closed-info", "referred", "advice-only", "watching"),
        *("assessing", "plan-draft", "in-conference", "decided", "supporting", "evaluating"),
        *("suspended", "closed"),
    }
    assert set(labels("member-kind")) == set(MemberKind)
    assert set(labels("data-class")) == {str(c) for c in RECORD_CLASSES}
    assert set(labels("judgement")) == {"closing", "continue", "replan", "suspend"}
    assert set(labels("plan-judgement")) == {"appropriate", "revise", "returned"}
    assert set(labels("meeting-kind")) == {"shien", "juso", "individual", "internal"}
    assert set(labels("meeting-basis")) == {"106-6", "consent"}
    assert set(labels("shared-with")) == {"own", "members", "list"}


def test_the_reported_items_of_the_domain_are_marked() -> None:
    for version in ("intake 1.0.0", "intake 1.1.0"):
        reported = {path for path, prop in properties(FORMS[version]) if prop.get("x-reporting")}
        assert reported >= REPORTED_OF_INTAKE
    elsewhere = {
        f"{name.split()[0]}{path}"
        for name, schema in FORMS.items()
        for path, prop in properties(schema)
        if prop.get("x-reporting")
    }
    assert elsewhere >= {
        *("screening/result", "screening/date", "plan/programme", "plan/createdOn"),
        *("plan/participation/matchedOn", "plan/participation/settledOn", "decision/result"),
        *("plan/participation/hosts", "decision/date", "conference/basis", "conference/kind"),
        *("conference/date", "conference/attendees", "conference/minutes", "evaluation/date"),
        *("evaluation/judgement", "evaluation/changes", "closure/reason", "closure/date"),
        *("progress/date", "progress/method", "progress/minutes", "progress/programme"),
        *("issues/issues/items/code", "advice/date", "transition/to", "household/householdType"),
    }


REPORTED_OF_INTAKE = {
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


@every_form
def test_the_sections_hold_every_property_once(name: str) -> None:
    sections = FORMS[name]["x-sections"]
    listed = [item for section in sections for item in section["properties"]]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(FORMS[name]["properties"])
    assert len({section["key"] for section in sections}) == len(sections)
    assert all(section["title"] for section in sections)


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
