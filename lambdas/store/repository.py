"""The tenant's store: every call to DynamoDB that concerns cases, registers and the audit trail.

A write is one transaction: new revision, form head and case head under their conditions, the
members' list rows, the audit event, the idempotency record (Ruling 4 and 5). Nothing changes
without its event.
"""

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
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
from lambdas.casework.access import Actor, MemberKind, Membership, Role
from lambdas.casework.clock import from_iso, japanese_day, to_iso
from lambdas.casework.records import (
    Agency,
    CaseFile,
    CaseMember,
    FormRecord,
    ListRow,
    Source,
    StaffMember,
    listed,
)
from lambdas.store import models

Event = Mapping[str, Any]

_TRIES = 4
_REVISION_MARKS = [
    *("pk", "cls", "form", "formVersion", "revision", "savedAt"),
    *("staffId", "staffName", "agencyName", "changed"),
]
_LISTED = ["pk", "cls", "agencyId", "kind", "validFrom", "validTo", "row"]
_IDEMPOTENCY_HOURS = 24


class StoreBusyError(Exception):
    """Others wrote to the same case again and again; the caller may try once more."""


class StaleError(Exception):
    """The form has changed since the caller read it."""

    def __init__(self, current_revision: int) -> None:
        super().__init__(current_revision)
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

    case_id: str
    revision: int
    replayed: bool = False


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list and where the next one starts."""

    items: tuple[T, ...]
    next_cursor: str | None


class Repository:
    """One tenant's records and audit trail."""

    def __init__(self, *, region: str) -> None:
        self._connection = Connection(region=region)

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
            Agency(
                agency_id=entry.agency_id,
                name=entry.name,
                kind=entry.kind,
                member_kind=MemberKind(entry.member_kind) if entry.member_kind else None,
            )
            for entry in models.AgencyEntry.query("AGENCIES", consistent_read=True)
        )

    # Cases

    def open_case(self, case_id: str) -> CaseFile | None:
        """A case with its members and the current state of its forms: one consistent Query."""
        items = list(models.Record.query(f"CASE#{case_id}", consistent_read=True))
        head = next((i for i in items if isinstance(i, models.CaseHead)), None)
        if head is None:
            return None
        return CaseFile(
            case_id=case_id,
            state=head.state,
            consent_version=head.consent_version,
            created_at=from_iso(head.created_at),
            chain_seq=int(head.chain_seq),
            chain_hash=head.chain_hash,
            was_protected=bool(head.was_protected),
            members=tuple(_member(i) for i in items if isinstance(i, models.CaseMember)),
            forms={i.form: _form_record(i) for i in items if isinstance(i, models.FormHead)},
        )

    def list_cases(self, *, agency_id: str, limit: int, cursor: str | None) -> Page[ListRow]:
        """An agency's cases, latest receipt first: one Query of its own index."""
        key = f"CASES#{agency_id}"
        start = None
        if cursor is not None:
            case_id = cursor.partition("#")[2]
            start = {
                "pk": {"S": f"CASE#{case_id}"},
                "sk": {"S": f"MEMBER#{agency_id}"},
                "agencyKey": {"S": key},
                "listKey": {"S": cursor},
            }
        found = models.Record.by_agency.query(
            key,
            scan_index_forward=False,
            limit=limit,
            page_size=limit,
            last_evaluated_key=start,
            # What is not brought is not built into objects, which is what a page costs.
            attributes_to_get=_LISTED,
        )
        items = tuple(_list_row(i) for i in found if isinstance(i, models.CaseMember))
        last = found.last_evaluated_key
        return Page(items=items, next_cursor=last["listKey"]["S"] if last else None)

    def create_case(
        self, case: CaseFile, *, event: Event, source: Source | None, request: Request
    ) -> Saved:
        """Puts a new case with its first intake revision.

        Raises KeyReusedError, CaseIdTakenError, AlreadyImportedError, StoreBusyError.
        """
        intake = case.forms["intake"]
        puts = [
            _Put("idempotency", _idempotency_item(request, case.case_id, intake)),
            _Put("case", _case_head(case, event)),
            *(_Put("member", _member_item(case, member)) for member in case.members),
            _Put("form", _form_item(models.FormHead, case.case_id, intake)),
            _Put("revision", _revision_item(case.case_id, intake)),
            _Put("event", _event_item(f"CASE#{case.case_id}", event)),
        ]
        if source is not None:
            puts.append(_Put("source", _source_item(case.case_id, source)))
        for attempt in range(_TRIES):
            failed = self._commit(puts)
            if not failed:
                return Saved(case_id=case.case_id, revision=1)
            if first := failed.get("idempotency"):
                return _replay(first, request)
            if source is not None and (imported := failed.get("source")):
                same = imported["contentSha256"] == source.content_sha256
                raise AlreadyImportedError(imported["caseId"], same_content=same)
            if "case" in failed:
                raise CaseIdTakenError
            _back_off(attempt)
        raise StoreBusyError

    def save_form(
        self,
        case: CaseFile,
        *,
        expected_revision: int,
        make: Callable[[CaseFile], tuple[FormRecord, Event]],
        request: Request | None,
    ) -> Saved:
        """Puts the next revision of a form, if `expected_revision` is still its current one.

        `make` builds the revision and its chained event on the case as just read; it is called
        again when something else of the case was saved in between.
        Raises StaleError, KeyReusedError, StoreBusyError.
        """
        for attempt in range(_TRIES):
            record, event = make(case)
            after = case.with_form(record)
            puts = [
                _Put("revision", _revision_item(case.case_id, record)),
                _Put("event", _event_item(f"CASE#{case.case_id}", event)),
                _Put(
                    "form",
                    _form_item(models.FormHead, case.case_id, record),
                    models.FormHead.revision == expected_revision,
                ),
                _Put(
                    "case",
                    _case_head(after, event),
                    models.CaseHead.chain_seq == case.chain_seq,
                ),
                # The members' rows follow the form; who is a member cannot have changed, since
                # that too moves the chain on.
                *(_Put("member", _member_item(after, m), _ANY) for m in case.members),
            ]
            if request is not None:
                puts.append(_Put("idempotency", _idempotency_item(request, case.case_id, record)))
            failed = self._commit(puts)
            if not failed:
                return Saved(case_id=case.case_id, revision=record.revision)
            # A repeated request is answered before its If-Match is judged: its own first attempt
            # has made the revision that it names stale.
            if request is not None and (first := failed.get("idempotency")):
                return _replay(first, request)
            if current := failed.get("form"):
                raise StaleError(int(current["revision"]))
            _back_off(attempt)
            reopened = self.open_case(case.case_id)
            if reopened is None:
                break
            case = reopened
        raise StoreBusyError

    def revisions(self, case_id: str, form: str) -> tuple[FormRecord, ...]:
        """Every revision of a form, newest first, without its data."""
        found = models.Revision.query(
            f"REV#{case_id}#{form}",
            scan_index_forward=False,
            consistent_read=True,
            attributes_to_get=_REVISION_MARKS,
        )
        return tuple(_form_record(item) for item in found)

    def revision(self, case_id: str, form: str, number: int) -> FormRecord | None:
        """One revision of a form."""
        try:
            item = models.Revision.get(f"REV#{case_id}#{form}", f"{number:08d}")
        except models.Revision.DoesNotExist:
            return None
        return _form_record(item)

    # Audit trail

    def record_event(self, *, subject: str, event: Event) -> None:
        """Puts an unchained event (a read, a refusal, a sign-in) before its answer leaves.

        `subject` is the partition: `CASE#<id>`, `STAFF#<id>`, `LIST`, `SIGN-IN`.
        """
        _event_item(subject, event).save(condition=models.AuditItem.pk.does_not_exist())

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

    def _commit(self, puts: Sequence["_Put"]) -> dict[str, dict[str, Any]]:
        """Runs the transaction; when it was cancelled, what stood in the way: name → old item.

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


_NEW = "new"
_ANY = "any"


@dataclass(frozen=True)
class _Put:
    """One put of a transaction, with the name by which its refusal is told."""

    name: str
    item: Model
    when: Condition | str = _NEW

    def condition(self) -> Condition | None:
        if isinstance(self.when, Condition):
            return self.when
        # Both tables' partition key is `pk`; DynamoDB judges the condition on the whole key.
        return models.Record.pk.does_not_exist() if self.when == _NEW else None


def _back_off(attempt: int) -> None:
    """Waits 20 to 60 ms, doubling, at random so that two writers do not meet again."""
    time.sleep(random.uniform(0.02, 0.06) * 2**attempt)  # noqa: S311  # no secret


def _replay(first: Mapping[str, Any], request: Request) -> Saved:
    if first["requestSha256"] != request.sha256:
        raise KeyReusedError
    return Saved(case_id=first["caseId"], revision=int(first["revision"]), replayed=True)


def _plain(raw: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    """Attribute name → value of an item in DynamoDB's own notation (strings and numbers)."""
    return {name: next(iter(value.values())) for name, value in (raw or {}).items()}


def _case_head(case: CaseFile, event: Event) -> models.CaseHead:
    return models.CaseHead(
        f"CASE#{case.case_id}",
        "HEAD",
        case_id=case.case_id,
        state=case.state,
        consent_version=case.forms["intake"].data["consentVersion"],
        created_at=to_iso(case.created_at),
        chain_seq=event["seq"],
        chain_hash=audit.event_hash(event),
        was_protected=case.was_protected,
    )


def _member_item(case: CaseFile, member: CaseMember) -> models.CaseMember:
    intake = case.forms["intake"]
    membership = member.membership
    row = {
        "state": case.state,
        "updatedAt": to_iso(max(form.saved_at for form in case.forms.values())),
        "receivingAgencyName": case.receiving_agency_name,
        "intake": listed(intake.data),
    }
    return models.CaseMember(
        f"CASE#{case.case_id}",
        f"MEMBER#{membership.agency_id}",
        agency_key=f"CASES#{membership.agency_id}",
        list_key=f"{intake.data['receivedAt']}#{case.case_id}",
        agency_id=membership.agency_id,
        agency_name=member.agency_name,
        kind=membership.kind.value,
        valid_from=membership.valid_from.isoformat(),
        valid_to=membership.valid_to.isoformat() if membership.valid_to else None,
        row=json.dumps(row, ensure_ascii=False),
    )


def _membership(item: models.CaseMember) -> Membership:
    return Membership(
        agency_id=item.agency_id,
        kind=MemberKind(item.kind),
        valid_from=date.fromisoformat(item.valid_from),
        valid_to=date.fromisoformat(item.valid_to) if item.valid_to else None,
    )


def _list_row(item: models.CaseMember) -> ListRow:
    row = json.loads(item.row)
    return ListRow(
        case_id=item.pk.removeprefix("CASE#"),
        state=row["state"],
        updated_at=from_iso(row["updatedAt"]),
        receiving_agency_name=row["receivingAgencyName"],
        intake=row["intake"],
        membership=_membership(item),
    )


_F = TypeVar("_F", bound=models.FormState)


def _form_item(model: type[_F], case_id: str, record: FormRecord) -> _F:
    return model(
        f"CASE#{case_id}",
        f"FORM#{record.form}",
        form=record.form,
        form_version=record.version,
        revision=record.revision,
        data=data_text(record.data),
        saved_at=to_iso(record.saved_at),
        staff_id=record.staff_id,
        staff_name=record.staff_name,
        agency_name=record.agency_name,
    )


def _revision_item(case_id: str, record: FormRecord) -> models.Revision:
    item = _form_item(models.Revision, case_id, record)
    item.pk, item.sk = f"REV#{case_id}#{record.form}", f"{record.revision:08d}"
    item.changed = set(record.changed) or None
    return item


def data_text(data: Mapping[str, Any]) -> str:
    """A record as it is stored and hashed: canonical JSON text."""
    return audit.canonical(data).decode()


def _form_record(item: models.FormState) -> FormRecord:
    changed = getattr(item, "changed", None) or ()
    return FormRecord(
        form=item.form,
        version=item.form_version,
        revision=int(item.revision),
        data=json.loads(item.data) if item.data is not None else {},
        saved_at=from_iso(item.saved_at),
        staff_id=item.staff_id,
        staff_name=item.staff_name,
        agency_name=item.agency_name,
        changed=tuple(sorted(changed)),
    )


def _event_item(subject: str, event: Event) -> models.AuditItem:
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


def _idempotency_item(request: Request, case_id: str, record: FormRecord) -> models.Idempotency:
    expires = record.saved_at + timedelta(hours=_IDEMPOTENCY_HOURS)
    return models.Idempotency(
        f"IDEM#{request.staff_id}#{request.key}",
        request.path,
        request_sha256=request.sha256,
        case_id=case_id,
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


def _member(item: models.CaseMember) -> CaseMember:
    return CaseMember(membership=_membership(item), agency_name=item.agency_name)


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
    )
