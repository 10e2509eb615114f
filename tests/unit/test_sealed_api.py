"""The compartment through the API: for named holders alone, in no answer, item, event or log of
anyone else, all or nothing, unreadable without its key; and a conflict that only holders notice."""

import base64
import json
import logging
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.api.call import OPERATIONS
from lambdas.api.tenant import compartment
from lambdas.casework import forms, sealed
from lambdas.casework.audit import canonical, sha256_hex
from lambdas.store import models
from lambdas.store.keys import Keys, UnreadableError
from lambdas.store.sealed import Compartment
from tests.running import body
from tests.unit.in_process import AUDIT, RECORDS, REGION, Answer, InProcess, new_key

HOLDER = "tantou1"
OTHERS = ("kanri1", "kanri2", "chousei1", "houkatsu1", "komorebi1", "minsei1", "kansa1")
HIDEOUT = "みかづき市夜船町三丁目4番5号"
WORK, SCHOOL, PHONE = "株式会社よふね水産", "よふね第二小学校", "090-9753-8642"
ENEMY, ENEMY_KANA = "湊川 竜之介", "みなとがわ りゅうのすけ"
BORN = {"y": 1979, "m": 8, "d": 30}
SECRETS = (HIDEOUT, WORK, SCHOOL, PHONE, ENEMY, ENEMY_KANA, "みなと市長決定9753")
NOTHING = "表示できる記録がありません"


def person_of(here: InProcess, case_id: str) -> str:
    rows = here.request("kanri1", "GET", f"/cases/{case_id}/records/household").json["data"]
    return str(rows["persons"][0]["personId"])


def name_holders(here: InProcess, case_id: str, *logins: str) -> Answer:
    data = {"staffIds": [f"staff-{login}" for login in logins]}
    found = here.request("kanri1", "GET", f"/cases/{case_id}/records/sealed-holders")
    if found.status == 200:
        headers = {"if-match": found.headers["etag"], **new_key()}
        path = f"/cases/{case_id}/records/sealed-holders"
        return here.request("kanri1", "PUT", path, json_body=body(data), headers=headers)
    sent = {"form": "sealed-holders", **body(data)}
    path = f"/cases/{case_id}/records"
    return here.request("kanri1", "POST", path, json_body=sent, headers=new_key())


def contents(person_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "personId": person_id,
        "addresses": [{"full": HIDEOUT}],
        "workplaces": [{"name": WORK}],
        "schools": [{"name": SCHOOL}],
        "phones": [{"number": PHONE}],
        "counterparts": [{"name": ENEMY, "nameKana": ENEMY_KANA, "birthDate": BORN}],
        "measures": {"number": "みなと市長決定9753"},
        **changes,
    }


def put(
    here: InProcess,
    case_id: str,
    person_id: str,
    *,
    revision: int = 0,
    login: str = HOLDER,
    key: dict[str, str] | None = None,
    **changes: Any,
) -> Answer:
    return here.request(
        login,
        "PUT",
        f"/cases/{case_id}/sealed/{person_id}",
        json_body=body(contents(person_id, **changes)),
        headers={"if-match": f'"{revision}"', **(key or new_key())},
    )


def get(here: InProcess, case_id: str, person_id: str, login: str = HOLDER) -> Answer:
    return here.request(login, "GET", f"/cases/{case_id}/sealed/{person_id}")


@pytest.fixture
def case_id(here: InProcess) -> str:
    """A case of a protected person, with one holder."""
    created = here.create(addressProtection="yes", name="夜船 澪")
    assert name_holders(here, created, HOLDER).status == 201
    return created


@pytest.fixture
def person_id(here: InProcess, case_id: str) -> str:
    return person_of(here, case_id)


def raw_items() -> list[dict[str, Any]]:
    """Every item of both tables as they lie there."""
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    return [item for t in (RECORDS, AUDIT) for item in dynamodb.scan(TableName=t)["Items"]]


def raw_text() -> str:
    """Both tables as text, packed values unpacked."""
    return json.dumps(raw_items(), ensure_ascii=False, default=_unpacked)


def _unpacked(value: bytes) -> str:
    try:
        value = zlib.decompress(value)
    except zlib.error:
        return value.decode("latin-1")
    return value.decode("utf-8", errors="replace")


def assert_nothing_lies_open(text: str) -> None:
    for secret in SECRETS:
        for form in (secret, json.dumps(secret)[1:-1], urllib.parse.quote(secret)):
            assert form not in text
        assert base64.b64encode(secret.encode()).decode()[:-4] not in text


# --- holders -------------------------------------------------------------------------------------


def test_a_holder_saves_and_reads(here: InProcess, case_id: str, person_id: str) -> None:
    first = get(here, case_id, person_id)
    assert (first.status, first.headers["etag"]) == (200, '"0"')
    assert first.json["data"] == {"personId": person_id}
    saved = put(here, case_id, person_id)
    assert (saved.status, saved.headers["etag"]) == (200, '"1"')
    read = get(here, case_id, person_id)
    assert read.json == saved.json
    assert read.json["data"] == contents(person_id)
    assert read.json["updatedBy"]["staffId"] == f"staff-{HOLDER}"
    moved = put(here, case_id, person_id, revision=1, note="転居した")
    assert moved.headers["etag"] == '"2"'
    assert get(here, case_id, person_id).json["data"]["note"] == "転居した"
    assert here.verify()["problems"] == []


@pytest.mark.parametrize("login", OTHERS)
def test_nobody_else_learns_whether_anything_is_there(
    here: InProcess, case_id: str, person_id: str, login: str
) -> None:
    def looks() -> list[tuple[int, str, list[str]]]:
        seen = []
        attempts: tuple[Callable[[], Answer], ...] = (
            lambda: get(here, case_id, person_id, login),
            lambda: put(here, case_id, person_id, login=login),
            lambda: put(here, case_id, person_id, revision=1, login=login),
        )
        for attempt in attempts:
            given = attempt()
            seen.append((given.status, given.text, list(here.calls)))
        return seen

    before = looks()
    assert put(here, case_id, person_id).status == 200
    assert looks() == before
    assert all(status == 404 and NOTHING in text for status, text, _ in before)
    # … and so it looks for a person who is not of the case.
    assert get(here, case_id, "p-zzzzzzzzzzzz", login).text == before[0][1]


def test_the_case_says_to_holders_alone_what_they_may_open(
    here: InProcess, case_id: str, person_id: str
) -> None:
    def said(login: str) -> Any:
        return here.request(login, "GET", f"/cases/{case_id}").json["can"]["openSealed"]

    assert said(HOLDER) == [person_id]
    assert said("kanri2") == []
    assert put(here, case_id, person_id).status == 200
    assert (said(HOLDER), said("kanri2")) == ([person_id], [])


def test_a_manager_names_holders_and_may_take_it_back(
    here: InProcess, case_id: str, person_id: str
) -> None:
    put(here, case_id, person_id)
    assert get(here, case_id, person_id, "kanri1").status == 404
    assert name_holders(here, case_id, "kanri1", "chousei1").status == 200
    for login, status in (("kanri1", 200), ("chousei1", 200), (HOLDER, 404)):
        assert get(here, case_id, person_id, login).status == status
    assert name_holders(here, case_id).status == 200
    assert get(here, case_id, person_id, "kanri1").status == 404
    for login in ("tantou1", "chousei1", "houkatsu1"):
        data = {"staffIds": [f"staff-{login}"]}
        path = f"/cases/{case_id}/records/sealed-holders"
        headers = {"if-match": '"3"', **new_key()}
        refused = here.request(login, "PUT", path, json_body=body(data), headers=headers)
        assert refused.status in (403, 404)


def test_a_declared_conflict_of_interest_shuts_a_holder_out(
    here: InProcess, case_id: str, person_id: str
) -> None:
    put(here, case_id, person_id)
    declared = {"staffId": f"staff-{HOLDER}", "declaredBy": "manager", "date": "2026-06-01"}
    answer = here.request(
        "kanri1",
        "POST",
        f"/cases/{case_id}/records",
        json_body={"form": "conflict-of-interest", **body(declared)},
        headers=new_key(),
    )
    assert answer.status == 201, answer.text
    assert get(here, case_id, person_id).status == 404


def test_only_a_protected_person_has_a_compartment(here: InProcess) -> None:
    case_id = here.create()
    name_holders(here, case_id, HOLDER)
    refused = put(here, case_id, person_of(here, case_id))
    assert refused.json["errors"][0]["code"] == "protection-first"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"addresses": [{}]}, "/data/addresses/0/full"),
        ({"addresses": [{"full": HIDEOUT, "from": "4月"}]}, "/data/addresses/0/from"),
        ({"personId": "p-000000000000"}, "/data/personId"),
        ({"unknown": HIDEOUT}, "/data/unknown"),
        ({"note": "個人番号 123456789018"}, "/data/note"),
        ({"phones": [{"number": HIDEOUT}]}, "/data/phones/0/number"),
        ({"note": "\u202e" + HIDEOUT}, "/data/note"),
    ],
)
def test_what_is_wrong_is_refused_and_not_repeated(
    here: InProcess, case_id: str, person_id: str, change: dict[str, Any], pointer: str
) -> None:
    refused = put(here, case_id, person_id, **change)
    assert refused.status == 422
    assert refused.json["errors"][0]["pointer"] == pointer
    assert not any(text in refused.text for text in SECRETS)


def test_stale_and_repeated_saves(here: InProcess, case_id: str, person_id: str) -> None:
    key = new_key()
    first = put(here, case_id, person_id, key=key)
    assert put(here, case_id, person_id, revision=1, note="新しい").status == 200
    again = put(here, case_id, person_id, key=key)
    assert (again.status, again.json) == (200, first.json)
    other = put(here, case_id, person_id, key=key, note="別の内容")
    assert other.problem == "idempotency-key-reused"
    for revision in (0, 1, 5):
        stale = put(here, case_id, person_id, revision=revision)
        assert (stale.status, stale.problem) == (412, "changed-by-other")
        assert not any(text in stale.text for text in SECRETS)
    assert get(here, case_id, person_id).json["revision"] == 2


def test_two_first_saves_at_once_leave_one(here: InProcess, case_id: str, person_id: str) -> None:
    """The second writer saves between the first one's reading and writing."""
    done: list[int] = []

    def in_between(operation: str) -> None:
        if operation == "TransactWriteItems" and not done:
            done.append(1)
            assert put(here, case_id, person_id, note="先に着いた").status == 200

    here.before_call = in_between
    late = put(here, case_id, person_id, note="後から")
    here.before_call = lambda _: None
    assert late.status == 412
    assert get(here, case_id, person_id).json["data"]["note"] == "先に着いた"


# --- nowhere else --------------------------------------------------------------------------------


def test_nothing_of_it_lies_in_a_table_or_a_log_in_plain_text(
    here: InProcess, case_id: str, person_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert put(here, case_id, person_id).status == 200
    assert put(here, case_id, person_id, revision=1, note=HIDEOUT).status == 200
    put(here, case_id, person_id, revision=9)
    put(here, case_id, person_id, revision=2, unknown=HIDEOUT)
    assert get(here, case_id, person_id).status == 200
    assert get(here, case_id, person_id, "kanri1").status == 404
    lying = raw_text()
    assert "夜船 澪" in lying  # the search itself finds what is there
    assert_nothing_lies_open(lying)
    assert_nothing_lies_open(caplog.text)
    # Nor can a short text be found out by trying hashes of it.
    sent = body(contents(person_id))
    assert sha256_hex(canonical(['"0"', sent])) not in lying


_FIXED = ("/forms", "/codes", "/settings")


def every_get(here: InProcess, case_id: str, person_id: str, login: str) -> Iterator[Answer]:
    """Every GET of the API, with what there is in place of its parameters."""
    records = here.request("kanri1", "GET", f"/cases/{case_id}/records").json["items"]
    ids = {r["recordId"] for r in records} | {sealed.record_id(person_id), "sealed"}
    known = {"case_id": [case_id], "person_id": [person_id], "number": ["1"]}
    known |= {"record_id": sorted(ids), "form": ["intake"], "version": ["1.0.0"]}
    for declared in OPERATIONS:
        # Forms and code lists are the same for everyone and hold nothing of a case.
        if declared.method != "GET" or declared.public or declared.path.startswith(_FIXED):
            continue
        paths = [declared.path]
        for name in [part[1:-1] for part in declared.path.split("/") if part.startswith("{")]:
            values = known.get(name, ["unknown"])
            paths = [p.replace(f"{{{name}}}", v) for p in paths for v in values]
        for path in paths:
            yield here.request(login, "GET", path)


def assert_not_found(here: InProcess, login: str) -> None:
    """Neither by search nor as a candidate for the same person."""
    for text in SECRETS:
        found = here.request(login, "POST", "/search", json_body={"q": text})
        assert found.status == 403 or (found.json["total"], found.json["items"]) == (0, [])
    described = {"name": ENEMY, "nameKana": ENEMY_KANA, "address": {"full": HIDEOUT}}
    known = here.request(login, "POST", "/persons/candidates", json_body=described)
    assert known.status == 403 or known.json["items"] == [], known.text


def test_no_answer_to_anyone_else_holds_any_of_it(
    here: InProcess, case_id: str, person_id: str
) -> None:
    put(here, case_id, person_id)
    for login in OTHERS:
        for answer in every_get(here, case_id, person_id, login):
            assert answer.status < 500
            assert not any(text in answer.text for text in SECRETS), answer.text
            assert 'sealed":"' not in answer.text
        assert_not_found(here, login)
    # A holder finds it by its own route alone.
    for answer in every_get(here, case_id, person_id, HOLDER):
        if "updatedBy" in answer.text and f'"personId":"{person_id}","addresses"' in answer.text:
            continue
        assert not any(text in answer.text for text in SECRETS), answer.text


def test_general_routes_neither_take_nor_show_the_form(
    here: InProcess, case_id: str, person_id: str
) -> None:
    sent = {"form": "sealed", **body(contents(person_id))}
    path = f"/cases/{case_id}/records"
    for login in (HOLDER, *OTHERS):
        refused = here.request(login, "POST", path, json_body=sent, headers=new_key())
        assert refused.status in (403, 404)
    put(here, case_id, person_id)
    hidden = f"{path}/{sealed.record_id(person_id)}"
    for login in (HOLDER, "kanri1"):
        listed = here.request(login, "GET", path).json["items"]
        assert "sealed" not in {r["form"] for r in listed}
        for below in ("", "/revisions", "/revisions/1"):
            assert here.request(login, "GET", hidden + below).status == 404
        headers = {"if-match": '"1"', **new_key()}
        changed = here.request(
            login, "PUT", hidden, json_body=body(contents(person_id)), headers=headers
        )
        assert changed.status in (403, 404)


def _planted(schema: Any, root: Any, text: str) -> Any:
    """`text` at every marked place of a schema, with what the form demands around it."""
    inner = schema
    if schema.get("$ref", "").startswith("#/"):
        inner = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if schema.get("x-protected"):
        return text
    if "properties" in inner:
        demanded = inner.get("required", ())
        return {
            name: _planted(below, root, text)
            for name, below in inner["properties"].items()
            if name in demanded or _is_marked(below, root)
        }
    if "items" in inner:
        return [_planted(inner["items"], root, text)] if _is_marked(inner, root) else []
    return "2026-05-01" if inner.get("format") == "date" else "x"


def _is_marked(schema: Any, root: Any) -> bool:
    inner = schema
    if schema.get("$ref", "").startswith("#/"):
        inner = root["$defs"][schema["$ref"].rpartition("/")[2]]
    below = [*inner.get("properties", {}).values(), inner.get("items", {})]
    return bool(schema.get("x-protected")) or any(_is_marked(s, root) for s in below if s)


def test_addresses_from_before_are_shown_to_nobody_in_any_form(here: InProcess) -> None:
    """Records are put as they may have been saved before the protection began: an address at every
    marked place of every form, current and earlier revision."""
    case_id = here.create(addressProtection="no", consentVersion="no-consent")
    person_id = person_of(here, case_id)
    name_holders(here, case_id, HOLDER)
    planted = 0
    for number, name in enumerate(forms.form_names()):
        form = forms.form(name, forms.form_versions(name)[-1])
        if not form.protects or not form.of_case or name in ("intake", "household"):
            continue
        data = _planted(form.schema, form.schema, HIDEOUT)
        assert HIDEOUT in json.dumps(data, ensure_ascii=False), name
        planted += 1
        _put_as_it_was(case_id, name, f"r-{number:012d}", form.version, data)
    assert planted
    saved = here.save(case_id, 1, addressProtection="no", address={"full": HIDEOUT})
    assert saved.status == 200
    assert HIDEOUT in here.read(case_id).text
    household = here.request("kanri1", "GET", f"/cases/{case_id}/records/household")
    rows = household.json["data"]["persons"]
    rows[0]["protection"] = "yes"
    protected = here.request(
        "kanri1",
        "PUT",
        f"/cases/{case_id}/records/household",
        json_body=body({**household.json["data"], "persons": rows}),
        headers={"if-match": household.headers["etag"], **new_key()},
    )
    assert protected.status == 200, protected.text
    for login in (HOLDER, *OTHERS):
        for answer in every_get(here, case_id, person_id, login):
            assert answer.status < 500
            assert HIDEOUT not in answer.text, (login, answer.text)
        assert_not_found(here, login)
    # Whoever saves the record again does not bring the address back, nor learn it by guessing.
    data = here.read(case_id).json["data"]
    for guess in (HIDEOUT, "ほかの町1番地"):
        refused = here.save(case_id, 2, **{**data, "address": {"full": guess}})
        assert refused.json["errors"][0]["code"] == "protected-here"
    assert here.save(case_id, 2, **{**data, "wishes": "静かに暮らしたい"}).status == 200
    assert here.save(case_id, 3, **{**data, "addressProtection": "yes"}).status == 200
    assert HIDEOUT not in here.read(case_id).text


def _put_as_it_was(
    case_id: str, form: str, record_id: str, version: str, data: dict[str, Any]
) -> None:
    envelope: dict[str, Any] = {
        "about": {"": []},
        "contributors": ["municipality"],
        "confined": None,
        "sourceBasis": None,
        "createdAt": "2026-05-01T00:00:00.000000Z",
    }
    common: dict[str, Any] = {
        "form": form,
        "record_id": record_id,
        "form_version": version,
        "revision": 1,
        "data": json.dumps(data, ensure_ascii=False),
        "envelope": json.dumps(envelope),
        "saved_at": "2026-05-01T00:00:00.000000Z",
        "staff_id": "staff-kanri1",
        "staff_name": "氏名",
        "agency_id": "municipality",
        "agency_name": "地域福祉課",
    }
    key = f"CASE#{case_id}"
    models.RecordHead(key, f"REC#{record_id}", **common).save()
    models.Revision(f"REV#{key}#{record_id}", "00000001", **common).save()


# --- the key -------------------------------------------------------------------------------------


@pytest.fixture
def wrapped(here: InProcess, case_id: str, person_id: str) -> bytes:
    put(here, case_id, person_id)
    item = models.SealedKey.get(f"SEALED#{case_id}", f"KEY#{person_id}")
    return base64.b64decode(item.wrapped)


def test_a_key_opens_under_its_own_context_alone(
    here: InProcess, case_id: str, person_id: str, wrapped: bytes
) -> None:
    kms = boto3.client("kms", region_name=REGION)
    context = sealed.key_context(lg_code="122041", case_id=case_id, person_id=person_id)
    assert len(kms.decrypt(CiphertextBlob=wrapped, EncryptionContext=context)["Plaintext"]) == 32
    for name in context:
        for wrong in ({**context, name: "other"}, {k: v for k, v in context.items() if k != name}):
            with pytest.raises(ClientError, match="InvalidCiphertext"):
                kms.decrypt(CiphertextBlob=wrapped, EncryptionContext=wrong)


def test_keys_and_texts_cannot_change_places(here: InProcess, case_id: str, person_id: str) -> None:
    put(here, case_id, person_id)
    put(here, case_id, person_id, revision=1, note="二版目")
    other = here.create(addressProtection="yes")
    other_person = person_of(here, other)
    name_holders(here, other, HOLDER)
    put(here, other, other_person)
    # An earlier revision in place of the current one, and another person's text.
    record = models.RecordHead.get(f"CASE#{case_id}", f"REC#{sealed.record_id(person_id)}")
    earlier = models.Revision.get(f"REV#CASE#{case_id}#{sealed.record_id(person_id)}", "00000001")
    there = models.RecordHead.get(f"CASE#{other}", f"REC#{sealed.record_id(other_person)}")
    good = record.data
    for data in (earlier.data, there.data):
        record.data = data
        record.save()
        assert get(here, case_id, person_id).status == 500
    record.data = good
    record.save()
    assert get(here, case_id, person_id).status == 200
    # Another person's key in place of the own one.
    key = models.SealedKey.get(f"SEALED#{case_id}", f"KEY#{person_id}")
    key.wrapped = models.SealedKey.get(f"SEALED#{other}", f"KEY#{other_person}").wrapped
    key.save()
    failed = get(here, case_id, person_id)
    assert failed.status == 500
    assert not any(text in failed.text for text in SECRETS)


def test_every_person_has_a_key_of_their_own_and_no_text_is_sealed_twice_alike(
    here: InProcess, case_id: str, person_id: str
) -> None:
    put(here, case_id, person_id)
    put(here, case_id, person_id, revision=1)
    partition = f"REV#CASE#{case_id}#{sealed.record_id(person_id)}"
    texts = [json.loads(i.data)["sealed"] for i in models.Revision.query(partition)]
    assert len(set(texts)) == 2
    # The length says nothing: an empty compartment is as long as a filled one.
    assert len({len(text) for text in texts}) == 1
    emptied = put(here, case_id, person_id, revision=2, addresses=[], counterparts=[])
    assert emptied.status == 200
    assert {len(json.loads(i.data)["sealed"]) for i in models.Revision.query(partition)} == {
        len(texts[0])
    }
    nobody = Compartment(keys=Keys(region=REGION, key_arn=_other_key()), lg_code="122041")
    with pytest.raises((UnreadableError, ClientError)):
        nobody.key(case_id, person_id)


def _other_key() -> str:
    key = boto3.client("kms", region_name=REGION).create_key(Description="another tenant")
    return str(key["KeyMetadata"]["Arn"])


def test_without_the_wrapped_key_nothing_is_readable(
    here: InProcess, case_id: str, person_id: str
) -> None:
    put(here, case_id, person_id)
    models.SealedKey.get(f"SEALED#{case_id}", f"KEY#{person_id}").delete()
    for answer in (get(here, case_id, person_id), put(here, case_id, person_id, revision=1)):
        assert (answer.status, answer.problem) == (404, "nothing-to-show")
    # What remains is ciphertext that no key of the tenant opens.
    kms = boto3.client("kms", region_name=REGION)
    record = models.RecordHead.get(f"CASE#{case_id}", f"REC#{sealed.record_id(person_id)}")
    remains = base64.b64decode(json.loads(record.data)["sealed"])
    with pytest.raises(ClientError):
        kms.decrypt(CiphertextBlob=remains)
    assert_nothing_lies_open(raw_text())
    assert here.verify()["problems"] == []


def _failing(at: int) -> Callable[[str], None]:
    """Fails the call of this number."""
    count = [0]

    def before(operation: str) -> None:
        count[0] += 1
        if count[0] == at:
            error: Any = {"Error": {"Code": "InternalServerError", "Message": "x"}}
            raise ClientError(error, operation)

    return before


def _kept(case_id: str) -> tuple[int, int, int]:
    """How many keys, marks of 相手方 and sealed texts lie there for a case."""
    items = [i for i in raw_items() if case_id in i["pk"]["S"]]
    kinds = [i.get("cls", {}).get("S") for i in items]
    texts = [i for i in items if i.get("form", {}).get("S") == "sealed"]
    return kinds.count("sealed-key"), kinds.count("counterparts"), len(texts)


@pytest.mark.parametrize("again", [False, True])
def test_every_failed_call_leaves_all_or_nothing(here: InProcess, again: bool) -> None:
    """Of the first save of a compartment and of a later one."""
    at, answer = 0, None
    while answer is None or answer.status != 200:
        at += 1
        case_id = here.create(addressProtection="yes")
        name_holders(here, case_id, HOLDER)
        person_id = person_of(here, case_id)
        if again:
            assert put(here, case_id, person_id).status == 200
        before = _kept(case_id)
        compartment().__dict__.pop("_secret", None)  # as in a new process
        here.before_call = _failing(at)
        key, revision = new_key(), int(again)
        answer = put(here, case_id, person_id, revision=revision, key=key, note="新")
        here.before_call = lambda _: None
        if answer.status == 200:
            break
        assert answer.status in (500, 503)
        assert not any(text in answer.text for text in SECRETS)
        assert _kept(case_id) == before
        # The same request made again succeeds.
        repeated = put(here, case_id, person_id, revision=revision, key=key, note="新")
        assert repeated.status == 200
        assert _kept(case_id) == (1, 1, 2 + int(again))
        assert get(here, case_id, person_id).json == repeated.json
    # staff, case, key, secret (read and opened), transaction
    assert at > 6
    assert here.verify()["problems"] == []


# --- events --------------------------------------------------------------------------------------


def test_every_look_and_every_save_is_an_event_without_content(
    here: InProcess, case_id: str, person_id: str
) -> None:
    put(here, case_id, person_id)
    get(here, case_id, person_id)
    get(here, case_id, person_id, "kanri1")
    trail = here.request("kansa1", "GET", f"/cases/{case_id}/audit").json["items"]
    seen = [(e["action"], e["result"], e["basis"]) for e in trail if "sealed" in e["action"]]
    assert sorted(seen, key=str) == sorted(
        [
            ("read-sealed", "denied", None),
            ("read-sealed", "done", "named-holder"),
            ("write-sealed", "done", "named-holder"),
        ],
        key=str,
    )
    assert not any(text in json.dumps(trail, ensure_ascii=False) for text in SECRETS)
