"""Lambda's handler of the exchange: a tenant written out, a bundle brought in.

Nothing leaves unless the municipality's manager has allowed it in the settings (`exchange`), until
the day named there. Operators invoke this function; the key lets them read nothing themselves.
"""

import os
import re
import resource
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from lambdas.casework.clock import japanese_day, to_iso
from lambdas.exchange import sealing
from lambdas.exchange.export import MANIFEST, Export, Source
from lambdas.exchange.importing import Import, RefusedBundleError, Target
from lambdas.exchange.objects import EXPORTS, IMPORTS, Objects
from lambdas.exchange.restore import Place, RefusedRestoreError, Restore, moment, seals_of
from lambdas.exchange.sealing import SealError, TenantKey
from lambdas.exchange.tables import Tables
from lambdas.store import models
from lambdas.store.repository import Repository, event_item
from lambdas.store.settings import settings

# The function may run for 15 minutes; a step takes seconds.
_SECONDS = 600
_BUNDLE_ID = re.compile(r"[0-9]{6}-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
_RESTORE_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_./-]{1,200}")
_MOST_LINKS = 200


def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Runs one task; `{"refused": code, "where": …}` when it may not be.

    `export {bundleId, orderedBy}`, `export-links {bundleId, after}`, `receive-key`,
    `import-links {bundleId, names}`, `import {bundleId, manifestSha256, handed?, orderedBy}`.
    `staff`, `logins {logins: [{staffId, sub}], orderedBy}`.
    `restore-begin {to?}`, `restore-state`, `restore-attach`, `restore-verify {at}`,
    `restore-replay {to, orderedBy, forUse}`, `restore-files {to, after, forUse}`,
    `restore-clear {drill}`, `restore-cleared`, each with `restoreId` (`exchange/restore.py`).
    `export` and `import` answer `{done, phase, counts, …}` and are asked again until `done`.
    """
    tenant = _Tenant(datetime.now(UTC))
    try:
        match event.get("task"):
            case "export":
                answer = tenant.export(_bundle_id(event), str(event["orderedBy"]))
            case "export-links":
                answer = tenant.export_links(_bundle_id(event), str(event.get("after", "")))
            case "receive-key":
                key = sealing.receive_key(tenant.objects(IMPORTS), tenant.key)
                answer = {"publicKey": key}
            case "import-links":
                answer = tenant.import_links(_bundle_id(event), list(event["names"]))
            case "import":
                answer = tenant.bring_in(
                    _bundle_id(event),
                    manifest_sha256=str(event["manifestSha256"]),
                    handed=event.get("handed"),
                    ordered_by=str(event["orderedBy"]),
                )
            case "staff":
                answer = {"staff": tenant.staff_without_login()}
            case "logins":
                answer = tenant.link_logins(event["logins"], str(event["orderedBy"]))
            case str(task) if task.startswith("restore-"):
                answer = tenant.restore(task, event)
            case task:
                raise ValueError(f"unknown task {task!r}")
    except RefusedBundleError as refused:
        return {"refused": refused.code, "where": refused.where}
    except RefusedRestoreError as refused:
        return {"refused": refused.code, "where": refused.where}
    except SealError as error:
        return {"refused": "no-key", "where": str(error)}
    return {**answer, "maxRssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


class _Tenant:
    """This function's tenant, from the environment."""

    def __init__(self, now: datetime) -> None:
        env = os.environ
        self._now = now
        self._region = env["AWS_REGION"]
        self._lg_code = env["SOUDAN_LG_CODE"]
        self._municipality = env["SOUDAN_MUNICIPALITY"]
        self._bucket = env["SOUDAN_FILES_BUCKET"]
        self._frozen = env.get("SOUDAN_READ_ONLY") == "1"
        records, audit = env["SOUDAN_RECORDS_TABLE"], env["SOUDAN_AUDIT_TABLE"]
        models.bind(records_table=records, audit_table=audit, region=self._region)
        self._tables = Tables(records=records, audit=audit, region=self._region)
        self._seals = Objects(
            bucket=env["SOUDAN_SEALS_BUCKET"], prefix="seals", region=self._region
        )
        self.key = TenantKey(
            key_arn=env["SOUDAN_KEY_ARN"], lg_code=self._lg_code, region=self._region
        )

    def objects(self, prefix: str) -> Objects:
        return Objects(bucket=self._bucket, prefix=prefix, region=self._region)

    def export(self, bundle_id: str, ordered_by: str) -> dict[str, Any]:
        public_key = self._approved()
        out = self.objects(f"{EXPORTS}/{bundle_id}")
        if out.get("begun") is None:
            self._record("export-tenant", bundle_id, ordered_by, self._now)
            out.put("begun", to_iso(self._now).encode())
        source = Source(
            tables=self._tables,
            files=self.objects("files"),
            seals=self._seals,
            out=out,
            key=self.key,
            public_key=public_key,
            lg_code=self._lg_code,
            municipality=self._municipality,
            frozen=self._frozen,
        )
        running = Export(source, bundle_id=bundle_id, now=self._now)
        running.go_on(_until(_SECONDS))
        return running.progress

    def export_links(self, bundle_id: str, after: str) -> dict[str, Any]:
        """Where the files of a finished export can be read, by name, in order after `after`."""
        self._approved()
        out = self.objects(f"{EXPORTS}/{bundle_id}")
        manifest = out.get_json(MANIFEST)
        if manifest is None:
            raise RefusedBundleError("not-finished")
        of_bundle = {str(f["path"]): out for f in manifest["files"]} | {MANIFEST: out}
        names = [name for name in sorted(of_bundle) if name > after][:_MOST_LINKS]
        return {"links": {name: out.link(name, "get_object") for name in names}} | (
            self._attachment_links(after) if not names else {}
        )

    def _attachment_links(self, after: str) -> dict[str, Any]:
        """The attached files lie where they always do and are not copied for a bundle."""
        files = self.objects("files")
        behind = after.removeprefix("~files/") if after.startswith("~files/") else ""
        names = files.names(behind, _MOST_LINKS)
        return {"attachments": {f"~files/{n}": files.link(n, "get_object") for n in names}}

    def import_links(self, bundle_id: str, names: list[str]) -> dict[str, Any]:
        """Where the files of a bundle can be written."""
        if len(names) > _MOST_LINKS or not all(_NAME.fullmatch(str(name)) for name in names):
            raise RefusedBundleError("bad-name")
        came = self.objects(f"{IMPORTS}/{bundle_id}")
        return {"links": {name: came.link(name, "put_object") for name in names}}

    def bring_in(
        self, bundle_id: str, *, manifest_sha256: str, handed: str | None, ordered_by: str
    ) -> dict[str, Any]:
        target = Target(
            tables=self._tables,
            files=self.objects("files"),
            seals=self._seals,
            came=self.objects(f"{IMPORTS}/{bundle_id}"),
            receive=self.objects(IMPORTS),
            key=self.key,
            lg_code=self._lg_code,
        )
        running = Import(target, manifest_sha256=manifest_sha256, handed=handed)
        before = running.done
        running.go_on(_until(_SECONDS))
        if running.done and not before:
            self._record("import-tenant", bundle_id, ordered_by, self._now)
        return running.progress

    def restore(self, task: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """One step of taking the tenant back in time, beside the tables in use."""
        restore_id = str(event["restoreId"])
        if not _RESTORE_ID.fullmatch(restore_id):
            raise RefusedBundleError("bad-name")
        env = os.environ
        place = Place(
            records=env["SOUDAN_RECORDS_TABLE"],
            audit=env["SOUDAN_AUDIT_TABLE"],
            restored_records=env["SOUDAN_RESTORED_RECORDS"],
            restored_audit=env["SOUDAN_RESTORED_AUDIT"],
            bucket=self._bucket,
            key_arn=env["SOUDAN_KEY_ARN"],
            lg_code=self._lg_code,
            region=self._region,
        )
        running = Restore(place, restore_id=restore_id, now=self._now)
        to, for_use = moment(event.get("to")), bool(event.get("forUse"))
        match task:
            case "restore-begin":
                self._record("restore-begin", "", str(event["orderedBy"]), self._now)
                return running.begin(to)
            case "restore-state":
                return running.state()
            case "restore-attach":
                return running.attach()
            case "restore-verify":
                at = moment(event.get("at")) or self._now
                return running.verify(at, seals_of(self._seals))
            case "restore-replay" if to is not None:
                return running.replay(to, str(event["orderedBy"]), for_use=for_use)
            case "restore-files" if to is not None:
                after = str(event.get("after", ""))
                return running.files(to, after, for_use=for_use, goes_on=_until(_SECONDS))
            case "restore-clear":
                return running.clear(protected=bool(event.get("drill")))
            case "restore-cleared":
                return running.cleared()
        raise ValueError(f"unknown task {task!r}")

    def staff_without_login(self) -> list[dict[str, str]]:
        """Who came in with a bundle and cannot sign in yet, while the period of use lasts."""
        today = japanese_day(self._now).isoformat()
        return [
            {"staffId": item["staffId"]["S"], "loginId": item["loginId"]["S"]}
            for items, _ in self._tables.pages(self._tables.records)
            for item in items
            if item.get("cls", {}).get("S") == "staff"
            and item["pk"]["S"] == f"STAFF#{item['staffId']['S']}"
            and item.get("validTo", {}).get("S", today) >= today
        ]

    def link_logins(self, logins: list[Mapping[str, str]], ordered_by: str) -> dict[str, Any]:
        """Puts each person's entry under the login that was made here; numbers stay."""
        repository = Repository(region=self._region)
        linked = []
        for login in logins:
            member = repository.staff_by_sub(login["staffId"])
            if member is None:
                continue
            more = {"staffId": member.actor.staff_id, "sub": login["sub"]}
            self._record("register", "", ordered_by, self._now, **more)
            repository.move_staff(member, login["sub"], self._now)
            linked.append(member.actor.staff_id)
        return {"linked": linked}

    def _approved(self) -> str | None:
        """The municipality's public key. Raises RefusedBundleError unless it lets a bundle go."""
        allowed = settings().document.get("exchange", {})
        until = allowed.get("exportUntil")
        if until is None or japanese_day(self._now) > date.fromisoformat(until):
            raise RefusedBundleError("not-approved")
        key: str | None = allowed.get("publicKey")
        return key

    def _record(
        self, action: str, bundle_id: str, ordered_by: str, now: datetime, **more: str
    ) -> None:
        event = {
            "id": uuid.uuid4().hex,
            "at": to_iso(now),
            "action": action,
            "orderedBy": ordered_by[:100],
            **({"bundleId": bundle_id} if bundle_id else {}),
            **more,
        }
        event_item("TENANT", event).save(condition=models.AuditItem.pk.does_not_exist())


def _bundle_id(event: Mapping[str, Any]) -> str:
    bundle_id = str(event["bundleId"])
    if not _BUNDLE_ID.fullmatch(bundle_id):
        raise RefusedBundleError("bad-name")
    return bundle_id


def _until(seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() < deadline
