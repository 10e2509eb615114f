"""Files of a case over moto: in parts, judged before anybody sees them, handed out by ranges."""

import hashlib
import io
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from lambdas.api import tenant
from lambdas.api.call import MAX_CONTENT_BYTES
from lambdas.store.files import UPLOAD_HOURS
from tests.unit.in_process import FILES, REGION, Answer, InProcess, new_key
from tests.unit.made_files import (
    MY_NUMBER,
    chunk,
    docx,
    eicar,
    jpeg,
    pdf,
    png,
)

ADDRESS = "船橋市湊町2丁目10番25号"
_OCTETS = {"content-type": "application/octet-stream", "accept": "application/octet-stream"}


def large(size: int) -> bytes:
    """A PNG of exactly so many bytes."""
    filler = random.Random(size).randbytes(size - len(png()) - 12)  # noqa: S311  # any bytes
    content = png(2, 2, chunk(b"teSt", filler))
    assert len(content) == size
    return content


def begin(
    here: InProcess, case_id: str, content: bytes, *, login: str = "kanri1", **changes: Any
) -> Answer:
    about = {k: changes.pop(k) for k in ("about", "received", "notMyNumber") if k in changes}
    data = {
        "name": "資料.pdf",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "class": "2",
        **changes,
    }
    headers = changes.pop("headers", new_key())
    data.pop("headers", None)
    path = f"/cases/{case_id}/files"
    return here.request(login, "POST", path, json_body={"data": data, **about}, headers=headers)


def send(
    here: InProcess, upload: Answer, content: bytes, *, login: str = "kanri1", parts: Any = None
) -> None:
    assert upload.status == 201, upload.text
    size = upload.json["partBytes"]
    for number in parts or range(1, upload.json["parts"] + 1):
        answer = part(here, upload, number, content[(number - 1) * size : number * size], login)
        assert answer.status == 204, answer.text


def part(
    here: InProcess, upload: Answer, number: int | str, content: bytes, login: str = "kanri1"
) -> Answer:
    path = f"/uploads/{upload.json['uploadId']}/parts/{number}"
    return here.request(login, "PUT", path, content=content, headers=_OCTETS)


def complete(here: InProcess, upload: Answer, *, login: str = "kanri1", **body: Any) -> Answer:
    path = f"/uploads/{upload.json['uploadId']}/complete"
    return here.request(login, "POST", path, json_body=body)


def attach(
    here: InProcess, case_id: str, content: bytes, *, login: str = "kanri1", **changes: Any
) -> Answer:
    upload = begin(here, case_id, content, login=login, **changes)
    send(here, upload, content, login=login)
    return complete(here, upload, login=login)


def fetch(
    here: InProcess, case_id: str, file_id: str, span: str | None = None, login: str = "kanri1"
) -> Answer:
    headers = {"accept": "application/octet-stream", **({"range": span} if span else {})}
    return here.request(login, "GET", f"/cases/{case_id}/files/{file_id}", headers=headers)


def stored(prefix: str = "") -> dict[str, int]:
    """Key → bytes of what lies in the bucket now."""
    found = boto3.client("s3", region_name=REGION).list_objects_v2(Bucket=FILES, Prefix=prefix)
    return {o["Key"]: o["Size"] for o in found.get("Contents", [])}


def attachments(here: InProcess, case_id: str, login: str = "kanri1") -> list[Any]:
    answer = here.request(
        login, "GET", f"/cases/{case_id}/records", query={"form": "attachment", "limit": "100"}
    )
    return list(answer.json["items"]) if answer.status == 200 else []


def events(here: InProcess, case_id: str) -> list[Any]:
    """The case's events as stored, newest first."""
    return list(tenant.repository().case_events(case_id, limit=100, cursor=None).items)


# --- the way of a file ---------------------------------------------------------------------------


def test_a_file_goes_in_by_parts_and_comes_out_by_ranges(here: InProcess) -> None:
    case_id = here.create()
    content = large(2 * MAX_CONTENT_BYTES + 1234)
    upload = begin(here, case_id, content, name="写真(玄関).jpg", description="訪問時に撮影")
    assert (upload.json["partBytes"], upload.json["parts"]) == (MAX_CONTENT_BYTES, 3)
    # In any order, and one of them twice.
    send(here, upload, content, parts=[3, 1, 2, 1])
    assert attachments(here, case_id) == []
    answer = complete(here, upload)
    assert answer.status == 201, answer.text
    data = answer.json["data"]
    file_id = data["fileId"]
    assert data == {
        "fileId": upload.json["uploadId"],
        "name": "写真(玄関).png",
        "mediaType": "image/png",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "class": "2",
        "state": "clean",
        "description": "訪問時に撮影",
    }
    assert [r["data"] for r in attachments(here, case_id)] == [data]
    assert stored() == {f"files/{case_id}/{file_id}": len(content)}

    first = fetch(here, case_id, file_id, f"bytes=0-{MAX_CONTENT_BYTES - 1}")
    # More than one answer carries is answered with its first part.
    second = fetch(here, case_id, file_id, f"bytes={MAX_CONTENT_BYTES}-")
    rest = fetch(here, case_id, file_id, "bytes=-1234")
    assert [a.status for a in (first, second, rest)] == [206] * 3
    assert first.content + second.content + rest.content == content
    total = len(content)
    assert second.headers["content-range"] == (
        f"bytes {MAX_CONTENT_BYTES}-{2 * MAX_CONTENT_BYTES - 1}/{total}"
    )
    whole = fetch(here, case_id, file_id)
    assert (whole.status, whole.problem) == (416, "range-not-satisfiable")
    assert whole.headers["content-range"] == f"bytes */{total}"
    assert here.verify()["problems"] == []


def test_a_file_is_saved_by_the_browser_and_never_shown(here: InProcess) -> None:
    case_id = here.create()
    name = '令和8年度 計画; "案"\'.pdf'.replace('"', "")
    file_id = attach(here, case_id, pdf(), name=name).json["data"]["fileId"]
    answer = fetch(here, case_id, file_id)
    assert (answer.status, answer.content) == (200, pdf())
    headers = answer.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    disposition = headers["content-disposition"]
    start, _, encoded = disposition.partition("; filename*=UTF-8''")
    assert start == 'attachment; filename="attachment.pdf"'
    assert encoded.isascii()
    assert not set(encoded) & set(" ;\"'\r\n")
    assert unquote(encoded) == name


def test_every_step_of_a_file_is_in_the_trail_without_its_name(here: InProcess) -> None:
    case_id = here.create()
    file_id = attach(here, case_id, pdf(), name="山田花子の診断書.pdf").json["data"]["fileId"]
    fetch(here, case_id, file_id)
    bad = begin(here, case_id, eicar() + b" " * 9)
    send(here, bad, eicar() + b" " * 9)
    complete(here, bad)
    found = events(here, case_id)
    assert [e["action"] for e in found[:3]] == ["refuse-file", "download-file", "attach-file"]
    assert [e["result"] for e in found[:3]] == ["denied", "done", "done"]
    assert found[0]["reason"] == "file-malware"
    assert found[1]["classes"] == found[2]["classes"] == [2]
    assert "山田" not in json.dumps(found, ensure_ascii=False)


# --- what is not taken ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (eicar(), "file-malware"),
        (docx("x", **{"word/a.bin": eicar()}), "file-malware"),
        (pdf(catalog=b"/OpenAction << /S /JavaScript /JS (x) >>"), "file-script"),
        (b"MZ" + bytes(100), "file-program"),
        (b"<svg xmlns='x'><script/></svg>", "file-web"),
        (docx("x", **{"word/vbaProject.bin": b"x"}), "file-macro"),
    ],
)
def test_a_refused_file_leaves_nothing(here: InProcess, content: bytes, code: str) -> None:
    case_id = here.create()
    answer = attach(here, case_id, content)
    assert (answer.status, answer.problem) == (422, "file-refused")
    (error,) = answer.json["errors"]
    assert (error["pointer"], error["code"]) == ("/content", code)
    assert stored() == {}
    assert attachments(here, case_id) == []


@pytest.mark.parametrize(
    ("changes", "slug", "code"),
    [
        ({"bytes": 20 * 1024 * 1024 + 1}, "file-refused", "file-too-large"),
        ({"bytes": 0}, "file-refused", "file-empty"),
        ({"name": "../../etc/passwd"}, "invalid-record", "file-name"),
        ({"name": "報告\u202efdp.exe"}, "invalid-record", "file-name"),
        ({"name": "a\u0000.pdf"}, "invalid-record", "file-name"),
        ({"name": "a\r\nSet-Cookie: x.pdf"}, "invalid-record", "file-name"),
        ({"name": "CON.pdf"}, "invalid-record", "file-name"),
        ({"name": "a" * 160}, "invalid-record", "file-name"),
        ({"name": f"{MY_NUMBER}.pdf"}, "my-number-suspected", "my-number"),
        ({"description": f"番号 {MY_NUMBER}"}, "my-number-suspected", "my-number"),
        ({"class": "6"}, "invalid-record", "not-in-list"),
        ({"sha256": "A" * 64}, "invalid-record", "pattern"),
        ({"description": "a\u0000"}, "invalid-record", "unstorable-characters"),
        ({"date": "2026-13-01"}, "invalid-record", "format"),
        ({"attachedTo": "r-000000000000"}, "invalid-record", "unknown-record"),
        ({"about": {"": ["p-zzzzzzzzzzzz"]}}, "invalid-record", "unknown-person"),
        ({"fileId": "f-x"}, "invalid-record", "unknown-field"),
        ({"state": "clean"}, "invalid-record", "unknown-field"),
    ],
)
def test_what_is_wrong_is_said_before_the_file_is_sent(
    here: InProcess, changes: dict[str, Any], slug: str, code: str
) -> None:
    answer = begin(here, here.create(), pdf(), **changes)
    assert (answer.status, answer.problem) == (422, slug), answer.text
    assert answer.json["errors"][0]["code"] == code
    assert "passwd" not in answer.text


def test_the_largest_file_is_taken(here: InProcess) -> None:
    case_id = here.create()
    content = large(20 * 1024 * 1024)
    upload = begin(here, case_id, content)
    assert upload.json["parts"] == 5
    send(here, upload, content)
    assert complete(here, upload).status == 201


def test_parts_are_of_the_size_and_number_they_must_be(here: InProcess) -> None:
    content = large(MAX_CONTENT_BYTES + 10)
    upload = begin(here, here.create(), content)
    for number, body, expected in (
        (1, content[:100], MAX_CONTENT_BYTES),
        (2, content[:11], 10),
        (2, b"", 10),
        (3, b"x", 0),
        (0, b"x", 0),
        ("01", b"x", 0),
        ("-1", b"x", 0),
        ("1%2f", b"x", 0),
    ):
        answer = part(here, upload, number, body)
        assert (answer.status, answer.problem) == (422, "wrong-part")
        assert answer.json["expectedBytes"] == expected
    too_large = part(here, upload, 1, b"x" * (MAX_CONTENT_BYTES + 1))
    assert (too_large.status, too_large.problem) == (413, "part-too-large")
    path = f"/uploads/{upload.json['uploadId']}/parts/1"
    as_json = here.request("kanri1", "PUT", path, json_body={"a": 1})
    assert (as_json.status, as_json.problem) == (415, "unsupported-content-type")
    assert stored() == {}


def test_missing_parts_are_named(here: InProcess) -> None:
    content = large(2 * MAX_CONTENT_BYTES + 10)
    upload = begin(here, here.create(), content)
    send(here, upload, content, parts=[2])
    answer = complete(here, upload)
    assert (answer.status, answer.problem) == (409, "parts-missing")
    assert answer.json["missingParts"] == [1, 3]
    send(here, upload, content, parts=[1, 3])
    assert complete(here, upload).status == 201


def test_a_file_that_changed_on_its_way_is_refused_and_may_be_sent_again(here: InProcess) -> None:
    case_id = here.create()
    content = large(MAX_CONTENT_BYTES * 2)
    swapped = content[MAX_CONTENT_BYTES:] + content[:MAX_CONTENT_BYTES]
    upload = begin(here, case_id, content)
    send(here, upload, swapped)
    answer = complete(here, upload)
    assert (answer.status, answer.problem) == (422, "file-altered")
    assert attachments(here, case_id) == []
    send(here, upload, content)
    assert complete(here, upload).status == 201


# --- My Number and addresses ---------------------------------------------------------------------


def test_a_my_number_in_a_file_is_refused_with_its_place_and_a_person_may_say_it_is_none(
    here: InProcess,
) -> None:
    case_id = here.create()
    content = docx("受付番号", MY_NUMBER)
    upload = begin(here, case_id, content)
    send(here, upload, content)
    answer = complete(here, upload)
    assert (answer.status, answer.problem) == (422, "my-number-suspected")
    (error,) = answer.json["errors"]
    assert (error["pointer"], error["code"]) == ("/content", "my-number")
    assert error["message"].startswith("本文: ")
    assert MY_NUMBER not in answer.text
    assert attachments(here, case_id) == []
    for statement in (
        [],
        [{"pointer": "/name", "reason": "違う"}],
        [{"pointer": "/content", "reason": f"{MY_NUMBER} は受付番号"}],
    ):
        assert complete(here, upload, notMyNumber=statement).status == 422
    stated = [{"pointer": "/content", "reason": "受付番号である。"}]
    assert complete(here, upload, notMyNumber=stated).status == 201
    assert events(here, case_id)[0]["notMyNumber"] == stated
    assert here.verify()["problems"] == []


def test_no_address_comes_in_while_one_must_be_kept_secret(here: InProcess) -> None:
    case_id = here.create(addressProtection="yes")
    answer = attach(here, case_id, docx(f"住所は{ADDRESS}です"))
    assert answer.problem == "file-refused"
    assert answer.json["errors"][0]["code"] == "file-address"
    assert attach(here, case_id, docx("住所はここに書かない")).status == 201


def test_a_file_with_an_address_is_closed_when_one_must_be_kept_secret(here: InProcess) -> None:
    case_id = here.create()
    answer = attach(here, case_id, docx(f"住所は{ADDRESS}です"), name="a.docx")
    assert answer.json["data"]["addressFound"] is True
    file_id = answer.json["data"]["fileId"]
    assert fetch(here, case_id, file_id).status == 200
    assert here.save(case_id, 1, addressProtection="yes").status == 200
    assert fetch(here, case_id, file_id).problem == "nothing-to-show"
    assert events(here, case_id)[0]["result"] == "denied"


# --- who may -------------------------------------------------------------------------------------


def test_other_peoples_uploads_are_not_there(here: InProcess) -> None:
    case_id = here.create()
    content = pdf()
    upload = begin(here, case_id, content)
    send(here, upload, content)
    for login in ("kanri2", "chousei1", "houkatsu1"):
        assert part(here, upload, 1, content, login).problem == "no-upload"
        assert complete(here, upload, login=login).problem == "no-upload"
    for odd in ("f-" + "0" * 20, "..%2f..", "f-" + "A" * 20, "x"):
        answer = here.request("kanri1", "POST", f"/uploads/{odd}/complete", json_body={})
        assert (answer.status, answer.problem) == (404, "no-upload")
    assert complete(here, upload).status == 201


def test_only_who_works_on_the_case_attaches(here: InProcess) -> None:
    case_id = here.create()
    for login, problem in (
        ("kansa1", "not-permitted"),
        ("minsei1", "not-permitted"),
        ("komorebi1", "nothing-to-show"),
    ):
        assert begin(here, case_id, pdf(), login=login).problem == problem
    assert begin(here, "K7QM-2T9X-4RBD", pdf()).problem == "nothing-to-show"
    case = here.request("kanri1", "GET", f"/cases/{case_id}").json
    assert case["can"]["attach"] is True


def test_a_file_is_seen_like_the_record_it_is(here: InProcess) -> None:
    case_id = here.create("houkatsu1", receivingAgencyId="elderly")
    own = attach(here, case_id, pdf(), login="houkatsu1").json["data"]["fileId"]
    office = attach(here, case_id, png()).json["data"]["fileId"]
    assert fetch(here, case_id, own, login="houkatsu1").status == 200
    assert fetch(here, case_id, own, login="kanri1").status == 200
    # The case is without consent: the agency sees what it wrote itself, and that only.
    hidden = fetch(here, case_id, office, login="houkatsu1")
    missing = fetch(here, case_id, "f-" + "0" * 20, login="houkatsu1")
    assert (hidden.status, hidden.text) == (missing.status, missing.text)
    assert hidden.problem == "nothing-to-show"
    listed = attachments(here, case_id, "houkatsu1")
    assert [r["data"]["fileId"] for r in listed] == [own]
    for login in ("komorebi1", "minsei1", "kansa1"):
        assert fetch(here, case_id, own, login=login).problem == "nothing-to-show"


def test_a_file_of_another_case_is_not_there(here: InProcess) -> None:
    first, second = here.create(), here.create()
    file_id = attach(here, first, pdf()).json["data"]["fileId"]
    assert fetch(here, second, file_id).problem == "nothing-to-show"


def test_the_record_of_a_file_is_not_written_by_hand(here: InProcess) -> None:
    case_id = here.create()
    record = attach(here, case_id, pdf()).json
    data = record["data"]
    path = f"/cases/{case_id}/records"
    made = {"form": "attachment", "formVersion": "1.0.0", "data": data}
    answer = here.request("kanri1", "POST", path, json_body=made, headers=new_key())
    assert answer.problem == "not-permitted"
    changed = {"formVersion": "1.0.0", "data": {**data, "class": "1"}}
    headers = {"if-match": '"1"', **new_key()}
    path = f"{path}/{record['recordId']}"
    answer = here.request("kanri1", "PUT", path, json_body=changed, headers=headers)
    assert answer.problem in ("not-permitted", "write-once")


def test_an_upload_ends(here: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    content = pdf()
    upload = begin(here, here.create(), content)
    send(here, upload, content)
    monkeypatch.setattr("lambdas.store.files.UPLOAD_HOURS", -1)
    late = begin(here, here.create(), content)
    assert UPLOAD_HOURS < 24
    assert part(here, late, 1, content).problem == "no-upload"
    assert complete(here, late).problem == "no-upload"
    assert complete(here, upload).status == 201


def test_the_same_request_begins_one_upload(here: InProcess) -> None:
    case_id, key = here.create(), new_key()
    first, again = (begin(here, case_id, pdf(), headers=key) for _ in range(2))
    assert (first.status, first.json["uploadId"]) == (again.status, again.json["uploadId"])
    other = begin(here, case_id, png(), headers=key)
    assert (other.status, other.problem) == (422, "idempotency-key-reused")
    assert begin(here, case_id, pdf(), headers={}).problem == "idempotency-key-required"


def test_bytes_are_given_only_to_who_asks_for_them(here: InProcess) -> None:
    case_id = here.create()
    file_id = attach(here, case_id, pdf()).json["data"]["fileId"]
    path = f"/cases/{case_id}/files/{file_id}"
    for headers in ({}, {"accept": "*/*"}, {"accept": "text/html"}):
        answer = here.request("kanri1", "GET", path, headers=headers)
        assert (answer.status, answer.problem) == (406, "not-acceptable")


@pytest.mark.parametrize(
    "span",
    [
        "bytes=-",
        "bytes=5-1",
        "bytes=0-1,4-5",
        "bytes=99999999-",
        "items=0-1",
        "bytes=-0",
        "bytes=a-b",
        "bytes=0-" + "9" * 30,
    ],
)
def test_odd_ranges_are_refused(here: InProcess, span: str) -> None:
    case_id = here.create()
    file_id = attach(here, case_id, jpeg()).json["data"]["fileId"]
    answer = fetch(here, case_id, file_id, span)
    assert (answer.status, answer.problem) == (416, "range-not-satisfiable")


# --- the municipality's scanner ------------------------------------------------------------------


@pytest.fixture
def scanned(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[dict[str, Any]], Any]], list[dict[str, Any]]]:
    """Names a scanner; what it answers is given, what it was asked is returned."""
    monkeypatch.setenv("SOUDAN_SCANNER", "arn:aws:lambda:ap-northeast-1:1:function:scanner")
    tenant.tenant.cache_clear()
    tenant.judge.cache_clear()
    asked: list[dict[str, Any]] = []
    original = botocore.client.BaseClient._make_api_call

    def install(answer: Callable[[dict[str, Any]], Any]) -> list[dict[str, Any]]:
        def call(self: Any, operation: str, parameters: Any) -> Any:
            if operation != "Invoke":
                return original(self, operation, parameters)
            assert parameters["FunctionName"].endswith(":function:scanner")
            asked.append(json.loads(parameters["Payload"]))
            body = answer(asked[-1])
            error = {"FunctionError": "Unhandled"} if body == "fails" else {}
            return {"Payload": io.BytesIO(json.dumps(body).encode()), **error}

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
        return asked

    return install


def _read_link(url: str) -> bytes:
    import requests

    answer = requests.get(url, timeout=5)
    assert answer.status_code == 200
    return answer.content


def _scan(asked: dict[str, Any]) -> Any:
    """What a scanner does: reads the link, looks, answers with the hash of what it read."""
    content = _read_link(asked["url"])
    verdict = "infected" if eicar() in content or b"bad" in content else "clean"
    return {"verdict": verdict, "sha256": hashlib.sha256(content).hexdigest()}


def test_the_scanner_reads_the_whole_file_and_decides(here: InProcess, scanned: Any) -> None:
    asked = scanned(_scan)
    case_id = here.create()
    content = large(MAX_CONTENT_BYTES + 5)
    assert attach(here, case_id, content).status == 201
    assert asked[0].keys() == {"url", "bytes", "sha256"}
    assert asked[0]["sha256"] == hashlib.sha256(content).hexdigest()
    infected = attach(here, case_id, docx("bad", **{"word/a.bin": b"bad"}))
    # Packed: this scanner of the test does not look into archives, the parts are stored apart.
    assert infected.status == 201
    worse = attach(here, case_id, pdf(b"BT (bad) Tj ET", packed=False))
    assert worse.problem == "file-refused"
    assert worse.json["errors"][0]["code"] == "file-malware"
    assert all(key.startswith("files/") for key in stored())
    assert len(stored()) == len(attachments(here, case_id)) == 2


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "fails",
        {},
        {"verdict": "clean"},
        {"verdict": "clean", "sha256": "0" * 64},
        {"verdict": "unknown", "sha256": "0" * 64},
        ["clean"],
    ],
)
def test_without_a_clear_answer_a_file_stays_in_quarantine(
    here: InProcess, scanned: Any, answer: Any
) -> None:
    scanned(lambda _: answer)
    case_id, content = here.create(), pdf()
    upload = begin(here, case_id, content)
    send(here, upload, content)
    waiting = complete(here, upload)
    assert (waiting.status, waiting.problem) == (503, "file-in-quarantine")
    assert waiting.headers["retry-after"]
    assert attachments(here, case_id) == []
    assert all(key.startswith("quarantine/") for key in stored())
    assert fetch(here, case_id, upload.json["uploadId"]).problem == "nothing-to-show"
    # Until the scanner answers.
    scanned(_scan)
    assert complete(here, upload).status == 201
    assert [key.partition("/")[0] for key in stored()] == ["files"]


def test_a_scanner_that_cannot_be_reached_leaves_the_file_in_quarantine(
    here: InProcess, scanned: Any
) -> None:
    def unreachable(_: Any) -> Any:
        raise ConnectTimeoutError(endpoint_url="x")

    scanned(unreachable)
    case_id = here.create()
    assert attach(here, case_id, pdf()).problem == "file-in-quarantine"
    assert attachments(here, case_id) == []


# --- each call failed in turn --------------------------------------------------------------------


def _failures(here: InProcess, act: Callable[[], Answer]) -> int:
    """How many AWS calls `act` makes."""
    act()
    return len(here.calls)


def _fail_at(here: InProcess, number: int, error: Exception) -> None:
    count = iter(range(1_000))

    def before(_: str) -> None:
        if next(count) == number:
            raise error

    here.before_call = before


ERRORS = {
    "down": ClientError(
        {"Error": {"Code": "ServiceUnavailable"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "X"
    ),
    "cut off": ConnectTimeoutError(endpoint_url="x"),
    "crash": RuntimeError("the function ends here"),
}


@pytest.mark.parametrize("kind", ["crash", "down"])
def test_a_failure_at_any_call_leaves_all_or_nothing(
    here: InProcess, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("lambdas.api.files.PART_BYTES", 500)
    case_id = here.create()
    content = large(700)
    probe = begin(here, case_id, content)
    send(here, probe, content)
    calls = _failures(here, lambda: complete(here, probe))
    assert calls >= 8
    had = len(attachments(here, case_id))
    for number in range(calls):
        upload = begin(here, case_id, content)
        send(here, upload, content)
        _fail_at(here, number, ERRORS[kind])
        answer = complete(here, upload)
        here.before_call = lambda _: None
        seen = attachments(here, case_id)
        file_id = upload.json["uploadId"]
        there = [r for r in seen if r["data"]["fileId"] == file_id]
        # All: the record and its whole content. Nothing: neither, for anybody.
        if there:
            assert fetch(here, case_id, file_id, "bytes=0-9").content == content[:10]
        else:
            assert answer.status >= 500
            assert fetch(here, case_id, file_id).problem == "nothing-to-show"
        # Once more, and it is there, once.
        again = complete(here, upload)
        assert again.status == 201, again.text
        had += 1
        assert len(attachments(here, case_id)) == had
    assert here.verify()["problems"] == []


def test_a_failure_while_parts_are_sent_loses_nothing(here: InProcess) -> None:
    case_id, content = here.create(), pdf()
    upload = begin(here, case_id, content)
    for number in range(3):
        _fail_at(here, number, ERRORS["down"])
        assert part(here, upload, 1, content).status >= 500
        here.before_call = lambda _: None
    send(here, upload, content)
    assert complete(here, upload).status == 201


def test_completing_twice_attaches_once(here: InProcess) -> None:
    case_id, content = here.create(), pdf()
    upload = begin(here, case_id, content)
    send(here, upload, content)
    first = complete(here, upload)
    again = complete(here, upload)
    assert (again.status, again.json) == (201, first.json)
    assert len(attachments(here, case_id)) == 1


def test_two_that_complete_at_once_attach_once(here: InProcess) -> None:
    case_id, content = here.create(), pdf()
    upload = begin(here, case_id, content)
    send(here, upload, content)
    inner: list[Answer] = []

    def before(operation: str) -> None:
        # Between the first one's last look at the case and its transaction.
        if operation == "TransactWriteItems" and not inner:
            here.before_call = lambda _: None
            inner.append(complete(here, upload))

    here.before_call = before
    outer = complete(here, upload)
    assert [outer.status, inner[0].status] == [201, 201]
    assert outer.json["recordId"] == inner[0].json["recordId"]
    assert len(attachments(here, case_id)) == 1
    assert fetch(here, case_id, upload.json["uploadId"]).content == content
    assert here.verify()["problems"] == []


def test_the_files_of_a_case_are_erased_with_it_and_no_others(here: InProcess) -> None:
    first, second = here.create(), here.create()
    for _ in range(3):
        attach(here, first, pdf())
    kept = attach(here, second, pdf()).json["data"]["fileId"]
    assert tenant.files().erase_case(first) == 3
    assert tenant.files().erase_case(first) == 0
    assert stored() == {f"files/{second}/{kept}": len(pdf())}
