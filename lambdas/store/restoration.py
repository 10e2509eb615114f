"""A restored tenant made fit to be opened again: the models are bound to the restored tables.

The records stand at an earlier moment, the trail at its end. For every folder whose trail goes on
after its head, one event is added that names what was lost (so that the verification still covers
every byte) and puts back what must not be undone; cases that were disposed of since are erased
again, periods of staff and contracts end as they had ended. Done twice it does nothing more.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lambdas.casework.audit import event_hash
from lambdas.casework.clock import japanese_day, to_iso
from lambdas.casework.records import CaseFile, Folder, FormRecord
from lambdas.casework.restoration import replayed
from lambdas.store import erasure, models
from lambdas.store.repository import Event, Repository, written_entry

# An event bears the time at which its request began; what it wrote came up to 29 seconds later.
_OVERLAP = timedelta(seconds=60)


class RestorationError(Exception):
    """The trail does not lead from the restored state to its end; the text names the folder."""


@dataclass
class Report:
    """What was done, in numbers; `to_enter`: case → forms that people must enter again; `events`:
    writes that are lost."""

    disposals: int = 0
    withdrawals: int = 0
    memberships: int = 0
    other_ends: int = 0
    staff: int = 0
    contracts: int = 0
    lost_folders: int = 0
    folders: int = 0
    events: int = 0
    to_enter: dict[str, list[str]] = field(default_factory=dict)


def replay(
    *,
    repository: Repository,
    region: str,
    files: erasure.CaseFiles,
    restored_to: datetime,
    ordered_by: str,
    now: datetime,
) -> Report:
    """Raises RestorationError, StoreBusyError."""
    report = Report()
    events = _events_since(repository, restored_to - _OVERLAP, now)
    chains: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if "seq" in event:
            chains[event["subject"]].append(event)
    for subject in sorted(chains):
        chain = sorted(chains[subject], key=lambda e: int(e["seq"]))
        _replay_folder(
            subject, chain, repository, region, files, restored_to, ordered_by, now, report
        )
    _replay_registers(repository, events, now, report)
    return report


def _events_since(repository: Repository, first: datetime, now: datetime) -> list[Event]:
    day, last = japanese_day(first), japanese_day(now)
    found: list[Event] = []
    while day <= last:
        found += [e for e in repository.events_of_day(day) if e["at"] >= to_iso(first)]
        day += timedelta(days=1)
    return sorted(found, key=lambda e: (e["at"], e["id"]))


def _replay_folder(
    subject: str,
    chain: list[Event],
    repository: Repository,
    region: str,
    files: erasure.CaseFiles,
    restored_to: datetime,
    ordered_by: str,
    now: datetime,
    report: Report,
) -> None:
    kind, _, folder_id = subject.partition("#")
    last = chain[-1]
    folder: CaseFile | Folder | None
    if kind == "CASE":
        folder = repository.open_case(folder_id)
    else:
        folder = repository.open_folder(kind, folder_id)
    disposed = any(e["action"] == "dispose-case" for e in chain)
    if folder is None:
        if disposed and erasure.finish(folder_id, files=files) is not None:
            report.disposals += 1
            return
        _keep_end(subject, last, restored_to)
        report.lost_folders += 1
        return
    lost = [e for e in chain if e["seq"] > folder.chain_seq]
    if not lost:
        return
    if lost[0]["seq"] != folder.chain_seq + 1 or lost[0]["prev"] != folder.chain_hash:
        raise RestorationError(kind if kind != "CASE" else folder_id)
    report.events += len(lost)
    if disposed and isinstance(folder, CaseFile):
        erasure.begin_again(folder, event=last, region=region)
        erasure.finish(folder_id, files=files)
        report.disposals += 1
        return
    records: tuple[FormRecord, ...] = ()
    if isinstance(folder, CaseFile):
        again = replayed(folder, lost, now)
        records = again.records
        if again.to_enter:
            report.to_enter[folder_id] = list(again.to_enter)
    repository.bring_back(
        folder,
        records,
        event=_restored(subject, folder, last, lost, records, restored_to, ordered_by, now),
    )
    report.folders += 1
    counts = [r.form for r in records]
    report.withdrawals += counts.count("consent-withdrawal")
    report.memberships += counts.count("members")
    report.other_ends += sum(f not in ("consent-withdrawal", "members") for f in counts)


def _restored(
    subject: str,
    folder: CaseFile | Folder,
    last: Event,
    lost: list[Event],
    records: tuple[FormRecord, ...],
    restored_to: datetime,
    ordered_by: str,
    now: datetime,
) -> dict[str, Any]:
    """The event by which the chain goes on: after the trail's last link, with all that was lost."""
    return {
        "id": uuid.uuid4().hex,
        "at": to_iso(now),
        "action": "restore-records",
        "actor": {
            "staffId": "",
            "name": ordered_by[:100],
            "agencyId": "",
            "agencyName": "",
            "role": "",
        },
        "basis": None,
        "result": "done",
        "case": folder.case_id if isinstance(folder, CaseFile) else None,
        "record": None,
        "classes": [],
        "subject": subject,
        "seq": int(last["seq"]) + 1,
        "prev": event_hash(last),
        "restoredTo": to_iso(restored_to),
        "lost": [
            {name: written[name] for name in ("recordId", "revision", "contentSha256")}
            for event in lost
            for written in _still_standing(event, lost)
        ],
        "written": [written_entry(record) for record in records],
    }


def _still_standing(event: Event, lost: list[Event]) -> list[Mapping[str, Any]]:
    """What an earlier restoration has named as lost already is not lost twice."""
    gone = {
        (g["recordId"], g["revision"], g["contentSha256"])
        for later in lost
        if later["seq"] > event["seq"]
        for g in later.get("lost", ())
    }
    return [
        w
        for w in event["written"]
        if (w["recordId"], w["revision"], w["contentSha256"]) not in gone
    ]


def _keep_end(subject: str, last: Event, restored_to: datetime) -> None:
    models.Lost(
        f"LOST#{subject}",
        "LOST",
        chain_seq=last["seq"],
        chain_hash=event_hash(last),
        restored_to=to_iso(restored_to),
    ).save()


def _replay_registers(
    repository: Repository, events: list[Event], now: datetime, report: Report
) -> None:
    """Roles, agencies and periods of staff, and contracts, as they were last set; everybody signs
    in anew, since sessions that were ended came back too."""
    agencies = {a.agency_id: a for a in repository.agencies()}
    people = {
        item.staff_id: item
        for item in models.Record.by_agency.query("STAFF")
        if isinstance(item, models.StaffEntry)
    }
    changed = set()
    for event in events:
        if event["action"] == "change-staff" and (entry := people.get(event["staffId"])):
            _change_staff(entry, event["changed"], agencies)
            changed.add(entry.staff_id)
        if event["action"] == "set-contract" and event["agencyId"] in agencies:
            _set_contract(event)
            report.contracts += 1
    for entry in people.values():
        entry.sessions_from = int(now.timestamp())
        entry.save()
    report.staff += len(changed)


def _change_staff(
    entry: models.StaffEntry, changed: Mapping[str, Any], agencies: Mapping[str, Any]
) -> None:
    if "role" in changed:
        entry.role = changed["role"][1]
    if "validTo" in changed:
        entry.valid_to = changed["validTo"][1]
    if "agencyId" in changed:
        agency_id = changed["agencyId"][1]
        entry.agency_id = agency_id
        known = agencies.get(agency_id)
        # An agency that was entered since is lost: who belongs to none sees nothing.
        entry.agency_name = known.name if known else ""


def _set_contract(event: Event) -> None:
    entry = models.AgencyEntry.get("AGENCIES", event["agencyId"], consistent_read=True)
    contract = dict(event["contract"])
    entry.contract_from, entry.contract_to = contract["from"], contract["to"]
    entry.save()
