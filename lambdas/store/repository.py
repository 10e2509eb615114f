"""The tenant's store: every call to DynamoDB that concerns cases, registers and the audit trail.

A write is one transaction: new revisions, record heads and the folder's head under their
conditions, the agencies' list rows, the audit event, the idempotency record (Ruling 4 and 5).
Nothing changes without its event.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from pynamodb.connection import Connection
from pynamodb.constants import ALL_OLD
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from lambdas.casework import audit
from lambdas.casework.access import Actor, Basis, Confinement, MemberKind, Period, Role
from lambdas.casework.clock import from_iso, japanese_day, to_iso
from lambdas.casework.records import (
    Agency,
    CaseFile,
    Folder,
    FormRecord,
    ListRow,
    Source,
    StaffMember,
    listed,
)
from lambdas.casework.restoration import ends_of
from lambdas.casework.situation import dump, situation
from lambdas.store import models

Event = Mapping[str, Any]

# Twenty people writing to one case at once are served without one being turned away.
_TRIES = 8
_LISTED = ["pk", "cls", "row", "situation"]
_IDEMPOTENCY_HOURS = 24


class StoreBusyError(Exception):
    """Others wrote to the same case again and again; the caller may try once more."""


class StaleError(Exception):
    """A record has changed since the caller read it."""

    def __init__(self, record_id: str, current_revision: int) -> None:
        super().__init__(record_id, current_revision)
        self.record_id = record_id
        self.current_revision = current_revision


class KeyReusedError(Exception):
    """The idempotency key was used for another request."""


class CaseIdTakenError(Exception):
    """A random case number met one that exists; the caller draws another."""


class AlreadyImportedError(Exception):
    """The agency has brought in this row before."""

    def __init__(self, case_id: str, *, same_content: bool) -> None:
        super().__init__(case_id)
        self.case_id = case_id
        self.same_content = same_content


@dataclass(frozen=True, kw_only=True)
class Request:
    """Identifies one attempt to write, so that its repetition is answered and not repeated."""

    staff_id: str
    path: str
    key: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What a write came to, now or at its first attempt."""

    folder_id: str
    record_id: str
    revision: int
    replayed: bool = False


@dataclass(frozen=True)
class Put:
    """One put of a transaction, with the name by which its refusal is told.

    `when`: a condition, NEW (there must be none yet) or ANY (whatever is there is replaced).
    """

    name: str
    item: Model
    when: Condition | str = "new"

    def condition(self) -> Condition | None:
        if isinstance(self.when, Condition):
            return self.when
        # Both tables' partition key is `pk`; DynamoDB judges the condition on the whole key.
        return models.Record.pk.does_not_exist() if self.when == NEW else None


NEW = "new"
ANY = "any"


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a write puts: revisions (the first is the one it is about), their chained event, and
    what other stores keep beside them."""

    records: tuple[FormRecord, ...]
    event: Event
    also: tuple[Put, ...] = ()


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list and where the next one starts."""

    items: tuple[T, ...]
    next_cursor: str | None


Beside = Callable[[CaseFile | None, CaseFile], tuple[Put, ...]]


class Repository:
    """One tenant's records and audit trail."""

    def __init__(self, *, region: str, beside: Iterable[Beside] = ()) -> None:
        """`beside`: what others keep with every write of a case, from the case before (None: a
        new one) and after; it goes into the same transaction."""
        self._connection = Connection(region=region)
        self._besides = tuple(beside)

    # Registers

    def staff_by_sub(self, sub: str) -> StaffMember | None:
        """Who a login is at this moment (one consistent GetItem)."""
        try:
            return _staff(models.StaffEntry.get(f"STAFF#{sub}", "STAFF", consistent_read=True))
        except models.StaffEntry.DoesNotExist:
            return None

    def staff(self) -> tuple[StaffMember, ...]:
        """The whole staff register."""
        entries = models.Record.by_agency.query("STAFF")
        return tuple(_staff(e) for e in entries if isinstance(e, models.StaffEntry))

    def move_staff(self, member: StaffMember, sub: str, now: datetime) -> None:
        """Puts a person's entry and recovery codes under the `sub` of their new login; tokens of
        the old one are no longer taken."""
        before = f"STAFF#{member.sub}"
        kept = {item.sk: item for item in models.Record.query(before, consistent_read=True)}
        entry = kept["STAFF"]
        with TransactWrite(connection=self._connection) as transaction:
            for item in kept.values():
                transaction.delete(item)
                moved = type(item)(**{**item.attribute_values, "pk": f"STAFF#{sub}"})
                if isinstance(moved, models.StaffEntry) and item is entry:
                    moved.sessions_from = int(now.timestamp())
                transaction.save(moved)

    def agencies(self) -> tuple[Agency, ...]:
        """The agency register."""
        return tuple(
            _agency(entry) for entry in models.AgencyEntry.query("AGENCIES", consistent_read=True)
        )

    def agency(self, agency_id: str) -> Agency | None:
        """One agency of the register, as it stands now (one consistent GetItem)."""
        try:
            return _agency(models.AgencyEntry.get("AGENCIES", agency_id, consistent_read=True))
        except models.AgencyEntry.DoesNotExist:
            return None

    def set_contract(
        self, agency_id: str, period: Period, terms: Mapping[str, str], *, event: Event
    ) -> bool:
        """Keeps the period and terms of an agency's contract for the programme, with its event;
        False when there is no such agency. What rests on the contract follows at once."""
        try:
            entry = models.AgencyEntry.get("AGENCIES", agency_id, consistent_read=True)
        except models.AgencyEntry.DoesNotExist:
            return False
        entry.contract_from = period.first.isoformat()
        entry.contract_to = period.last.isoformat() if period.last else None
        entry.contract_terms = data_text(terms)
        failed = self.commit(
            [
                Put("agency", entry, models.Record.pk.exists()),
                Put("event", event_item("REGISTER", event)),
            ]
        )
        if failed:
            raise StoreBusyError
        return True

    # Cases

    def open_case(self, case_id: str) -> CaseFile | None:
        """A case with the current state of its records: one consistent Query."""
        items = list(models.Record.query(f"CASE#{case_id}", consistent_read=True))
        head = next((i for i in items if isinstance(i, models.Head)), None)
        if head is None:
            return None
        return CaseFile(
            case_id=case_id,
            state=head.state,
            created_at=from_iso(head.created_at),
            chain_seq=int(head.chain_seq),
            chain_hash=head.chain_hash,
            was_protected=bool(head.was_protected),
            records=_records(items),
            agency_names={
                i.agency_id: i.agency_name for i in items if isinstance(i, models.CaseMember)
            },
        )

    def current_records(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], FormRecord]:
        """Records of any cases as they stand, by case and record: one BatchGetItem for each
        hundred. Those that are not there are left out."""
        wanted = {(f"CASE#{case_id}", f"REC#{record_id}") for case_id, record_id in keys}
        found = models.RecordHead.batch_get(sorted(wanted), consistent_read=True)
        return {(i.pk.removeprefix("CASE#"), i.record_id): _form_record(i) for i in found}

    def list_cases(self, *, agency_id: str, limit: int, cursor: str | None) -> Page[ListRow]:
        """An agency's cases, latest receipt first: one Query of its own index."""
        start = None
        if cursor is not None:
            case_id = cursor.partition("#")[2]
            start = (f"CASE#{case_id}", f"MEMBER#{agency_id}")
        found, last = self._page(f"CASES#{agency_id}", limit, cursor, start, _LISTED)
        items = tuple(_list_row(i) for i in found if isinstance(i, models.CaseMember))
        return Page(items=items, next_cursor=last)

    def create_case(
        self,
        case: CaseFile,
        *,
        event: Event,
        source: Source | None,
        request: Request,
    ) -> Saved:
        """Puts a new case with the first revision of its records; the intake form is what the
        request is about.

        Raises KeyReusedError, CaseIdTakenError, AlreadyImportedError, StoreBusyError.
        """
        puts = [
            Put("idempotency", _idempotency_item(request, case.case_id, case.intake)),
            Put("case", _case_head(case, event)),
            *_record_puts(case.key, case.records.values(), {}),
            *self._row_puts(case),
            *self._beside(None, case),
            Put("event", event_item(case.key, event)),
        ]
        if source is not None:
            puts.append(Put("source", _source_item(case.case_id, source)))
        for attempt in range(_TRIES):
            failed = self.commit(puts)
            if not failed:
                return Saved(folder_id=case.case_id, record_id="intake", revision=1)
            if first := failed.get("idempotency"):
                return _replay(first, request)
            if source is not None and (imported := failed.get("source")):
                same = imported["contentSha256"] == source.content_sha256
                raise AlreadyImportedError(imported["caseId"], same_content=same)
            if "case" in failed:
                raise CaseIdTakenError
            _back_off(attempt)
        raise StoreBusyError

    def save(
        self,
        case: CaseFile,
        *,
        make: Callable[[CaseFile], Written],
        request: Request | None,
        expected: Mapping[str, int] | None = None,
    ) -> Saved:
        """Puts revisions of records of a case and everything that follows from them.

        `make` builds them on the case as just read; it is called again when something else of
        the case was saved in between. `expected` names the revisions the caller has read; other
        records are replaced as they were found.
        Raises StaleError, KeyReusedError, StoreBusyError, and what `make` raises.
        """
        for attempt in range(_TRIES):
            written = make(case)
            after = case.with_records(*written.records)
            found = {r.record_id: r.revision for r in case.records.values()}
            puts = [
                *_record_puts(case.key, written.records, {**found, **(expected or {})}),
                Put("event", event_item(case.key, written.event)),
                Put(
                    "head",
                    _case_head(after, written.event),
                    models.Head.chain_seq == case.chain_seq,
                ),
                *self._row_puts(after),
                *self._beside(case, after),
                *written.also,
            ]
            outcome = self._attempt(case.case_id, puts, written, request, expected or {})
            if outcome is not None:
                return outcome
            _back_off(attempt)
            reopened = self.open_case(case.case_id)
            if reopened is None:
                break
            case = reopened
        raise StoreBusyError

    def outcome(self, request: Request) -> Saved | None:
        """What a request came to at its first attempt, if there was one (one consistent GetItem).
        Raises KeyReusedError."""
        before = _idempotency_key(request)
        try:
            item = models.Idempotency.get(*before, consistent_read=True)
        except models.Idempotency.DoesNotExist:
            return None
        return _replay(_plain(item.serialize()), request)

    def revisions(self, key: str, record_id: str) -> tuple[FormRecord, ...]:
        """Every revision of a record of the folder `key`, newest first."""
        found = models.Revision.query(
            f"REV#{key}#{record_id}", scan_index_forward=False, consistent_read=True
        )
        return tuple(_form_record(item) for item in found)

    def revision(self, key: str, record_id: str, number: int) -> FormRecord | None:
        """One revision of a record."""
        try:
            item = models.Revision.get(f"REV#{key}#{record_id}", f"{number:08d}")
        except models.Revision.DoesNotExist:
            return None
        return _form_record(item)

    def bring_back(
        self, folder: CaseFile | Folder, records: tuple[FormRecord, ...], *, event: Event
    ) -> None:
        """Puts what a restored folder must not be without, with the event that goes on where its
        trail ends: the folder's own head stands further back. Raises StoreBusyError."""
        found = {r.record_id: r.revision for r in folder.records.values()}
        puts = [
            *_record_puts(folder.key, records, found),
            Put("event", event_item(folder.key, event)),
        ]
        still = models.Head.chain_seq == folder.chain_seq
        if isinstance(folder, CaseFile):
            after = folder.with_records(*records)
            puts += [
                Put("head", _case_head(after, event), still),
                *self._row_puts(after),
                *self._beside(folder, after),
            ]
        else:
            puts.append(Put("head", _folder_head(folder.with_records(*records), event), still))
        if self.commit(puts):
            raise StoreBusyError

    # Folders other than cases

    def open_folder(self, kind: str, folder_id: str) -> Folder | None:
        """A folder with the current state of its records: one consistent Query."""
        items = list(models.Record.query(f"{kind}#{folder_id}", consistent_read=True))
        head = next((i for i in items if isinstance(i, models.Head)), None)
        if head is None:
            return None
        return Folder(
            kind=kind,
            folder_id=folder_id,
            created_at=from_iso(head.created_at),
            chain_seq=int(head.chain_seq),
            chain_hash=head.chain_hash,
            records=_records(items),
        )

    def list_folders(
        self,
        kind: str,
        *,
        limit: int,
        cursor: str | None,
        since: str | None = None,
        before: str | None = None,
    ) -> Page[str]:
        """Ids of the folders of a kind by their place in its list (`Folder.list_key`): one Query
        of the index. The last come first; from `since` on the first ones do."""
        start = (f"{kind}#{cursor.partition('#')[2]}", "HEAD") if cursor else None
        place = models.Record.list_key
        between = place >= since if since else place < before if before else None
        found, last = self._page(
            f"FOLDERS#{kind}", limit, cursor, start, None, between=between, forward=bool(since)
        )
        ids = tuple(i.folder_id for i in found if isinstance(i, models.Head))
        return Page(items=ids, next_cursor=last)

    def create_folder(
        self, folder: Folder, *, event: Event, request: Request, also: Sequence[Put] = ()
    ) -> Saved:
        """Puts a new folder with the first revision of its records; the first one is what the
        request is about. Raises KeyReusedError, StoreBusyError."""
        first = next(iter(folder.records.values()))
        puts = [
            Put("idempotency", _idempotency_item(request, folder.folder_id, first)),
            Put("head", _folder_head(folder, event)),
            *_record_puts(folder.key, folder.records.values(), {}),
            Put("event", event_item(folder.key, event)),
            *also,
        ]
        for attempt in range(_TRIES):
            failed = self.commit(puts)
            if not failed:
                return Saved(folder_id=folder.folder_id, record_id=first.record_id, revision=1)
            if before := failed.get("idempotency"):
                return _replay(before, request)
            _back_off(attempt)
        raise StoreBusyError

    def save_folder(
        self,
        folder: Folder,
        *,
        make: Callable[[Folder], Written],
        request: Request | None,
        expected: Mapping[str, int] | None = None,
    ) -> Saved:
        """Like `save`, for a folder that is no case."""
        for attempt in range(_TRIES):
            written = make(folder)
            after = folder.with_records(*written.records)
            found = {r.record_id: r.revision for r in folder.records.values()}
            puts = [
                *_record_puts(folder.key, written.records, {**found, **(expected or {})}),
                Put("event", event_item(folder.key, written.event)),
                Put(
                    "head",
                    _folder_head(after, written.event),
                    models.Head.chain_seq == folder.chain_seq,
                ),
                *written.also,
            ]
            outcome = self._attempt(folder.folder_id, puts, written, request, expected or {})
            if outcome is not None:
                return outcome
            _back_off(attempt)
            reopened = self.open_folder(folder.kind, folder.folder_id)
            if reopened is None:
                break
            folder = reopened
        raise StoreBusyError

    # Audit trail

    def record_event(self, *, subject: str, event: Event) -> None:
        """Puts an unchained event (a read, a refusal, a sign-in) before its answer leaves.

        `subject` is the partition: `CASE#<id>`, `STAFF#<id>`, `LIST`, `SIGN-IN` …
        """
        event_item(subject, event).save(condition=models.AuditItem.pk.does_not_exist())

    def case_events(self, case_id: str, *, limit: int, cursor: str | None) -> Page[Event]:
        """A case's events, newest first: writes and reads merged by time."""
        start = None
        if cursor is not None:
            start = {"pk": {"S": f"CASE#{case_id}"}, "sk": {"S": cursor}}
        found = models.AuditItem.query(
            f"CASE#{case_id}",
            scan_index_forward=False,
            limit=limit,
            page_size=limit,
            last_evaluated_key=start,
        )
        items = tuple(json.loads(item.event) for item in found)
        last = found.last_evaluated_key
        return Page(items=items, next_cursor=last["sk"]["S"] if last else None)

    def every_case_event(self, case_id: str) -> Iterator[Event]:
        """All events of a case, oldest first."""
        for item in models.AuditItem.query(f"CASE#{case_id}", consistent_read=True):
            yield json.loads(item.event)

    def events_of_day(self, day: date) -> list[Event]:
        """All events of a day (JST), in no order: its keys by the index, then the events."""
        keys = [(i.pk, i.sk) for i in models.AuditItem.by_day.query(day.isoformat())]
        return [json.loads(item.event) for item in models.AuditItem.batch_get(keys)]

    def commit(self, puts: Sequence[Put]) -> dict[str, dict[str, Any]]:
        """Runs one transaction; when it was cancelled, what stood in the way: name → old item.

        A conflict with another transaction in flight, or throttling, comes back as `busy`.
        """
        try:
            with TransactWrite(connection=self._connection) as transaction:
                for put in puts:
                    transaction.save(put.item, condition=put.condition(), return_values=ALL_OLD)
        except TransactWriteError as error:
            failed: dict[str, dict[str, Any]] = {}
            for put, reason in zip(puts, error.cancellation_reasons, strict=False):
                match reason and reason.code:
                    case None:
                        pass
                    case "ConditionalCheckFailed":
                        failed[put.name] = _plain(reason.raw_item if reason else None)
                    case (
                        "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
                    ):
                        failed["busy"] = {}
                    case _:
                        raise
            if not failed:
                raise
            return failed
        return {}

    def _attempt(
        self,
        folder_id: str,
        puts: list[Put],
        written: Written,
        request: Request | None,
        expected: Mapping[str, int],
    ) -> Saved | None:
        """One try of a save; None when it must be made again on what is there now."""
        first = written.records[0]
        if request is not None:
            puts = [*puts, Put("idempotency", _idempotency_item(request, folder_id, first))]
        failed = self.commit(puts)
        if not failed:
            return Saved(folder_id=folder_id, record_id=first.record_id, revision=first.revision)
        # A repeated request is answered before its If-Match is judged: its own first attempt
        # has made the revision that it names stale.
        if request is not None and (before := failed.get("idempotency")):
            return _replay(before, request)
        for record_id in expected:
            if current := failed.get(f"record:{record_id}"):
                raise StaleError(record_id, int(current["revision"]))
        return None

    def _beside(self, before: CaseFile | None, after: CaseFile) -> list[Put]:
        return [put for beside in self._besides for put in beside(before, after)]

    def _row_puts(self, case: CaseFile) -> list[Put]:
        """The list row of every agency of the case. Who is one cannot have changed since the case
        was read, since that too moves the chain on."""
        names = dict(case.agency_names)
        agencies = {m.agency_id for m in case.memberships}
        if not agencies <= names.keys():
            names |= {a.agency_id: a.name for a in self.agencies()}
        facts = dump(situation(case))
        intake = case.intake
        row = {
            "state": case.state,
            "updatedAt": to_iso(max(record.saved_at for record in case.records.values())),
            "receivingAgencyName": names.get(intake.data["receivingAgencyId"]),
            "formVersion": intake.version,
            "intake": listed(intake.data),
            "envelope": _envelope(intake),
            **_lead(case, names),
        }
        text = json.dumps(row, ensure_ascii=False)
        return [
            Put(
                f"member:{agency_id}",
                models.CaseMember(
                    case.key,
                    f"MEMBER#{agency_id}",
                    agency_key=f"CASES#{agency_id}",
                    list_key=f"{intake.data['receivedAt']}#{case.case_id}",
                    agency_id=agency_id,
                    agency_name=names[agency_id],
                    row=text,
                    situation=facts,
                ),
                ANY,
            )
            for agency_id in sorted(agencies)
        ]

    def _page(
        self,
        key: str,
        limit: int,
        cursor: str | None,
        start: tuple[str, str] | None,
        attributes: list[str] | None,
        *,
        between: Condition | None = None,
        forward: bool = False,
    ) -> tuple[list[models.Record], str | None]:
        """One page of the index byAgency, latest first, and the cursor of the next."""
        after = None
        if start is not None and cursor is not None:
            after = {
                "pk": {"S": start[0]},
                "sk": {"S": start[1]},
                "agencyKey": {"S": key},
                "listKey": {"S": cursor},
            }
        found = models.Record.by_agency.query(
            key,
            between,
            scan_index_forward=forward,
            limit=limit,
            page_size=limit,
            last_evaluated_key=after,
            # What is not brought is not built into objects, which is what a page costs.
            attributes_to_get=attributes,
        )
        items = list(found)
        last = found.last_evaluated_key
        return items, last["listKey"]["S"] if last else None


def folder_puts(folder: Folder, record: FormRecord, event: Event) -> tuple[Put, ...]:
    """What saving one more revision puts into a folder, to be part of another transaction."""
    return (
        *_record_puts(folder.key, (record,), {record.record_id: record.revision - 1}),
        Put(f"event:{folder.key}", event_item(folder.key, event)),
        Put(
            f"head:{folder.key}",
            _folder_head(folder.with_records(record), event),
            models.Head.chain_seq == folder.chain_seq,
        ),
    )


def _record_puts(key: str, records: Iterable[FormRecord], found: Mapping[str, int]) -> list[Put]:
    """Each record's new revision and its head, which must still be at the one before."""
    puts = []
    for record in records:
        head: Condition | str = NEW
        if record.revision > 1:
            head = models.RecordHead.revision == found[record.record_id]
        puts.append(Put(f"revision:{record.record_id}", _revision_item(key, record)))
        puts.append(
            Put(
                f"record:{record.record_id}",
                _record_item(models.RecordHead, key, record),
                head,
            )
        )
    return puts


def _back_off(attempt: int) -> None:
    """Waits 20 to 60 ms, doubling, at random so that two writers do not meet again."""
    time.sleep(random.uniform(0.02, 0.06) * 2**attempt)  # noqa: S311  # no secret


def _replay(first: Mapping[str, Any], request: Request) -> Saved:
    if first["requestSha256"] != request.sha256:
        raise KeyReusedError
    return Saved(
        folder_id=first["folderId"],
        record_id=first["recordId"],
        revision=int(first["revision"]),
        replayed=True,
    )


def _plain(raw: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    """Attribute name → value of an item in DynamoDB's own notation (strings and numbers)."""
    return {name: next(iter(value.values())) for name, value in (raw or {}).items()}


def _case_head(case: CaseFile, event: Event) -> models.Head:
    return models.Head(
        case.key,
        "HEAD",
        folder_id=case.case_id,
        state=case.state,
        created_at=to_iso(case.created_at),
        chain_seq=event["seq"],
        chain_hash=audit.event_hash(event),
        was_protected=case.was_protected,
    )


def _folder_head(folder: Folder, event: Event) -> models.Head:
    created_at = to_iso(folder.created_at)
    return models.Head(
        folder.key,
        "HEAD",
        agency_key=f"FOLDERS#{folder.kind}",
        list_key=folder.list_key,
        folder_id=folder.folder_id,
        created_at=created_at,
        chain_seq=event["seq"],
        chain_hash=audit.event_hash(event),
    )


def _lead(case: CaseFile, names: Mapping[str, str]) -> dict[str, Any]:
    """The 主担当機関 for a list row: the one that is in charge, or else that of the newest plan."""
    naming = [r for f in ("plan", "assignment") for r in case.of(f) if r.data.get("leadAgencyId")]
    if not naming:
        return {}
    record = naming[-1]
    agency_id = record.data["leadAgencyId"]
    return {
        "lead": {
            "form": record.form,
            "agencyId": agency_id,
            "agencyName": names.get(agency_id),
            "formVersion": record.version,
            "envelope": _envelope(record),
        }
    }


def _list_row(item: models.CaseMember) -> ListRow:
    row = json.loads(item.row)
    updated_at = from_iso(row["updatedAt"])
    lead = row.get("lead")
    return ListRow(
        case_id=item.pk.removeprefix("CASE#"),
        state=row["state"],
        updated_at=updated_at,
        receiving_agency_name=row["receivingAgencyName"],
        intake=_listed_record("intake", row, row["intake"], updated_at),
        lead=lead
        and _listed_record(lead["form"], lead, {"leadAgencyId": lead["agencyId"]}, updated_at),
        lead_agency_name=lead and lead["agencyName"],
        situation=item.situation,
    )


def _listed_record(
    form: str, kept: Mapping[str, Any], data: Mapping[str, Any], at: datetime
) -> FormRecord:
    """The part of a record that a list row holds, to be shown by the record's own rules."""
    return FormRecord(
        form=form,
        record_id=form,
        version=kept["formVersion"],
        revision=0,
        data=data,
        saved_at=at,
        staff_id="",
        staff_name="",
        agency_id="",
        agency_name="",
        **_from_envelope(kept["envelope"]),
    )


_S = TypeVar("_S", bound=models.RecordState)


def _record_item(model: type[_S], key: str, record: FormRecord) -> _S:
    return model(
        key,
        f"REC#{record.record_id}",
        form=record.form,
        record_id=record.record_id,
        form_version=record.version,
        revision=record.revision,
        data=data_text(record.data),
        envelope=data_text(_envelope(record)),
        saved_at=to_iso(record.saved_at),
        staff_id=record.staff_id,
        staff_name=record.staff_name,
        agency_id=record.agency_id,
        agency_name=record.agency_name,
    )


def _revision_item(key: str, record: FormRecord) -> models.Revision:
    item = _record_item(models.Revision, key, record)
    item.pk, item.sk = f"REV#{key}#{record.record_id}", f"{record.revision:08d}"
    item.changed = set(record.changed) or None
    return item


def _envelope(record: FormRecord) -> dict[str, Any]:
    confined = record.confined
    return {
        "about": {name: list(persons) for name, persons in record.about.items()},
        "contributors": sorted(record.contributors),
        "confined": confined and {"basis": confined.basis.value, "meetingId": confined.meeting_id},
        "sourceBasis": record.source_basis,
        "createdAt": to_iso(record.created_at),
    }


def _from_envelope(plain: Mapping[str, Any]) -> dict[str, Any]:
    confined = plain["confined"]
    return {
        "about": {name: tuple(persons) for name, persons in plain["about"].items()},
        "contributors": frozenset(plain["contributors"]),
        "confined": confined
        and Confinement(basis=Basis(confined["basis"]), meeting_id=confined["meetingId"]),
        "source_basis": plain["sourceBasis"],
        "created_at": from_iso(plain["createdAt"]),
    }


def data_text(data: Mapping[str, Any]) -> str:
    """A record as it is stored and hashed: canonical JSON text."""
    return audit.canonical(data).decode()


def written_entry(record: FormRecord) -> dict[str, Any]:
    """What the event of a write says of a record: its hash, and what it ends."""
    ends = ends_of(record)
    return {
        "form": record.form,
        "recordId": record.record_id,
        "revision": record.revision,
        "contentSha256": content_sha256(record),
        **({"ends": ends} if ends else {}),
    }


def content_sha256(record: FormRecord) -> str:
    """Hash of what a revision holds, for its event: the data and the envelope."""
    return stored_sha256(data_text(record.data), data_text(_envelope(record)))


def stored_sha256(data: str, envelope: str) -> str:
    """The same hash, from the texts as they are stored."""
    return audit.sha256_hex(f"{data}\n{envelope}".encode())


def _records(items: Iterable[models.Record]) -> dict[str, FormRecord]:
    return {i.record_id: _form_record(i) for i in items if isinstance(i, models.RecordHead)}


def _form_record(item: models.RecordState) -> FormRecord:
    return FormRecord(
        form=item.form,
        record_id=item.record_id,
        version=item.form_version,
        revision=int(item.revision),
        data=json.loads(item.data),
        saved_at=from_iso(item.saved_at),
        staff_id=item.staff_id,
        staff_name=item.staff_name,
        agency_id=item.agency_id,
        agency_name=item.agency_name,
        changed=tuple(sorted(getattr(item, "changed", None) or ())),
        **_from_envelope(json.loads(item.envelope)),
    )


def event_item(subject: str, event: Event) -> models.AuditItem:
    """The item of an event in the partition of its subject."""
    at = from_iso(event["at"])
    key = f"{event['at']}#{event['id']}"
    return models.AuditItem(
        subject,
        key,
        day=japanese_day(at).isoformat(),
        day_key=key,
        hash=audit.event_hash(event),
        event=audit.canonical(event).decode(),
    )


def _idempotency_key(request: Request) -> tuple[str, str]:
    return f"IDEM#{request.staff_id}#{request.key}", request.path


def _idempotency_item(request: Request, folder_id: str, record: FormRecord) -> models.Idempotency:
    expires = record.saved_at + timedelta(hours=_IDEMPOTENCY_HOURS)
    return models.Idempotency(
        *_idempotency_key(request),
        request_sha256=request.sha256,
        folder_id=folder_id,
        record_id=record.record_id,
        revision=record.revision,
        expires_at=int(expires.timestamp()),
    )


def _source_item(case_id: str, source: Source) -> models.SourceRef:
    return models.SourceRef(
        f"SOURCE#{source.agency_id}#{source.system}#{source.id}",
        "SOURCE",
        case_id=case_id,
        content_sha256=source.content_sha256,
    )


def _agency(entry: models.AgencyEntry) -> Agency:
    contract = None
    if entry.contract_from is not None:
        contract = Period(
            first=date.fromisoformat(entry.contract_from),
            last=date.fromisoformat(entry.contract_to) if entry.contract_to else None,
        )
    return Agency(
        agency_id=entry.agency_id,
        name=entry.name,
        kind=entry.kind,
        member_kind=MemberKind(entry.member_kind) if entry.member_kind else None,
        contract=contract,
        last=date.fromisoformat(entry.valid_to) if entry.valid_to else None,
        revision=int(entry.revision or 0),
    )


def _staff(item: models.StaffEntry) -> StaffMember:
    return StaffMember(
        actor=Actor(
            staff_id=item.staff_id,
            display_name=item.display_name,
            role=Role(item.role),
            agency_id=item.agency_id,
            agency_name=item.agency_name,
            valid_from=date.fromisoformat(item.valid_from),
            valid_to=date.fromisoformat(item.valid_to) if item.valid_to else None,
        ),
        login_id=item.login_id,
        sub=item.pk.removeprefix("STAFF#"),
        sessions_from=int(item.sessions_from or 0),
        revision=int(item.revision or 0),
        last_sign_in=date.fromisoformat(item.last_sign_in) if item.last_sign_in else None,
        confirmed_on=date.fromisoformat(item.confirmed_on) if item.confirmed_on else None,
    )
