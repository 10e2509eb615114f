"""A municipality's settings: what may be named, hidden and set, and what stays for everyone."""

import json
from dataclasses import asdict
from typing import Any

import jsonschema_rs
import pytest

from lambdas.casework import forms, presets, tasks
from lambdas.casework.access import Role
from lambdas.casework.situation import PAPERS_AFTER, PAPERS_BEFORE

Json = dict[str, Any]
MESSAGES = json.loads((forms.SCHEMAS / "messages.json").read_text("utf-8"))
MINIMAL: Json = {"preset": "minimal"}
STANDARD: Json = {"preset": "standard"}


def current(name: str) -> str:
    return forms.form_versions(name)[-1]


def configured(document: Json, name: str, data: Any = None) -> Json:
    assert presets.problems(document) == ()
    bundled = forms.bundled(name, current(name))
    return presets.form_as_configured(bundled, presets.settings(document), data)


def refused(document: Any) -> dict[str, str]:
    found = presets.problems(document)
    assert all(error.code in MESSAGES for error in found)
    return {error.pointer: error.code for error in found}


def field(form: str, path: str, **item: Any) -> Json:
    return {"preset": "standard", "forms": {form: {"fields": {path: item}}}}


def at(path: str) -> str:
    return path.replace("/", "~1")


# Presets


@pytest.mark.parametrize("name", presets.preset_names())
def test_a_preset_is_a_valid_document(name: str) -> None:
    schemas = [
        json.loads((forms.SCHEMAS / f"{file}.schema.json").read_text("utf-8"))
        for file in ("preset", "settings")
    ]
    schemas += [dict(forms.code_list(n, v[-1])) for n, v in forms.code_lists().items()]
    registry = jsonschema_rs.Registry([(schema["$id"], schema) for schema in schemas])
    validator = jsonschema_rs.Draft202012Validator(schemas[0], registry=registry)
    assert list(validator.iter_errors(dict(presets.preset(name)))) == []
    assert all(jsonschema_rs.meta.is_valid(schema) for schema in schemas)
    assert presets.problems({"preset": name}) == ()


def test_the_preset_of_a_small_town_is_what_the_law_and_the_report_need() -> None:
    """DOMAIN §4.10, defaults of a small town."""
    shown = set(presets.settings(MINIMAL).shown_forms)
    assert shown >= {
        *("intake", "household", "members", "assignment", "screening", "issues"),
        *("consent", "consent-withdrawal", "sharing-grant", "grant-revocation", "release"),
        *("conference", "meeting", "plan", "decision", "progress", "evaluation", "closure"),
        *("transition", "conflict-of-interest", "conflict-end", "sealed", "sealed-holders"),
    }
    assert not shown & {
        *("referral", "handover", "resource", "phone-memo", "advice", "information-request"),
        *("emergency-access", "emergency-review", "emergency-report"),
        *(name for name in forms.form_names() if name.startswith("assessment-")),
    }
    roles = [(row["role"], row["title"]) for row in presets.preset("minimal")["roles"]]
    assert roles == [
        ("manager", "管理者"),
        ("officer", "担当"),
        ("agency", "関係機関"),
        ("auditor", "監査"),
    ]
    kinds = forms.labels("agency-kind")
    assert [kinds[row["kind"]] for row in presets.preset("minimal")["agencies"]] == [
        "市区町村の主管課",
        "社会福祉協議会",
        "地域包括支援センター",
    ]


def test_the_terms_of_a_small_town() -> None:
    chosen = presets.settings(MINIMAL)
    terms = chosen.terms
    assert (terms.evaluation_months, terms.watching_months, terms.review_months) == (3, 3, 12)
    assert (terms.idle_minutes, terms.draft_days, terms.similar_closed_cases) == (30, 14, 30)
    assert (terms.paper_days_before, terms.paper_days_after) == (7, 14)
    assert chosen.retention_years["case"] == 5
    assert not any(asdict(chosen.switches).values())
    wider = presets.settings({"preset": "standard"}).switches
    assert (wider.projector_view, wider.tablet_signature) == (True, True)
    assert not (wider.emergency_access or wider.deceased_rule)
    assert chosen.programmes == {"multi-agency"}


def test_the_other_preset_uses_everything() -> None:
    chosen = presets.settings(STANDARD)
    off = {"emergency-access", "emergency-review"}
    assert set(chosen.shown_forms) == set(forms.form_names()) - off
    assert chosen.programmes == set(forms.labels("programme"))
    assert {row["role"] for row in presets.preset("standard")["roles"]} == set(Role)


@pytest.mark.parametrize("name", presets.preset_names())
def test_presets_agree_with_the_terms_the_rules_presume(name: str) -> None:
    terms = presets.settings({"preset": name}).terms
    assert terms.of_tasks == tasks.preset_terms()
    assert terms.paper_days_before == PAPERS_BEFORE.days
    assert terms.paper_days_after == PAPERS_AFTER.days


def test_every_retention_class_of_a_form_has_its_years() -> None:
    years = presets.settings(MINIMAL).retention_years
    for name in forms.form_names():
        for property_ in forms.form(name, current(name)).schema["properties"].values():
            assert property_["x-retention"] in years, name


# What a municipality may set


def test_what_is_not_written_is_as_the_preset_says() -> None:
    document = MINIMAL | {
        "terms": {"evaluationMonths": 6, "paperDaysAfter": 7},
        "retentionYears": {"case": 10},
        "switches": {"emergencyAccess": True},
        "programmes": ["multi-agency", "participation"],
        "forms": {"referral": {"shown": True}},
    }
    assert presets.problems(document) == ()
    chosen = presets.settings(document)
    assert chosen.terms.evaluation_months == 6
    assert chosen.terms.watching_months == 3
    assert chosen.terms.of_tasks.evaluation_months == 6
    assert chosen.retention_years == {**presets.preset("minimal")["retentionYears"], "case": 10}
    assert chosen.switches.emergency_access
    assert not chosen.switches.deceased_rule
    assert chosen.programmes == {"multi-agency", "participation"}
    more = {"referral", "emergency-access", "emergency-review"}
    assert set(chosen.shown_forms) == more.union(presets.settings(MINIMAL).shown_forms)


def test_forms_sections_items_and_meetings_are_renamed() -> None:
    document = STANDARD | {
        "forms": {
            "conference": {
                "title": "まるごと会議の記録",
                "sections": {"talk": "話し合い"},
                "fields": {"/policy": {"title": "方針"}, "/roles/task": {"title": "お願い"}},
            }
        },
        "meetings": {"shien": "包括的支援会議"},
    }
    form = configured(document, "conference")
    assert form["title"] == "まるごと会議の記録"
    assert {s["key"]: s["title"] for s in form["x-sections"]}["talk"] == "話し合い"
    assert form["properties"]["policy"]["title"] == "方針"
    assert form["properties"]["roles"]["items"]["properties"]["task"]["title"] == "お願い"
    kinds = form["$defs"]["urn:soudan:codes:meeting-kind:1.0.0"]["oneOf"]
    assert [(k["const"], k["title"]) for k in kinds][:2] == [
        ("shien", "包括的支援会議"),
        ("juso", "重層的支援会議"),
    ]
    bases = form["$defs"]["urn:soudan:codes:meeting-basis:1.0.0"]
    assert bases == forms.code_list("meeting-basis", "1.0.0")


def test_the_bundled_form_itself_is_never_changed() -> None:
    before = json.dumps(forms.bundled("intake", current("intake")))
    configured(STANDARD | {"forms": {"intake": {"fields": {"/email": {"shown": False}}}}}, "intake")
    assert json.dumps(forms.bundled("intake", current("intake"))) == before


@pytest.mark.parametrize("preset", presets.preset_names())
@pytest.mark.parametrize("name", forms.form_names())
def test_a_configured_form_is_a_form(preset: str, name: str) -> None:
    form = configured({"preset": preset}, name)
    assert jsonschema_rs.meta.is_valid(form)
    listed = [item for section in form["x-sections"] for item in section["properties"]]
    assert sorted(listed) == sorted(form["properties"])
    assert set(form.get("required", ())) <= set(listed)
    if preset == "standard":
        assert form == forms.bundled(name, current(name))


def test_hidden_items_are_not_offered_and_stay_where_a_record_holds_them() -> None:
    document = STANDARD | {
        "forms": {
            "progress": {"fields": {"/opinion": {"shown": False}, "/from": {"shown": False}}},
            "plan": {"fields": {"/roles/informal": {"shown": False}}},
        }
    }
    form = configured(document, "progress")
    assert not {"opinion", "from"} & form["properties"].keys()
    assert not any({"opinion", "from"} & set(s["properties"]) for s in form["x-sections"])
    held = configured(document, "progress", {"opinion": "見立て"})
    assert "opinion" in held["properties"]
    assert "from" not in held["properties"]
    rows = [{"itemId": "a"}, {"itemId": "b", "informal": "自治会"}]

    def role(data: Any) -> Json:
        form = configured(document, "plan", data)
        found: Json = form["properties"]["roles"]["items"]["properties"]
        return found

    assert "informal" not in role(None)
    assert "informal" not in role({"roles": rows[:1]})
    assert "informal" in role({"roles": rows})


def test_a_section_whose_items_are_all_hidden_goes_as_well() -> None:
    document = field("screening", "/reasons", shown=False)
    fields = document["forms"]["screening"]["fields"]
    fields |= {path: {"shown": False} for path in ("/decidedBy", "/nextStep")}
    assert [s["key"] for s in configured(document, "screening")["x-sections"]] == [
        "emergency",
        "result",
    ]
    document = field("referral", "/answeredOn", shown=False)
    fields = document["forms"]["referral"]["fields"]
    fields |= {path: {"shown": False} for path in ("/accepted", "/answer")}
    assert [s["key"] for s in configured(document, "referral")["x-sections"]] == ["to", "content"]


def test_parts_of_programmes_that_are_not_run_are_not_offered() -> None:
    assert not {"outreach", "participation"} & configured(MINIMAL, "plan")["properties"].keys()
    assert "contactResult" not in configured(MINIMAL, "progress")["properties"]
    both = MINIMAL | {"programmes": ["multi-agency", "outreach"]}
    assert "outreach" in configured(both, "plan")["properties"]
    assert "participation" not in configured(both, "plan")["properties"]
    written = {"participation": {"matchedOn": "2026-05-11"}}
    assert "participation" in configured(MINIMAL, "plan", written)["properties"]


def test_what_is_saved_is_checked_by_the_form_that_everybody_has() -> None:
    """A hidden item is not offered; a record that holds it from elsewhere is no wrong record."""
    sheet = {"opinion": "見立て", "date": "2026-05-11", "method": "04", "counterpart": "other"}
    sheet |= {"facts": "電話を受けた。", "sharedWith": "own"}
    assert forms.check(forms.form("progress", current("progress")), sheet) == ()


# What nobody may set


@pytest.mark.parametrize(
    ("form", "path", "code"),
    [
        ("intake", "/receivedAt", "item-required"),
        # Required on a condition only.
        ("intake", "/name", "item-required"),
        ("intake", "/noConsentReason", "item-required"),
        ("intake", "/consent/proxyKind", "item-required"),
        ("intake", "/addressProtection", "item-required"),
        ("intake", "/contactRule", "item-legal"),
        ("intake", "/sex", "item-reported"),
        # What lies within it is reported.
        ("intake", "/referrer", "item-reported"),
        ("plan", "/participation", "item-reported"),
        ("plan", "/participation/matchedOn", "item-reported"),
        ("plan", "/roles/itemId", "item-required"),
        ("plan", "/leadAgencyId", "item-legal"),
        ("household", "/persons/protection", "item-legal"),
        ("household", "/persons/relation", "item-required"),
        ("conference", "/watchReason", "item-legal"),
        ("conference", "/papers", "item-legal"),
        ("consent", "/capacityNote", "item-legal"),
        ("consent", "/to", "item-legal"),
        ("transition", "/approvedBy", "item-legal"),
        ("closure", "/noLeadReason", "item-legal"),
        ("progress", "/minutes", "item-reported"),
    ],
)
def test_what_law_and_report_need_cannot_be_hidden(form: str, path: str, code: str) -> None:
    pointer = f"/forms/{form}/fields/{at(path)}/shown"
    assert refused(field(form, path, shown=False)) == {pointer: code}
    assert refused(field(form, path, shown=True)) == {}


@pytest.mark.parametrize(
    ("form", "path"),
    [("intake", "/email"), ("intake", "/referrer/tel"), ("plan", "/roles/frequency")],
)
def test_the_rest_can_be_hidden(form: str, path: str) -> None:
    assert refused(field(form, path, shown=False)) == {}


def test_a_form_that_law_or_report_need_cannot_be_hidden() -> None:
    switched = {"emergency-access", "emergency-review"}
    for name in set(forms.form_names()) - switched:
        needed = name in presets.settings(MINIMAL).shown_forms
        document = STANDARD | {"forms": {name: {"shown": False}}}
        assert refused(document) == ({f"/forms/{name}/shown": "form-needed"} if needed else {})
    assert (
        "referral"
        not in presets.settings(STANDARD | {"forms": {"referral": {"shown": False}}}).shown_forms
    )


@pytest.mark.parametrize("name", ["emergency-access", "emergency-review"])
def test_the_forms_of_a_switch_come_and_go_with_it(name: str) -> None:
    for document in (MINIMAL, STANDARD):
        on = document | {"switches": {"emergencyAccess": True}}
        assert name in presets.settings(on).shown_forms
        assert name not in presets.settings(document).shown_forms
        pointer = f"/forms/{name}/shown"
        assert refused(on | {"forms": {name: {"shown": True}}}) == {pointer: "switch-decides"}


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ("sharing-grant", "/basis"),
        ("conference", "/basis"),
        ("conference", "/papers/classes"),
        ("consent", "/classes"),
        ("emergency-report", "/law"),
    ],
)
def test_what_names_the_law_keeps_its_name(form: str, path: str) -> None:
    pointer = f"/forms/{form}/fields/{at(path)}/title"
    assert refused(field(form, path, title="お手軽な共有")) == {pointer: "label-legal"}


@pytest.mark.parametrize(
    ("document", "pointer", "code"),
    [
        ({}, "/preset", "required"),
        ([], "", "type"),
        ({"preset": "other"}, "/preset", "not-in-list"),
        (MINIMAL | {"legalBasis": {}}, "/legalBasis", "unknown-field"),
        (MINIMAL | {"forms": {"no-form": {"shown": True}}}, "/forms/no-form", "unknown-form"),
        (MINIMAL | {"forms": {"../plan": {"shown": True}}}, "/forms/..~1plan", "unknown-form"),
        (MINIMAL | {"forms": {"plan": {}}}, "/forms/plan", "minProperties"),
        (
            MINIMAL | {"forms": {"plan": {"sections": {"no": "見出し"}}}},
            "/forms/plan/sections/no",
            "unknown-section",
        ),
        (field("plan", "/noItem", title="項目"), "/forms/plan/fields/~1noItem", "unknown-field"),
        (field("plan", "goals", title="項目"), "/forms/plan/fields/goals", "unknown-field"),
        (field("plan", "", title="項目"), "/forms/plan/fields/", "unknown-field"),
        (field("plan", "/goals/x", title="項目"), "/forms/plan/fields/~1goals~1x", "unknown-field"),
        (field("plan", "/goals", title=" "), "/forms/plan/fields/~1goals/title", "pattern"),
        (field("plan", "/goals", title="a\nb"), "/forms/plan/fields/~1goals/title", "unstorable"),
        (field("plan", "/goals", title="あ" * 61), "/forms/plan/fields/~1goals/title", "maxLength"),
        (MINIMAL | {"meetings": {"kaigi": "会議"}}, "/meetings/kaigi", "unknown-field"),
        (MINIMAL | {"programmes": ["outreach"]}, "/programmes", "contains"),
        (MINIMAL | {"programmes": ["multi-agency", "x"]}, "/programmes/1", "not-in-list"),
        (MINIMAL | {"terms": {"paperDaysAfter": 15}}, "/terms/paperDaysAfter", "maximum"),
        (MINIMAL | {"terms": {"paperDaysBefore": 8}}, "/terms/paperDaysBefore", "maximum"),
        (MINIMAL | {"terms": {"reviewMonths": 13}}, "/terms/reviewMonths", "maximum"),
        (MINIMAL | {"terms": {"disclosureDays": 31}}, "/terms/disclosureDays", "maximum"),
        (MINIMAL | {"terms": {"idleMinutes": "30"}}, "/terms/idleMinutes", "type"),
        (MINIMAL | {"retentionYears": {"case": 0}}, "/retentionYears/case", "minimum"),
        (MINIMAL | {"switches": {"emergencyAccess": "yes"}}, "/switches/emergencyAccess", "type"),
        (MINIMAL | {"switches": {"openEverything": True}}, "/switches/openEverything", "unknown"),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(document: Any, pointer: str, code: str) -> None:
    found = refused(document)
    assert found.keys() == {pointer}
    assert found[pointer].startswith(code)
