"""The confidential compartment as it is kept: texts sealed by AES-256-GCM under a data key per case
and person, each key wrapped by the tenant's KMS key with its encryption context.

A sealed record is a record of its case like any other, whose data is the ciphertext: revisions and
audit hashes cover that, and whoever reads the tables finds nothing else. Beside it lie, in one
partition per case, the wrapped keys, the marks of the 相手方, the holders, and the marks of the
people whom the case's records name (`casework/counterparts.py`). Erasing that partition erases the
compartment (crypto-erasure).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from pynamodb.exceptions import PutError

from lambdas.casework import counterparts
from lambdas.casework.clock import to_iso
from lambdas.casework.counterparts import Mark, Trace
from lambdas.casework.records import CaseFile, FormRecord
from lambdas.casework.sealed import HOLDERS_FORM, bound_to, key_context
from lambdas.store import models
from lambdas.store.keys import DataKey, Keys
from lambdas.store.repository import ANY, Put

# Of the forms that name people whose meeting is to be noticed.
_NAMING = ("household", "intake")
# The length of a ciphertext says nothing of what was filled in, up to this step.
_STEP_BYTES = 1024


def seal(key: DataKey, data: Mapping[str, Any], *, revision: int, version: str) -> dict[str, str]:
    """The data of a record that holds `data` sealed."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    padded = text.ljust(-(-len(text) // _STEP_BYTES) * _STEP_BYTES)
    sealed = key.encrypt(padded, bound_to(key.context, revision=revision, version=version))
    return {"sealed": base64.b64encode(sealed).decode()}


def unseal(key: DataKey, record: FormRecord) -> dict[str, Any]:
    """What a sealed record holds. Raises UnreadableError."""
    bound = bound_to(key.context, revision=record.revision, version=record.version)
    text = key.decrypt(base64.b64decode(record.data["sealed"]), bound)
    data: dict[str, Any] = json.loads(text)
    return data


class Compartment:
    """One tenant's compartment, under its KMS key."""

    def __init__(self, *, keys: Keys, lg_code: str) -> None:
        self._keys = keys
        self._lg_code = lg_code

    # Keys

    def new_key(self, case_id: str, person_id: str) -> DataKey:
        """A new data key; `key_put` keeps it."""
        return self._keys.new(self._context(case_id, person_id))

    def key(self, case_id: str, person_id: str) -> DataKey | None:
        """The data key of a person, if one was made and is not erased. Raises UnreadableError."""
        try:
            item = models.SealedKey.get(
                partition(case_id), f"KEY#{person_id}", consistent_read=True
            )
        except models.SealedKey.DoesNotExist:
            return None
        return self._keys.opened(item.wrapped, self._context(case_id, person_id))

    def keyed(self, text: str) -> str:
        """A keyed hash of a text: nobody finds out what it was by trying texts."""
        return hmac.new(self._secret, f"keyed\0{text}".encode(), hashlib.sha256).hexdigest()

    # What is put beside records

    def beside_sealed(
        self,
        case_id: str,
        person_id: str,
        key: DataKey,
        *,
        new: bool,
        data: Mapping[str, Any],
        at: datetime,
    ) -> tuple[Put, ...]:
        """What goes with a sealed record: its wrapped key, when it is new, and the marks of the
        相手方 in place of those before."""
        marks = sorted(counterparts.counterparts(self._secret, data))
        marks_item = models.Counterparts(
            partition(case_id),
            f"COUNTERPARTS#{person_id}",
            marks=json.dumps([[mark.key, *mark.birth] for mark in marks]),
            saved_at=to_iso(at),
        )
        key_item = models.SealedKey(
            partition(case_id), f"KEY#{person_id}", wrapped=key.wrapped, created_at=to_iso(at)
        )
        puts = (Put("counterparts", marks_item, ANY),)
        return (Put("sealed-key", key_item), *puts) if new else puts

    def beside_records(self, before: CaseFile | None, after: CaseFile) -> tuple[Put, ...]:
        """What goes with any other write of a case: marks of the people whom it newly names, and
        new holders. They depend on the case alone: whoever saves it learns nothing from them.

        Marks stay when a record is corrected: the earlier revision still bears the name.
        """
        return (*self._trace_puts(before, after), *_holder_puts(before, after))

    # Inside

    def _trace_puts(self, before: CaseFile | None, after: CaseFile) -> Iterator[Put]:
        for form in _NAMING:
            old = before.records.get(form) if before else None
            new = after.records.get(form)
            if new is None or new is old:
                continue
            known = self._traces(before, old) if before and old else frozenset()
            marks = {(t.person_id, t.mark) for t in known}
            for trace in sorted(self._traces(after, new), key=lambda t: (t.mark, str(t.person_id))):
                if (trace.person_id, trace.mark) not in marks:
                    item = _trace_item(trace)
                    yield Put(item.sk, item, ANY)

    def _traces(self, case: CaseFile, record: FormRecord) -> frozenset[Trace]:
        return counterparts.traces(self._secret, case.case_id, record, case.subject)

    @cached_property
    def _secret(self) -> bytes:
        """The secret of the keyed hashes; made by whoever first needs it."""
        context = {"lgCode": self._lg_code, "purpose": "sealed", "use": "counterparts"}
        try:
            kept = models.TenantSecret.get("SECRET", "counterparts", consistent_read=True)
        except models.TenantSecret.DoesNotExist:
            made = self._keys.new(context)
            item = models.TenantSecret("SECRET", "counterparts", wrapped=made.wrapped)
            try:
                item.save(condition=models.TenantSecret.pk.does_not_exist())
            except PutError as error:
                if error.cause_response_code != "ConditionalCheckFailedException":
                    raise
                kept = models.TenantSecret.get("SECRET", "counterparts", consistent_read=True)
            else:
                return made.plain
        return self._keys.opened(kept.wrapped, context).plain

    def _context(self, case_id: str, person_id: str) -> dict[str, str]:
        return key_context(lg_code=self._lg_code, case_id=case_id, person_id=person_id)


def partition(case_id: str) -> str:
    """Where the keys and marks of a case lie; retention erases it whole."""
    return f"SEALED#{case_id}"


def _holder_puts(before: CaseFile | None, after: CaseFile) -> Iterator[Put]:
    old = before.records.get(HOLDERS_FORM) if before else None
    new = after.records.get(HOLDERS_FORM)
    if new is None or new is old:
        return
    known = frozenset(old.data["staffIds"]) if old else frozenset[str]()
    for staff_id in sorted(frozenset(new.data["staffIds"]) - known):
        item = models.Holder(
            partition(after.case_id),
            f"HOLDER#{staff_id}",
            agency_key=f"HOLDER#{staff_id}",
            list_key=after.case_id,
        )
        yield Put(item.sk, item, ANY)


def _trace_item(trace: Trace) -> models.NameTrace:
    person, birth = trace.person_id or "-", "-".join(trace.mark.birth)
    within = hashlib.sha256(f"{trace.form}#{person}#{birth}".encode()).hexdigest()[:16]
    return models.NameTrace(
        partition(trace.case_id),
        f"TRACE#{trace.mark.key}#{within}",
        agency_key=f"TRACE#{trace.mark.key}",
        list_key=f"{trace.case_id}#{within}",
        form=trace.form,
        person_id=trace.person_id,
        key=trace.mark.key,
        birth=json.dumps(trace.mark.birth),
        saved_at=trace.at,
    )


def trace_of(item: models.NameTrace) -> Trace:
    """The trace that an item keeps."""
    year, month, day = json.loads(item.birth)
    return Trace(
        case_id=item.pk.removeprefix("SEALED#"),
        form=item.form,
        person_id=item.person_id,
        mark=Mark(key=item.key, birth=(year, month, day)),
        at=item.saved_at,
    )


def marks_of(item: models.Counterparts) -> frozenset[Mark]:
    """The marks of the 相手方 that an item keeps."""
    return frozenset(Mark(key=k, birth=(y, m, d)) for k, y, m, d in json.loads(item.marks))
