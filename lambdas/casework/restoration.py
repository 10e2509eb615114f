"""What must not come back when a tenant is taken back in time (DOMAIN L1, L7, L10, L20).

Records go back to a moment; the audit trail never does. Events hold no content, but those of a
write that ends something name what it ended (`ends_of`: ids, days and codes). From the events later
than the moment, `replayed` makes the records that end it again. Where an event does not say enough,
because an earlier version of the program wrote it, more is ended rather than less.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from lambdas.casework import forms
from lambdas.casework.access import MemberKind
from lambdas.casework.clock import from_iso, japanese_day
from lambdas.casework.records import CLOSED_STATES, CaseFile, FormRecord, protects

Event = Mapping[str, Any]

# What a restored record says of itself, where its form asks for a text.
_REASON = "データを過去の時点に戻したため、監査の記録から戻しました。"
_BY = "監査の記録"
# Of these forms nothing is left to enter; what else was lost, only people can enter again.
MADE_AGAIN = frozenset({"consent-withdrawal", "grant-revocation", "conflict-of-interest"})


def ends_of(record: FormRecord) -> dict[str, Any] | None:
    """What a saved record ends, for its event; None for a form that ends nothing."""
    data = record.data
    match record.form:
        case "consent-withdrawal":
            return {"consent": data["consentId"]}
        case "grant-revocation":
            return {"grant": data["grantId"]}
        case "conflict-of-interest":
            return {"staff": data["staffId"], "declaredBy": data["declaredBy"]}
        case "conflict-end":
            return {"conflict": data["conflictId"]}
        case "sealed-holders":
            return {"holders": list(data["staffIds"])}
        case "members":
            rows = [[r["agencyId"], r["kind"], r["from"], r.get("to")] for r in data["members"]]
            return {"members": rows}
        case "transition" if data["to"] in CLOSED_STATES:
            return {"to": data["to"], "date": data["date"]}
        case "household" | "intake" if protects(record.form, data):
            return {"protects": True}
    return None


@dataclass
class _Lost:
    """The lost writes of a case, form by form, oldest first."""

    entries: dict[str, list[tuple[Event, Mapping[str, Any]]]] = field(default_factory=dict)

    def of(self, form: str) -> list[tuple[Event, Mapping[str, Any]]]:
        return self.entries.get(form, [])


def replayed(case: CaseFile, lost: Sequence[Event], now: datetime) -> tuple[FormRecord, ...]:
    """`case` as it was at the moment, `lost` the chained events later than that, in order."""
    writes = _Lost()
    for event in lost:
        for written in event["written"]:
            writes.entries.setdefault(written["form"], []).append((event, written))
    return (
        *_withdrawals(case, writes),
        *_revocations(case, writes),
        *_conflicts(writes),
        *_changed_once(case, now, "members", _members(case, writes)),
        *_changed_once(case, now, "sealed-holders", _holders(case, writes)),
        *_changed_once(case, now, "household", _protected(case, writes)),
        *_closing(case, writes),
    )


def _withdrawals(case: CaseFile, writes: _Lost) -> Iterator[FormRecord]:
    ended = {r.data["consentId"] for r in case.of("consent-withdrawal")}
    for event, written in writes.of("consent-withdrawal"):
        for consent in _named(case, written, "consent"):
            if consent.record_id in ended:
                continue
            ended.add(consent.record_id)
            on = max(_day(event).isoformat(), str(consent.data.get("date", "")))
            data = {
                "consentId": consent.record_id,
                "date": on,
                "receivedBy": _who(event)["staff_name"] or _BY,
                "reason": _REASON,
            }
            yield _again("consent-withdrawal", event, written, data, consent)


def _revocations(case: CaseFile, writes: _Lost) -> Iterator[FormRecord]:
    ended = {r.data["grantId"] for r in case.of("grant-revocation")}
    for event, written in writes.of("grant-revocation"):
        for grant in _named(case, written, "grant", form="sharing-grant"):
            if grant.record_id in ended:
                continue
            ended.add(grant.record_id)
            data = {
                "grantId": grant.record_id,
                "date": _day(event).isoformat(),
                "reason": _REASON,
            }
            yield _again("grant-revocation", event, written, data, grant)


def _conflicts(writes: _Lost) -> Iterator[FormRecord]:
    """Who must not see the case stays shut out, unless that was ended again."""
    over = {w["ends"]["conflict"] for _, w in writes.of("conflict-end") if "ends" in w}
    for event, written in writes.of("conflict-of-interest"):
        ends = written.get("ends")
        # Who wrote it was shut out in most cases: the person themselves declares it.
        staff_id = ends["staff"] if ends else _who(event)["staff_id"]
        if written["recordId"] in over or not staff_id:
            continue
        data = {
            "staffId": staff_id,
            "declaredBy": ends["declaredBy"] if ends else "self",
            "reason": _REASON,
            "date": _day(event).isoformat(),
        }
        yield _again("conflict-of-interest", event, written, data, None)


def _members(case: CaseFile, writes: _Lost) -> Mapping[str, Any] | None:
    """No agency stays longer than the last lost list says. A list that does not say who is in it
    leaves the municipality alone."""
    entries = writes.of("members")
    if not entries:
        return None
    event, written = entries[-1]
    latest = written["ends"]["members"] if "ends" in written else None
    day_before = _day(event) - timedelta(days=1)
    before = case.records["members"].data
    rows = []
    for row in before["members"]:
        end = row.get("to")
        if latest is not None:
            same = [r[3] for r in latest if r[:2] == [row["agencyId"], row["kind"]]]
            limit = _latest(same) if same else day_before.isoformat()
        elif row["kind"] == MemberKind.MUNICIPALITY.value:
            limit = None
        else:
            limit = day_before.isoformat()
        if limit is not None and (end is None or end > limit):
            # Before its first day where it had come and gone: such a period holds no day.
            end = limit
        rows.append({**row, "to": end} if end is not None else dict(row))
    return None if rows == before["members"] else {**before, "members": rows}


def _latest(ends: Iterable[str | None]) -> str | None:
    """The last of the days; None where one of them is open."""
    days = list(ends)
    return None if None in days else max(day for day in days if day is not None)


def _holders(case: CaseFile, writes: _Lost) -> Mapping[str, Any] | None:
    """Nobody holds the sealed compartment who had been taken off since."""
    entries, record = writes.of("sealed-holders"), case.records.get("sealed-holders")
    if not entries or record is None:
        return None
    _, written = entries[-1]
    left = set(written["ends"]["holders"]) if "ends" in written else set()
    kept = [s for s in record.data["staffIds"] if s in left]
    return None if kept == list(record.data["staffIds"]) else {**record.data, "staffIds": kept}


def _protected(case: CaseFile, writes: _Lost) -> Mapping[str, Any] | None:
    """An address that had to be kept secret since: whose, only the lost record knew, so that the
    whole household's is until somebody has looked."""
    entries = [*writes.of("household"), *writes.of("intake")]
    said = any("protects" in written.get("ends", {}) for _, written in entries)
    if not said or case.protected_persons:
        return None
    before = case.records["household"].data
    return {**before, "persons": [{**p, "protection": "yes"} for p in before["persons"]]}


def _closing(case: CaseFile, writes: _Lost) -> Iterator[FormRecord]:
    """A closing ends every consent without an end (L7): the last one is made again, and who goes
    on with the case opens it again."""
    closings = [(e, w) for e, w in writes.of("transition") if "to" in w.get("ends", {})]
    if not closings:
        return
    event, written = closings[-1]
    data = {
        "from": case.state,
        "to": written["ends"]["to"],
        "date": written["ends"]["date"],
        "reason": _REASON,
    }
    yield _again("transition", event, written, data, None)


def _named(
    case: CaseFile, written: Mapping[str, Any], what: str, form: str | None = None
) -> list[FormRecord]:
    """The record that an event says was ended, if the case has it; all of them where it does not
    say."""
    candidates = case.of(form or what)
    if "ends" not in written:
        return list(candidates)
    return [r for r in candidates if r.record_id == written["ends"][what]]


def _again(
    form: str,
    event: Event,
    written: Mapping[str, Any],
    data: Mapping[str, Any],
    about: FormRecord | None,
) -> FormRecord:
    """A record under its lost id, by whoever had written it and at that time: what had lapsed with
    it lapses again. One that stands for several gets an id made from both."""
    record_id = str(written["recordId"])
    if "ends" not in written and about is not None:
        both = hashlib.sha256(f"{record_id} {about.record_id}".encode()).hexdigest()
        record_id = f"r-{both[:12]}"
    at = from_iso(event["at"])
    who = _who(event)
    return FormRecord(
        form=form,
        record_id=record_id,
        version=forms.form_versions(form)[-1],
        revision=1,
        data=data,
        created_at=at,
        saved_at=at,
        about=dict(about.about) if about else {"": ()},
        contributors=frozenset({who["agency_id"]} if who["agency_id"] else ()),
        confined=about.confined if about else None,
        changed=forms.changed_pointers({}, data),
        **who,
    )


def _changed_once(
    case: CaseFile, now: datetime, record_id: str, data: Mapping[str, Any] | None
) -> Iterator[FormRecord]:
    """The next revision of a record that stays, if its data change."""
    if data is None:
        return
    record = case.records[record_id]
    yield replace(
        record,
        revision=record.revision + 1,
        data=data,
        saved_at=now,
        staff_id="",
        staff_name=_BY,
        agency_id="",
        agency_name="",
        changed=forms.changed_pointers(record.data, data),
    )


def _who(event: Event) -> dict[str, str]:
    actor = event.get("actor") or {}
    return {
        "staff_id": str(actor.get("staffId", "")),
        "staff_name": str(actor.get("name", "")),
        "agency_id": str(actor.get("agencyId", "")),
        "agency_name": str(actor.get("agencyName", "")),
    }


def _day(event: Event) -> date:
    return japanese_day(from_iso(event["at"]))
