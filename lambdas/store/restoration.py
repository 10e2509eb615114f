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
from lambdas.casework.restoration import MADE_AGAIN, replayed
from lambdas.store import erasure, models
from lambdas.store.repository import Event, Repository, written_entry

# An event bears the time at which its request began; what it wrote came up to 29 seconds later.
_OVERLAP = timedelta(seconds=60)
ACTION = "restore-records"


class RestorationError(Exception):
    """The trail does not lead from the restored state to its end; the text names the folder."""


@dataclass
class Report:
    """What was done, in numbers, by this try and by those before it that were cut off; `to_enter`:
    case → forms that people must enter again; `writes`: revisions that are lost."""

    disposals: int = 0
    withdrawals: int = 0
    memberships: int = 0
    other_ends: int = 0
    staff: int = 0
    contracts: int = 0
    lost_folders: int = 0
    folders: int = 0
    writes: int = 0
    to_enter: dict[str, list[str]] = field(default_factory=dict)


def replay(
    *,
    repository: Repository,
    region: str,
    files: erasure.CaseFiles,
    restored_to: datetime,
    restore_id: str,
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
        if event["action"] == ACTION and event["restoreId"] == restore_id:
            _count(report, event)
    this = _This(
        repository=repository,
        region=region,
        files=files,
        restored_to=restored_to,
        restore_id=restore_id,
        ordered_by=ordered_by,
        now=now,
        report=report,
    )
    for subject in sorted(chains):
        this.replay_folder(subject, sorted(chains[subject], key=lambda e: int(e["seq"])))
    _replay_registers(repository, events, now, report)
    return report


def _events_since(repository: Repository, first: datetime, now: datetime) -> list[Event]:
    day, last = japanese_day(first), japanese_day(now)
    found: list[Event] = []
    while day <= last:
        found += [e for e in repository.events_of_day(day) if e["at"] >= to_iso(first)]
        day += timedelta(days=1)
    return sorted(found, key=lambda e: (e["at"], e["id"]))


@dataclass(frozen=True, kw_only=True)
class _This:
    """One restoration, and what it works on."""

    repository: Repository
    region: str
    files: erasure.CaseFiles
    restored_to: datetime
    restore_id: str
    ordered_by: str
    now: datetime
    report: Report

    def replay_folder(self, subject: str, chain: list[Event]) -> None:
        """`chain`: its events since the moment, in order. Raises RestorationError."""
        kind, _, folder_id = subject.partition("#")
        last = chain[-1]
        folder: CaseFile | Folder | None
        if kind == "CASE":
            folder = self.repository.open_case(folder_id)
        else:
            folder = self.repository.open_folder(kind, folder_id)
        disposed = any(e["action"] == "dispose-case" for e in chain)
        if folder is None:
            if disposed and erasure.finish(folder_id, files=self.files) is not None:
                self.report.disposals += 1
                return
            _keep_end(subject, last, self.restored_to)
            self.report.lost_folders += 1
            return
        lost = [e for e in chain if e["seq"] > folder.chain_seq]
        if not lost:
            return
        if lost[0]["seq"] != folder.chain_seq + 1 or lost[0]["prev"] != folder.chain_hash:
            raise RestorationError(kind if kind != "CASE" else folder_id)
        if disposed and isinstance(folder, CaseFile):
            erasure.begin_again(folder, event=last, region=self.region)
            erasure.finish(folder_id, files=self.files)
            self.report.disposals += 1
            return
        records: tuple[FormRecord, ...] = ()
        if isinstance(folder, CaseFile):
            records = replayed(folder, lost, self.now)
        event = self._event(subject, folder, lost, records)
        self.repository.bring_back(folder, records, event=event)
        _count(self.report, event)

    def _event(
        self,
        subject: str,
        folder: CaseFile | Folder,
        lost: list[Event],
        records: tuple[FormRecord, ...],
    ) -> dict[str, Any]:
        """The event by which the chain goes on: after the trail's last link, with all that was
        lost."""
        return {
            "id": uuid.uuid4().hex,
            "at": to_iso(self.now),
            "action": ACTION,
            "actor": {
                "staffId": "",
                "name": self.ordered_by[:100],
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
            "seq": int(lost[-1]["seq"]) + 1,
            "prev": event_hash(lost[-1]),
            "restoreId": self.restore_id,
            "restoredTo": to_iso(self.restored_to),
            "lost": [
                {name: written[name] for name in ("form", "recordId", "revision", "contentSha256")}
                for event in lost
                for written in _still_standing(event, lost)
            ],
            "written": [written_entry(record) for record in records],
        }


def _count(report: Report, event: Event) -> None:
    """What one folder's event of a restoration says that was done."""
    report.folders += 1
    report.writes += len(event["lost"])
    made = [written["form"] for written in event["written"]]
    report.withdrawals += made.count("consent-withdrawal")
    report.memberships += made.count("members")
    report.other_ends += sum(f not in ("consent-withdrawal", "members") for f in made)
    to_enter = sorted({g["form"] for g in event["lost"]} - MADE_AGAIN)
    if event["case"] and to_enter:
        report.to_enter[event["case"]] = to_enter


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
