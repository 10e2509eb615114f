"""The audit trail: chains, seals, and every way to tamper with them."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lambdas.casework import audit
from lambdas.casework.clock import to_iso
from lambdas.jobs.seals import seal_until
from lambdas.store import models, trail
from lambdas.store.verification import Records, verify
from tests.unit.in_process import InProcess


class Shelf:
    """The bucket of the seals, in memory: puts once, never over another."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def latest(self):
        day = max(self.kept, default=None)
        return (date.fromisoformat(day), self.kept[day]) if day else None

    def put(self, seal):
        assert seal["day"] not in self.kept
        self.kept[seal["day"]] = audit.canonical(seal)
        return self.kept[seal["day"]]


def verified(seals=None) -> dict:
    records = Records(read_at=to_iso(datetime.now(UTC)), items=list(trail.records()))
    return verify(records=records, events=trail.all_events(), seals=seals or {})


def problems(seals=None) -> set[tuple[str, str]]:
    return {(p["kind"], p["where"]) for p in verified(seals)["problems"]}


def written(here: InProcess) -> str:
    case_id = here.create()
    for revision in (1, 2):
        here.save(case_id, revision, wishes=f"{revision} 回目")
    here.read(case_id)
    return case_id


def today() -> date:
    return date.fromisoformat(next(models.AuditItem.scan()).day)


def test_an_untouched_trail_verifies_and_names_what_is_not_sealed_yet(here: InProcess) -> None:
    written(here)
    answer = verified()
    assert answer["problems"] == []
    assert answer["unsealed"] == answer["events"] == 4
    shelf = Shelf()
    seal_until(shelf, today())
    sealed = verified(shelf.kept)
    assert sealed["problems"] == []
    assert sealed["unsealed"] == 0


def test_a_single_changed_byte_of_any_item_is_found(here: InProcess) -> None:
    case_id = written(here)
    shelf = Shelf()
    seal_until(shelf, today())
    for event in list(models.AuditItem.scan()):
        kept = event.event
        event.event = kept.replace("192.0.2.1", "192.0.2.2")
        event.save()
        assert problems(shelf.kept), event.sk
        # Whoever changes the event can also change the hash beside it; the seal still tells.
        event.hash = audit.event_hash(json.loads(event.event))
        event.save()
        assert problems(shelf.kept), event.sk
        event.event = kept
        event.hash = audit.event_hash(json.loads(kept))
        event.save()
    for model, sk in ((models.Revision, "00000002"), (models.RecordHead, "REC#intake")):
        pk = f"CASE#{case_id}" if model is models.RecordHead else f"REV#CASE#{case_id}#intake"
        item = model.get(pk, sk)
        kept = item.data
        item.data = kept.replace("試験", "試聴")
        item.save()
        assert ("content", f"CASE#{case_id}") in problems(shelf.kept)
        item.data = kept
        item.save()
    assert problems(shelf.kept) == set()


def test_a_removed_event_is_found_read_or_write(here: InProcess) -> None:
    written(here)
    shelf = Shelf()
    seal_until(shelf, today())
    for event in list(models.AuditItem.scan()):
        event.delete()
        assert ("seal", today().isoformat()) in problems(shelf.kept)
        event.save()


def test_cutting_the_last_write_off_is_found_without_a_seal(here: InProcess) -> None:
    case_id = written(here)
    last = max(
        (e for e in models.AuditItem.query(f"CASE#{case_id}") if "seq" in json.loads(e.event)),
        key=lambda e: json.loads(e.event)["seq"],
    )
    last.delete()
    assert ("chain", f"CASE#{case_id}") in problems()


def test_a_removed_case_or_revision_is_found(here: InProcess) -> None:
    case_id = written(here)
    models.Revision.get(f"REV#CASE#{case_id}#intake", "00000002").delete()
    assert ("content", f"CASE#{case_id}") in problems()
    models.Head.get(f"CASE#{case_id}", "HEAD").delete()
    assert ("chain", f"CASE#{case_id}") in problems()


def test_a_revision_slipped_in_without_an_event_is_found(here: InProcess) -> None:
    case_id = written(here)
    item = models.Revision.get(f"REV#CASE#{case_id}#intake", "00000002")
    item.sk, item.revision = "00000009", 9
    item.save()
    assert ("content", f"CASE#{case_id}") in problems()


def test_a_current_form_set_back_to_an_earlier_revision_or_removed_is_found(
    here: InProcess,
) -> None:
    case_id = written(here)
    first = models.Revision.get(f"REV#CASE#{case_id}#intake", "00000001")
    head = models.RecordHead.get(f"CASE#{case_id}", "REC#intake")
    head.data, head.revision = first.data, 1
    head.save()
    assert ("content", f"CASE#{case_id}") in problems()
    head.delete()
    assert ("content", f"CASE#{case_id}") in problems()


def test_an_event_moved_to_another_case_is_found(here: InProcess) -> None:
    case_id, other = written(here), here.create()
    event = next(
        e for e in models.AuditItem.query(f"CASE#{case_id}") if "seq" not in json.loads(e.event)
    )
    event.delete()
    event.pk = f"CASE#{other}"
    event.save()
    assert ("event", f"CASE#{other}") in problems()


def test_days_that_should_have_a_seal_and_have_none_are_told(here: InProcess) -> None:
    written(here)
    later = Records(
        read_at=to_iso(datetime.now(UTC) + timedelta(days=3)), items=list(trail.records())
    )
    answer = verify(records=later, events=trail.all_events(), seals={})
    assert [p["kind"] for p in answer["problems"]] == ["seal"]


def test_a_save_while_the_verification_reads_is_no_fault(here: InProcess) -> None:
    case_id = written(here)
    records = Records(read_at=to_iso(datetime.now(UTC)), items=list(trail.records()))
    here.save(case_id, 3, wishes="検証中に保存")
    here.create()
    answer = verify(records=records, events=trail.all_events(), seals={})
    assert answer["problems"] == []


def test_a_removed_or_changed_seal_is_found(here: InProcess) -> None:
    written(here)
    shelf = Shelf()
    first = today()
    seal_until(shelf, first)
    seal_until(shelf, first + timedelta(days=3))
    assert len(shelf.kept) == 4
    assert problems(shelf.kept) == set()
    second = (first + timedelta(days=1)).isoformat()
    without = {day: seal for day, seal in shelf.kept.items() if day != second}
    assert ("seal", (first + timedelta(days=2)).isoformat()) in problems(without)
    changed = {**shelf.kept, second: shelf.kept[second].replace(b'"count":0', b'"count":1')}
    assert ("seal", second) in problems(changed)


def test_missed_nights_are_made_up_for_and_repeated_runs_add_nothing(here: InProcess) -> None:
    written(here)
    shelf = Shelf()
    assert seal_until(shelf, today()) == [today().isoformat()]
    assert seal_until(shelf, today()) == []
    assert len(seal_until(shelf, today() + timedelta(days=5))) == 5


def test_events_hold_no_content_of_a_record(here: InProcess) -> None:
    here.create(name="秘密 の氏名", chiefComplaint="秘密の相談")
    assert all("秘密" not in item.event for item in models.AuditItem.scan())


def test_a_statement_that_a_number_is_no_my_number_is_in_the_trail(here: InProcess) -> None:
    from tests.running import body, intake
    from tests.unit.in_process import new_key

    here.request(
        "kanri1",
        "POST",
        "/cases",
        json_body=body(
            intake(chiefComplaint="契約番号 123456789018"),
            notMyNumber=[{"pointer": "/chiefComplaint", "reason": "契約番号"}],
        ),
        headers=new_key(),
    )
    events = [json.loads(item.event) for item in models.AuditItem.scan()]
    assert events[0]["notMyNumber"] == [{"pointer": "/chiefComplaint", "reason": "契約番号"}]


@given(st.lists(st.binary(min_size=1, max_size=4), max_size=20))
def test_the_root_depends_on_every_leaf_and_its_place(leaves: list[bytes]) -> None:
    hashes = [hashlib.sha256(leaf).hexdigest() for leaf in leaves]
    root = audit.merkle_root(hashes)
    for index in range(len(hashes)):
        assert audit.merkle_root(hashes[:index] + hashes[index + 1 :]) != root
        changed = hashlib.sha256(b"other" + leaves[index]).hexdigest()
        assert audit.merkle_root([*hashes[:index], changed, *hashes[index + 1 :]]) != root


def test_the_root_is_that_of_rfc_6962() -> None:
    """A test vector of the RFC's reference implementation: leaves "", 00, 10 (hex)."""
    leaves = [b"", b"\x00", b"\x10"]
    expected = "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"

    def leaf(data: bytes) -> bytes:
        return hashlib.sha256(b"\x00" + data).digest()

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    assert node(node(leaf(leaves[0]), leaf(leaves[1])), leaf(leaves[2])).hex() == expected
    # Ours runs over hashes of events; the tree above them is the same.
    hashes = [hashlib.sha256(data).hexdigest() for data in leaves]
    parts = [leaf(bytes.fromhex(h)) for h in hashes]
    assert audit.merkle_root(hashes) == node(node(parts[0], parts[1]), parts[2]).hex()
