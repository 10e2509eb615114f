"""Who sees what, at the deployed API: roles, agencies, other tenants, people who left."""

import uuid
from datetime import date

import pytest

from ops.api_client import SignInError
from tests.running import body, intake
from tests.system.test_cases import problem


def key() -> str:
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def elderly_case(tenant):
    """A case that the elderly-care agency received."""
    client = tenant.client("houkatsu1")
    made = client.create_case(body(intake("高齢 受付", receivingAgencyId="elderly")), key())
    assert made.status_code == 201, made.text
    return made.json()["caseId"]


def seen(client, case_id: str) -> bool:
    rows = client.request("GET", "cases", params={"limit": 100}).json().get("items", [])
    return case_id in {r["caseId"] for r in rows}


@pytest.mark.parametrize("login", ["kanri1", "kanri2", "tantou1", "chousei1", "houkatsu1"])
def test_the_agencies_that_belong_to_a_case_see_it(tenant, elderly_case, login):
    client = tenant.client(login)
    answer = client.request("GET", f"cases/{elderly_case}/records/intake")
    assert answer.status_code == 200
    assert answer.json()["data"]["name"] == "高齢 受付"
    assert seen(client, elderly_case)


def test_another_agency_cannot_tell_a_case_it_may_not_see_from_one_that_is_not_there(
    tenant, elderly_case
):
    npo = tenant.client("komorebi1")
    missing = "122041-2026-000000-X"
    for suffix in ("", "/records/intake", "/records/intake/revisions", "/audit"):
        hidden = npo.request("GET", f"cases/{elderly_case}{suffix}")
        absent = npo.request("GET", f"cases/{missing}{suffix}")
        problem(hidden, 404, "nothing-to-show")
        assert hidden.content == absent.content
    put = npo.save_intake(elderly_case, body(intake()), revision=1)
    problem(put, 404, "nothing-to-show")
    assert not seen(npo, elderly_case)


def test_an_agency_cannot_record_in_the_name_of_another(tenant):
    npo = tenant.client("komorebi1")
    answer = npo.create_case(body(intake(receivingAgencyId="elderly")), key())
    errors = problem(answer, 422, "invalid-record")["errors"]
    assert errors[0]["code"] == "not-own-agency"


def test_the_receiving_agency_cannot_be_changed_which_would_share_the_case(tenant, elderly_case):
    manager = tenant.client("kanri1")
    answer = manager.save_intake(elderly_case, body(intake(receivingAgencyId="npo")), revision=1)
    assert problem(answer, 422, "invalid-record")["errors"][0]["code"] == "receiving-agency-fixed"


def test_a_commissioner_sees_contact_data_only_and_writes_nothing(tenant, elderly_case):
    commissioner = tenant.client("minsei1")
    problem(commissioner.request("GET", f"cases/{elderly_case}"), 404, "nothing-to-show")
    consented = intake(
        "高齢 受付",
        receivingAgencyId="elderly",
        consentVersion="consent",
        noConsentReason=None,
        consent={"explainer": "担当", "date": "2026-06-01", "method": "01", "evidence": "原本"},
    )
    made = tenant.client("kanri1").create_case(body(consented), key())
    assert made.status_code == 201, made.text
    elderly_case = made.json()["caseId"]
    shown = commissioner.request("GET", f"cases/{elderly_case}/records/intake").json()["data"]
    assert shown["name"] == "高齢 受付"
    assert not {"concerns", "topConcern", "urgency", "consent"} & shown.keys()
    row = next(
        r
        for r in commissioner.request("GET", "cases", params={"limit": 100}).json()["items"]
        if r["caseId"] == elderly_case
    )
    assert not {"topConcern", "urgency"} & row.keys()
    problem(
        commissioner.save_intake(elderly_case, body(intake()), revision=1), 403, "not-permitted"
    )
    problem(commissioner.create_case(body(intake()), key()), 403, "not-permitted")


def test_an_auditor_sees_the_log_and_no_record(tenant, elderly_case):
    auditor = tenant.client("kansa1")
    problem(auditor.request("GET", f"cases/{elderly_case}"), 404, "nothing-to-show")
    problem(auditor.request("GET", f"cases/{elderly_case}/records/intake"), 404, "nothing-to-show")
    problem(auditor.request("GET", "cases"), 403, "not-permitted")
    log = auditor.request("GET", f"cases/{elderly_case}/audit")
    assert log.status_code == 200
    assert "高齢 受付" not in log.text


def test_every_reading_and_refusal_is_in_the_log_with_its_basis(tenant, elderly_case):
    tenant.client("chousei1").request("GET", f"cases/{elderly_case}/records/intake")
    tenant.client("komorebi1").request("GET", f"cases/{elderly_case}")
    log = tenant.client("kanri1").request(
        "GET", f"cases/{elderly_case}/audit", params={"limit": 100}
    )
    events = log.json()["items"]
    read = next(e for e in events if e["actorName"] == "調整 四郎" and e["action"] == "read-form")
    assert read["basis"] == "outsourcing"
    assert read["basisLabel"]
    assert read["classes"] == [1, 2, 3]
    assert read["record"] == {"form": "intake", "recordId": "intake", "revision": 1}
    refused = next(e for e in events if e["agencyName"].startswith("NPO"))
    assert refused["result"] == "denied"
    assert any(e["action"] == "create-case" and e["actorName"] == "包括 五月" for e in events)
    assert sorted((e["at"] for e in events), reverse=True) == [e["at"] for e in events]


def test_an_agency_cannot_read_the_log(tenant, elderly_case):
    for login in ("houkatsu1", "chousei1", "minsei1"):
        answer = tenant.client(login).request("GET", f"cases/{elderly_case}/audit")
        problem(answer, 404, "nothing-to-show")


def test_without_a_token_or_with_a_broken_one_nothing_is_reached(tenant):
    anonymous = tenant.anonymous()
    good = tenant.client("kanri1").id_token
    head, payload, signature = good.split(".")
    swapped = "A" if signature[0] != "A" else "B"
    for token in (None, "x", "a.b.c", f"{head}.{payload}.{swapped}{signature[1:]}"):
        anonymous.id_token = token
        for path in ("me", "cases", "forms", "staff"):
            problem(anonymous.request("GET", path), 401, "sign-in-required")


def test_an_access_token_is_no_id_token(tenant):
    """The authoriser lets any token of the pool pass; `identity` asks for the right kind."""
    account = tenant.login("tantou1")
    cognito = tenant.live.client("cognito-idp")
    refreshed = cognito.admin_initiate_auth(
        UserPoolId=tenant.live.outputs["UserPoolId"],
        ClientId=tenant.live.outputs["ClientId"],
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tenant.client(account.login_id).refresh_token},
    )
    client = tenant.anonymous()
    client.id_token = refreshed["AuthenticationResult"]["AccessToken"]
    problem(client.request("GET", "me"), 401, "sign-in-required")


def test_another_tenants_token_opens_nothing(tenants):
    funabashi, katori = tenants["funabashi"], tenants["katori"]
    for mine, theirs in ((funabashi, katori), (katori, funabashi)):
        stranger = theirs.anonymous()
        stranger.id_token = mine.client("kanri1").id_token
        for path in ("me", "cases", "staff", "forms"):
            problem(stranger.request("GET", path), 401, "sign-in-required")
        answer = stranger.create_case(body(intake()), key())
        problem(answer, 401, "sign-in-required")


def test_another_tenants_case_number_shows_nothing(tenants):
    made = tenants["katori"].client("kanri1").create_case(body(intake("香取 太郎")), key())
    case_id = made.json()["caseId"]
    answer = tenants["funabashi"].client("kanri1").request("GET", f"cases/{case_id}")
    problem(answer, 404, "nothing-to-show")


def test_the_end_of_a_registration_acts_on_the_next_request(tenant):
    person = tenant.new_account("officer")
    client = tenant.anonymous()
    client.enrol(person.login_id, person.temporary_password, "Atarashii-2026!")
    assert client.request("GET", "me").status_code == 200
    sub = tenant.live.client("cognito-idp").admin_get_user(
        UserPoolId=tenant.live.outputs["UserPoolId"], Username=person.login_id
    )["UserAttributes"]
    sub = next(a["Value"] for a in sub if a["Name"] == "sub")
    tenant.live.client("dynamodb").update_item(
        TableName=tenant.live.outputs["RecordsTable"],
        Key={"pk": {"S": f"STAFF#{sub}"}, "sk": {"S": "STAFF"}},
        UpdateExpression="SET validTo = :past",
        ExpressionAttributeValues={":past": {"S": "2026-04-02"}},
    )
    # The token is still good for minutes; the register is not.
    problem(client.request("GET", "me"), 403, "not-registered")
    problem(client.request("GET", "cases"), 403, "not-registered")


def test_a_person_who_is_not_registered_cannot_sign_in(tenant):
    person = tenant.new_account("officer", valid_to=date(2026, 4, 2))
    with pytest.raises(SignInError, match="利用登録"):
        tenant.anonymous().enrol(person.login_id, person.temporary_password, "Atarashii-2026!")


def test_only_managers_see_the_staff_register(tenant):
    listed = tenant.client("kanri1").request("GET", "staff").json()["items"]
    assert {"kanri1", "komorebi1"} <= {s["loginId"] for s in listed}
    for login in ("tantou1", "chousei1", "houkatsu1", "minsei1", "kansa1"):
        problem(tenant.client(login).request("GET", "staff"), 403, "not-permitted")
