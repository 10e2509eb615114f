"""Papers come out of the deployed tenant: through the gateway, from their own function."""

import uuid
from io import BytesIO

import httpx
import pytest
from openpyxl import load_workbook

from tests.good_requests import OCTETS
from tests.running import RunningTenant, body, intake
from tests.unit.printing import HOSTILE, NAME, Read

# Nowhere else in this repository, so that finding it anywhere is a leak.
ADDRESS = "みなと町印刷ヶ丘八丁目8888番地77号"


def paper(tenant: RunningTenant, login: str, name: str, **query: str) -> httpx.Response:
    return tenant.client(login).request(
        "GET", f"prints/{name}", params=query, headers={"Accept": OCTETS}
    )


@pytest.fixture(scope="module")
def case_id(tenant: RunningTenant) -> str:
    sent = body(
        intake(
            NAME,
            chiefComplaint=HOSTILE,
            addressProtection="no",
            address={"full": ADDRESS},
        )
    )
    made = tenant.client("kanri1").create_case(sent, str(uuid.uuid4()))
    assert made.status_code == 201, made.text
    return str(made.json()["caseId"])


def test_a_record_is_printed_as_pdf_and_as_workbook(tenant: RunningTenant, case_id: str) -> None:
    answer = paper(tenant, "kanri1", "intake-no-consent", case=case_id)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == OCTETS
    name = f"{case_id}-intake-no-consent"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.pdf"'
    read = Read.of(answer.content)
    for text in (NAME, HOSTILE, ADDRESS, "まだ説明していない。", case_id):
        assert read.says(text), text
    assert "<pdfuaid:part>1</pdfuaid:part>" in read.xmp
    book = paper(tenant, "kanri1", "intake-no-consent", case=case_id, **{"as": "xlsx"})
    assert book.status_code == 200, book.text
    values = [c.value for row in load_workbook(BytesIO(book.content)).active for c in row]
    assert NAME in values


def test_who_may_not_know_the_case_prints_nothing_of_it(
    tenant: RunningTenant, case_id: str
) -> None:
    for login in ("komorebi1", "houkatsu1", "minsei1"):
        answer = paper(tenant, login, "intake-no-consent", case=case_id)
        assert answer.status_code == 404, answer.text
        assert NAME not in answer.text
    anonymous = tenant.anonymous().request("GET", "prints/plan", headers={"Accept": OCTETS})
    assert anonymous.status_code == 401


def test_an_address_that_became_one_to_protect_is_printed_no_more(
    tenant: RunningTenant, case_id: str
) -> None:
    assert Read.of(paper(tenant, "kanri1", "intake-no-consent", case=case_id).content).says(ADDRESS)
    client = tenant.client("kanri1")
    kept = client.request("GET", f"cases/{case_id}/records/intake").json()
    data = {k: v for k, v in kept["data"].items() if k != "address"}
    saved = client.request(
        "PUT",
        f"cases/{case_id}/records/intake",
        json={"formVersion": kept["formVersion"], "data": {**data, "addressProtection": "yes"}},
        headers={"If-Match": f'"{kept["revision"]}"'},
    )
    assert saved.status_code == 200, saved.text
    read = Read.of(paper(tenant, "kanri1", "intake-no-consent", case=case_id).content)
    assert read.says(NAME)
    assert not read.says(ADDRESS)


def test_printing_is_in_the_log_of_the_case(tenant: RunningTenant, case_id: str) -> None:
    told = tenant.client("kanri1").request("GET", f"cases/{case_id}/audit").json()["items"]
    printed = [e for e in told if e["action"] == "print-paper"]
    assert printed
    assert {e["actionLabel"] for e in printed} == {"印刷した"}
    assert all(e["basis"] for e in printed)


def test_every_blank_form_and_example_comes_out(tenant: RunningTenant) -> None:
    listed = tenant.client("chousei1").request("GET", "prints").json()["items"]
    for entry in (p for p in listed if p["blank"]):
        answer = paper(tenant, "chousei1", entry["paper"])
        assert answer.status_code == 200, (entry["paper"], answer.text)
        assert Read.of(answer.content).title == entry["title"]
