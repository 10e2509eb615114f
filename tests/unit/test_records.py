"""One set of routes for every form: what is shown, carried over, refused; all or nothing."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lambdas.casework import forms
from lambdas.store import models
from tests.running import intake
from tests.unit.in_process import Answer, InProcess, new_key

CONSENT = {
    "explainer": "相談 花子",
    "date": "2026-06-01",
    "method": "01",
    "evidence": "同意書原本 2026-001",
}


def consented(here: InProcess, login: str = "kanri1", **changes: Any) -> str:
    return here.create(
        login, consentVersion="consent", noConsentReason=None, consent=CONSENT, **changes
    )


def add(
    here: InProcess,
    case_id: str,
    form: str,
    data: Mapping[str, Any],
    login: str = "kanri1",
    **more: Any,
) -> Answer:
    version = forms.form_versions(form)[-1]
    return here.request(
        login,
        "POST",
        f"/cases/{case_id}/records",
        json_body={"form": form, "formVersion": version, "data": data, **more},
        headers=new_key(),
    )


def added(here: InProcess, *args: Any, **more: Any) -> str:
    answer = add(here, *args, **more)
    assert answer.status == 201, answer.text
    return str(answer.json["recordId"])


def read(here: InProcess, case_id: str, record_id: str, login: str = "kanri1") -> Answer:
    return here.request(login, "GET", f"/cases/{case_id}/records/{record_id}")


def put(
    here: InProcess,
    case_id: str,
    record_id: str,
    form: str,
    data: Any,
    revision: int,
    login: str = "kanri1",
    **more: Any,
) -> Answer:
    version = forms.form_versions(form)[-1]
    return here.request(
        login,
        "PUT",
        f"/cases/{case_id}/records/{record_id}",
        json_body={"formVersion": version, "data": data, **more},
        headers={"if-match": f'"{revision}"', **new_key()},
    )


def progress(**changes: Any) -> dict[str, Any]:
    return {
        "date": "2026-06-02",
        "method": "02",
        "counterpart": "subject",
        "facts": "訪問した。玄関先で話した。",
        "sharedWith": "own",
        **changes,
    }


def test_a_new_case_begins_with_its_household_its_members_and_its_consent(
    here: InProcess,
) -> None:
    case_id = consented(here)
    body = here.request("kanri1", "GET", f"/cases/{case_id}").json
    assert {r["form"] for r in body["records"]} == {"intake", "household", "members", "consent"}
    household = read(here, case_id, "household").json["data"]["persons"]
    assert [p["isSubject"] for p in household] == [True]
    assert here.verify()["problems"] == []


def test_a_proxys_signature_on_the_intake_form_is_no_consent_yet(here: InProcess) -> None:
    case_id = here.create(
        consentVersion="consent",
        noConsentReason=None,
        consent={**CONSENT, "method": "04", "proxyKind": "01", "proxyName": "試験 花子"},
    )
    body = here.request("kanri1", "GET", f"/cases/{case_id}").json
    assert "consent" not in {r["form"] for r in body["records"]}


def test_an_agency_sees_what_the_person_consented_to_and_no_more(here: InProcess) -> None:
    case_id = consented(
        here, receivingAgencyId="elderly", referralReason="病歴の話", email="a@b.jp"
    )
    shown = read(here, case_id, "intake", "houkatsu1").json["data"]
    assert shown["name"] == "試験 太郎"
    assert shown["concerns"] == ["03"]
    # Class 3 needs a consent that names it.
    assert "referralReason" not in shown
    assert "urgency" not in shown
    assert read(here, case_id, "intake", "komorebi1").problem == "nothing-to-show"


def test_without_consent_a_receiving_agency_sees_its_own_record_until_the_office_writes_on_it(
    here: InProcess,
) -> None:
    case_id = here.create("houkatsu1", receivingAgencyId="elderly")
    assert read(here, case_id, "intake", "houkatsu1").status == 200
    data = intake(receivingAgencyId="elderly", wishes="市が聞いた話")
    assert put(here, case_id, "intake", "intake", data, 1).status == 200
    assert read(here, case_id, "intake", "houkatsu1").problem == "nothing-to-show"


def test_withdrawal_acts_on_the_next_request_and_deletes_nothing(here: InProcess) -> None:
    case_id = consented(here, receivingAgencyId="elderly")
    consent = next(
        r["recordId"]
        for r in here.request("kanri1", "GET", f"/cases/{case_id}").json["records"]
        if r["form"] == "consent"
    )
    assert read(here, case_id, "intake", "houkatsu1").status == 200
    data = {"consentId": consent, "date": "2026-06-03", "receivedBy": "担当 三奈"}
    added(here, case_id, "consent-withdrawal", data)
    assert read(here, case_id, "intake", "houkatsu1").problem == "nothing-to-show"
    listed = here.request("houkatsu1", "GET", "/cases").json["items"]
    assert listed == []
    assert read(here, case_id, consent).status == 200
    assert read(here, case_id, "intake").status == 200


def test_a_progress_record_is_its_agencys_own_until_it_is_shared(here: InProcess) -> None:
    case_id = consented(here, receivingAgencyId="elderly")
    own = added(here, case_id, "progress", progress(), "houkatsu1")
    office = added(here, case_id, "progress", progress(facts="主管課の記録"))
    assert read(here, case_id, own, "houkatsu1").status == 200
    assert read(here, case_id, office, "houkatsu1").problem == "nothing-to-show"
    assert read(here, case_id, own).status == 200
    page = here.request(
        "houkatsu1", "GET", f"/cases/{case_id}/records", query={"form": "progress"}
    ).json
    assert [r["recordId"] for r in page["items"]] == [own]


def test_pages_of_records_join_without_gap_or_repetition(here: InProcess) -> None:
    case_id = here.create()
    ids = [added(here, case_id, "progress", progress(facts=f"{n} 回目")) for n in range(7)]
    seen, cursor = [], None
    while True:
        query = {"form": "progress", "limit": "3", **({"cursor": cursor} if cursor else {})}
        page = here.request("kanri1", "GET", f"/cases/{case_id}/records", query=query).json
        seen += [r["recordId"] for r in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(ids)
    assert len(seen) == len(set(seen))
    wrong = here.request(
        "kanri1", "GET", f"/cases/{case_id}/records", query={"cursor": "r-000000000000"}
    )
    assert wrong.problem == "bad-query"


def test_records_are_narrowed_by_agency_person_and_row_of_the_plan(here: InProcess) -> None:
    case_id = consented(here, receivingAgencyId="elderly")
    household = read(here, case_id, "household").json
    rows = household["data"]["persons"]
    subject, child = rows[0]["personId"], "p-000000000001"
    more = [*rows, {"personId": child, "name": "試験 花子", "relation": "04"}]
    grown = put(here, case_id, "household", "household", {"persons": more}, household["revision"])
    assert grown.status == 200, grown.text
    plan = {
        "programme": "multi-agency",
        "planNumber": 1,
        "createdOn": "2026-06-01",
        "roles": [{"itemId": "row-1", "support": "家計の相談", "agencyId": "elderly"}],
        "from": "2026-06-01",
        "to": "2026-12-01",
        "nextEvaluationOn": "2026-09-01",
    }
    added(here, case_id, "plan", plan)

    def noted(login: str, about: list[str], **changes: Any) -> str:
        answer = here.request(
            login,
            "POST",
            f"/cases/{case_id}/records",
            json_body={
                "form": "progress",
                "formVersion": "1.0.0",
                "data": {**progress(sharedWith="members"), **changes},
                "about": {"": about},
            },
            headers=new_key(),
        )
        assert answer.status == 201, answer.text
        return str(answer.json["recordId"])

    own = noted("houkatsu1", [subject])
    of_child = noted("kanri1", [child], planItemId="row-1")
    of_all = noted("kanri1", [])

    def listed(login: str = "kanri1", **query: str) -> set[str]:
        answer = here.request(
            login, "GET", f"/cases/{case_id}/records", query={"form": "progress", **query}
        )
        assert answer.status == 200, answer.text
        return {item["recordId"] for item in answer.json["items"]}

    assert listed() == {own, of_child, of_all}
    assert listed(form="progress,intake") == {own, of_child, of_all, "intake"}
    several = here.request(
        "kanri1", "GET", f"/cases/{case_id}/records", query={"form": "progress,other"}
    )
    assert several.problem == "bad-query"
    assert listed(agency="elderly") == {own}
    assert listed(person=child) == {of_child, of_all}
    assert listed(person=subject) == {own, of_all}
    assert listed(planItem="row-1") == {of_child}
    assert listed(planItem="row-1", agency="elderly") == set()
    # A question brings up nothing that is not shown without it.
    assert listed("houkatsu1", person=child) <= listed("houkatsu1")
    assert of_child not in listed("houkatsu1", planItem="row-1")
    # The page ends where the narrowed list ends.
    first = here.request(
        "kanri1",
        "GET",
        f"/cases/{case_id}/records",
        query={"person": child, "form": "progress", "limit": "1"},
    ).json
    rest = listed(person=child, cursor=first["nextCursor"])
    assert rest | {first["items"][0]["recordId"]} == {of_child, of_all}


@pytest.mark.parametrize("wrong", [{"person": "x"}, {"planItem": "あ"}, {"agency": ""}])
def test_what_can_narrow_nothing_is_refused(here: InProcess, wrong: dict[str, str]) -> None:
    case_id = here.create()
    answer = here.request("kanri1", "GET", f"/cases/{case_id}/records", query=wrong)
    assert answer.problem == "bad-query"


def test_what_a_writer_cannot_see_stays_as_it_is(here: InProcess) -> None:
    """The officer who is not in charge sees no class 3, and must not lose or overwrite it."""
    case_id = here.create(wishes="秘めた希望")
    added(here, case_id, "assignment", {"staffIds": ["staff-kanri2"]})
    shown = read(here, case_id, "intake", "tantou1").json["data"]
    assert "wishes" not in shown
    data = {**shown, "receivedBy": "担当 三奈(訂正)"}
    answer = put(here, case_id, "intake", "intake", data, 1, "tantou1")
    assert answer.status == 200, answer.text
    assert "wishes" not in answer.json["data"]
    kept = read(here, case_id, "intake").json["data"]
    assert kept["wishes"] == "秘めた希望"
    assert kept["receivedBy"] == "担当 三奈(訂正)"
    answer = put(here, case_id, "intake", "intake", {**data, "wishes": "上書き"}, 2, "tantou1")
    assert answer.problem == "invalid-record"
    assert answer.json["errors"][0]["pointer"] == "/data/wishes"


def test_a_record_about_two_people_is_shown_only_if_both_may_be(here: InProcess) -> None:
    case_id = consented(here, receivingAgencyId="elderly")
    household = read(here, case_id, "household").json
    subject = household["data"]["persons"][0]["personId"]
    other = "p-0123456789ab"
    rows = [*household["data"]["persons"], {"personId": other, "relation": "05", "name": "父"}]
    assert put(here, case_id, "household", "household", {"persons": rows}, 1).status == 200
    sheet = {
        "date": "2026-06-02",
        "toAgencyId": "npo",
        "concerns": ["03"],
        "reason": "二人の話",
    }
    alone = added(here, case_id, "referral", sheet)
    both = added(here, case_id, "referral", sheet, about={"": [subject, other]})
    everyone = added(here, case_id, "referral", sheet, about={"": []})
    assert read(here, case_id, alone, "houkatsu1").status == 200
    for hidden in (both, everyone):
        assert read(here, case_id, hidden, "houkatsu1").problem == "nothing-to-show"
    # Of the ledger, the agency sees the row of the one who consented, without a gap.
    seen = read(here, case_id, "household", "houkatsu1").json["data"]["persons"]
    assert [p["personId"] for p in seen] == [subject]
    assert (
        add(here, case_id, "referral", sheet, about={"": ["p-zzzzzzzzzzzz"]}).problem
        == "invalid-record"
    )


@pytest.mark.parametrize("form", ["transition", "sealed", "disclosure-access"])
def test_forms_with_rules_of_their_own_are_not_written_here(here: InProcess, form: str) -> None:
    case_id = here.create()
    assert add(here, case_id, form, {}).problem == "not-permitted"


def test_a_consent_is_never_changed(here: InProcess) -> None:
    case_id = consented(here)
    record = next(
        r
        for r in here.request("kanri1", "GET", f"/cases/{case_id}").json["records"]
        if r["form"] == "consent"
    )
    data = read(here, case_id, record["recordId"]).json["data"]
    answer = put(here, case_id, record["recordId"], "consent", {**data, "purpose": "別の目的"}, 1)
    assert answer.problem == "write-once"


def test_a_singleton_exists_once(here: InProcess) -> None:
    case_id = here.create()
    data = {"staffIds": ["staff-kanri1"]}
    added(here, case_id, "assignment", data)
    assert add(here, case_id, "assignment", data).problem == "record-exists"


def test_roles_write_what_they_may(here: InProcess) -> None:
    case_id = here.create("houkatsu1", receivingAgencyId="elderly")
    # An agency decides no support and appoints nobody; an auditor writes nothing.
    for login, form, data in (
        ("houkatsu1", "assignment", {"staffIds": []}),
        ("kansa1", "progress", progress()),
        ("minsei1", "progress", progress()),
    ):
        assert add(here, case_id, form, data, login).problem == "not-permitted"
    # The programme's agency works on every case, but does not decide (DOMAIN §1.3).
    assert add(here, case_id, "progress", progress(), "chousei1").status == 201
    decision = {
        "planId": "r-000000000000",
        "result": "decided",
        "date": "2026-06-02",
        "decidedBy": "調整",
    }
    assert add(here, case_id, "decision", decision, "chousei1").problem == "not-permitted"


def test_a_contract_that_is_over_ends_what_rested_on_it(here: InProcess) -> None:
    case_id = here.create()
    assert read(here, case_id, "intake", "chousei1").status == 200
    terms = {"scope": "多機関協働事業", "number": "委7-12", "subcontracting": "forbidden"}
    over = {"from": "2026-04-01", "to": "2026-06-30", **terms}
    set_to = here.request("kanri1", "PUT", "/agencies/council/contract", json_body=over)
    assert set_to.status == 200, set_to.text
    assert read(here, case_id, "intake", "chousei1").problem == "nothing-to-show"
    assert here.request("chousei1", "GET", "/cases").problem == "not-permitted"
    # The successor needs a contract and the part in the case, and no new consent.
    live = {"from": "2026-07-01", "to": None, **terms}
    assert here.request("kanri1", "PUT", "/agencies/npo/contract", json_body=live).status == 200
    over_to = here.request(
        "kanri1",
        "POST",
        "/agencies/npo/takeover",
        json_body={"from": "council", "on": "2026-07-01"},
    )
    assert over_to.json == {"handedOver": 1, "more": False}
    members = read(here, case_id, "members").json["data"]["members"]
    assert [m for m in members if m["agencyId"] == "npo"] == [
        {"agencyId": "npo", "kind": "coordinator", "from": "2026-07-01"}
    ]
    assert (
        here.request("houkatsu1", "PUT", "/agencies/npo/contract", json_body=live).problem
        == "not-permitted"
    )
    assert here.verify()["problems"] == []


def test_every_failed_call_leaves_all_or_nothing(here: InProcess) -> None:
    """A crash between any two calls to the store: the record is there whole, or not at all."""
    case_id = here.create()
    body = {
        "form": "progress",
        "formVersion": forms.form_versions("progress")[-1],
        "data": progress(),
    }
    calls = 1
    for broken in range(20):
        made = 0

        def fail(operation: str, broken: int = broken) -> None:
            nonlocal made
            made += 1
            if made == broken + 1:
                raise EndpointConnectionError(endpoint_url="test")

        before = snapshot(case_id)
        here.before_call = fail
        answer = here.request(
            "kanri1", "POST", f"/cases/{case_id}/records", json_body=body, headers=new_key()
        )
        here.before_call = lambda _: None
        calls = made
        if broken < calls and made > broken:
            assert answer.status >= 500 or answer.status == 201
        if answer.status != 201:
            assert snapshot(case_id) == before
        assert here.verify()["problems"] == []
        if made <= broken:
            assert answer.status == 201
            return
    pytest.fail(f"the write makes more than {calls} calls")


def snapshot(case_id: str) -> list[str]:
    """Everything stored of the case, read events aside."""
    items = models.Record.query(f"CASE#{case_id}", consistent_read=True)
    return sorted(f"{i.pk} {i.sk} {i.serialize()}" for i in items)


def test_a_number_that_may_be_a_my_number_is_refused_in_any_text(here: InProcess) -> None:
    case_id = here.create()
    answer = add(here, case_id, "progress", progress(facts="番号は 123456789018 です"))
    assert answer.problem == "my-number-suspected"
    assert "123456789018" not in answer.text
    stated = add(
        here,
        case_id,
        "progress",
        progress(facts="番号は 123456789018 です"),
        notMyNumber=[{"pointer": "/facts", "reason": "会員番号と確かめた"}],
    )
    assert stated.status == 201
