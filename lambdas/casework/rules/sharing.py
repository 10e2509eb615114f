"""Consent and sharing: who may consent, for whom, and on what the municipality may share without
(DOMAIN §2.6, §4.10 L1–L8; the choices of law are in docs/decisions/0013)."""

from collections.abc import Mapping
from datetime import date
from enum import Enum, auto

from lambdas.casework.access import GRANT_BASES, Basis, Consent, DataClass, is_live
from lambdas.casework.age import ADULT, attained
from lambdas.casework.records import CLOSED_STATES, Agency
from lambdas.casework.rules.context import (
    Context,
    Data,
    Found,
    day,
    error,
    in_order,
    written,
)
from lambdas.casework.rules.household import born_on

# Codes of the list `proxy-kind` (L6): 親権者, 未成年後見人, 成年後見人; 保佐人, 補助人, 任意後見人.
_FOR_MINORS = frozenset({"01", "02"})
_WITH_REPRESENTATION = frozenset({"04", "05", "06"})
_PROXIES = _FOR_MINORS | {"03"} | _WITH_REPRESENTATION

# From about 16 the young person alone (L6). Below, a child who can judge for itself may consent,
# if that is written down; a child under 12 may not [H: guidance of the commission, 要確認].
ALONE = 16
ABLE = 12

_SHARING = frozenset({"sharing", "meeting"})
_CONSENTABLE = frozenset(range(DataClass.CONTACT, DataClass.SEALED))
_GRANTABLE = _CONSENTABLE - {DataClass.CONFERENCE}


def consent(context: Context) -> Found:
    """A consent as the law can take it; its terms never change (write-once)."""
    data = context.data
    yield from in_order(data, ("date", "from"))
    if _SHARING & set(data["kinds"]) and not (data.get("agencies") or data.get("agencyRoles")):
        yield error("/agencies", "recipient-required")
    yield from _classes(data, _CONSENTABLE, "class-not-shared")
    person = context.persons.get(data["personId"])
    if person is None:
        return
    died = day(person, "deceasedOn")
    if died is not None and date.fromisoformat(data["date"]) > died:
        # Nobody consents for the dead; the survivors' data have their own persons (L8).
        yield error("/date", "after-death")
    if data.get("proxy") is None:
        yield from _alone(data, person)
    else:
        yield from _proxy(data, data["proxy"], person)


def _classes(data: Data, allowed: frozenset[int], code: str) -> Found:
    for index, class_ in enumerate(data["classes"]):
        if int(class_) not in allowed:
            yield error(f"/classes/{index}", code)


def _alone(data: Data, person: Data) -> Found:
    if _is_of_age(person, ABLE, data["date"]) is False:
        yield error("/proxy", "child-needs-proxy")
    elif _is_of_age(person, ALONE, data["date"]) is False and not written(data, "capacityNote"):
        yield error("/capacityNote", "child-ability")


def _proxy(data: Data, proxy: Data, person: Data) -> Found:
    kind = proxy["kind"]
    if kind not in _PROXIES:
        # Family, 世帯主 and spouse are no proxies by being that (L6).
        yield error("/proxy/kind", "no-proxy")
    if not written(proxy, "evidence"):
        represents = kind in _WITH_REPRESENTATION
        yield error("/proxy/evidence", "representation" if represents else "proxy-evidence")
    for question in ("isCounterpart", "conflictOfInterest"):
        # Unknown is refused like yes: a consent opens at once.
        if proxy[question] != "no":
            yield error(f"/proxy/{question}", "proxy-against")
    if not written(proxy, "personStatement"):
        yield error("/proxy/personStatement", "own-words")
    if kind not in _FOR_MINORS:
        return
    if _is_of_age(person, ADULT, data["date"]) is True:
        yield error("/proxy/kind", "proxy-of-adult")
    # Old enough to decide, or nobody knows: unless limited judgement is written down.
    elif _is_of_age(person, ALONE, data["date"]) is not False and not written(data, "capacityNote"):
        yield error("/proxy/kind", "young-person-alone")


def _is_of_age(person: Data, years: int, on: str) -> bool | None:
    """Whether a person of the ledger has attained an age on a day; None: the ledger cannot say."""
    try:
        born = born_on(person)
    except ValueError:
        return None
    if born is None:
        return None
    # An age is attained at the end of a day (年齢計算ニ関スル法律).
    first, last = (attained(day_, years).isoformat() < on for day_ in born)
    return first if first == last else None


class _Public(Enum):
    """What the kind of an agency says of who runs it."""

    ALWAYS = auto()
    # Run by the public or by others: the grant says in writing which.
    IF_STATED = auto()
    NEVER = auto()


def _table(always: str, if_stated: str) -> Mapping[str, _Public]:
    return dict.fromkeys(always.split(), _Public.ALWAYS) | dict.fromkeys(
        if_stated.split(), _Public.IF_STATED
    )


# 69条2項2号: the same 機関 alone, which a 教育委員会, a hospital or the fire brigade is not [H].
# 民生委員 may be given to under 2号 and 3号 (guidance of the commission).
_SAME_BODY = _table("25 30", "01 03 06 07 09 10 12 13 18 21 22 23 24 27 99")
# 69条2項3号: public bodies alone; never an NPO or a 社協, whatever the note says.
_PUBLIC_BODY = _table("07 10 12 19 23 25 28 30", "01 03 06 08 09 13 14 16 17 18 20 21 22 24 27 99")
_RECIPIENTS = {Basis.APPI_69_2_2: _SAME_BODY, Basis.APPI_69_2_3: _PUBLIC_BODY}
_NOTED = frozenset({Basis.APPI_69_1, Basis.APPI_69_2_4})


def sharing_grant(context: Context) -> Found:
    """A sharing that the municipality decides on a basis of law other than consent (L5). Tax data
    never go by it: `access` gives them on a consent alone."""
    data = context.data
    if not context.by_municipality:
        yield error("", "municipality-decides")
    yield from _classes(data, _GRANTABLE, "class-not-granted")
    yield from _records(context)
    yield from _term(context)
    yield from _basis(context)


def _records(context: Context) -> Found:
    """Records that may be named: those of the case which no conference keeps (L2)."""
    for index, record_id in enumerate(context.data.get("recordIds") or ()):
        record = context.file.records.get(record_id)
        if record is None:
            yield error(f"/recordIds/{index}", "unknown-record")
        elif record.confined and record_id not in context.facts.released:
            yield error(f"/recordIds/{index}", "kept-by-conference")


def _term(context: Context) -> Found:
    first, last = day(context.data, "from"), day(context.data, "to")
    if first is None or last is None:
        yield error("/to", "required")
        return
    if last >= _anniversary(first):
        yield error("/to", "grant-too-long")
    belongs = any(
        m.agency_id == context.data["agencyId"]
        and m.valid_from <= last
        and (m.valid_to is None or first <= m.valid_to)
        for m in context.facts.memberships
    )
    if not belongs:
        yield error("/agencyId", "not-a-member")


def _anniversary(first: date) -> date:
    try:
        return first.replace(year=first.year + 1)
    except ValueError:  # 29 February
        return date(first.year + 1, 3, 1)


def _basis(context: Context) -> Found:
    data = context.data
    basis = next((b for b in GRANT_BASES if b.value == data["basis"]), None)
    agency = context.agency_register.get(data["agencyId"])
    if basis is None:
        yield error("/basis", "not-a-grant-basis")
    elif basis in _NOTED and not written(data, "legalNote"):
        yield error("/legalNote", "legal-note")
    elif basis is Basis.APPI_WITHIN_PURPOSE and not _consented(context):
        yield error("/basis", "within-purpose")
    elif basis in _RECIPIENTS and agency is not None:
        match _public(_RECIPIENTS[basis], agency):
            case _Public.NEVER:
                yield error("/agencyId", "basis-not-for-agency")
            case _Public.IF_STATED if not written(data, "legalNote"):
                yield error("/legalNote", "public-body-note")


def _public(table: Mapping[str, _Public], agency: Agency) -> _Public:
    # Who runs the programme by contract is no public body by that.
    contractor = agency.contract is not None
    return _Public.NEVER if contractor else table.get(agency.kind, _Public.NEVER)


def _consented(context: Context) -> bool:
    """Whether everybody concerned consented to sharing these classes for as long as the grant
    begins: the purpose may add a recipient, never a person or a class (L5)."""
    data, facts = context.data, context.facts
    classes = {int(c) for c in data["classes"]}
    on = max(context.today, date.fromisoformat(data["from"]))
    return all(
        any(
            c.person_id == person and classes <= c.classes and is_live(c, facts, on)
            for c in facts.consents
        )
        for person in data.get("personIds") or facts.persons
    )


def consent_withdrawal(context: Context) -> Found:
    """It acts at once, whatever day it bears (L1); that day is not before the consent's."""
    named = context.named("consentId", "consent")
    if named is not None and context.data["date"] < named.data["date"]:
        yield error("/date", "out-of-order")


def release(context: Context) -> Found:
    """The municipality releases by name what was given at its own 支援会議 (L2)."""
    data = context.data
    if not context.by_municipality:
        yield error("", "municipality-decides")
    record = context.file.records.get(data["recordId"])
    given = record.confined if record else None
    if given is None or given.basis is not Basis.SHIEN_KAIGI:
        yield error("/recordId", "not-kept-here")
    elif given.meeting_id not in (None, data["meetingId"]):
        yield error("/meetingId", "other-meeting")
    elif any(r.data["recordId"] == data["recordId"] for r in context.file.of("release")):
        yield error("/recordId", "already-done")


def stood_on(context: Context, on: date) -> bool:
    """Whether the 本人 had consented to sharing on a day: for today and later as it stands now,
    for a day that is over by what had happened until then."""
    facts = context.facts
    mine = [c for c in facts.consents if c.person_id == facts.subject]
    if on >= context.today:
        return any(is_live(c, facts, on) for c in mine)
    ended = withdrawn_by(context, on)
    return any(
        c.period.holds(on) and c.consent_id not in ended and not _lapsed_by(context, c, on)
        for c in mine
    )


def _lapsed_by(context: Context, consent: Consent, on: date) -> bool:
    """Whether a consent without an end had ended with its episode by a day (L7)."""
    given_at = context.file.records[consent.consent_id].created_at
    return consent.period.last is None and any(
        t.created_at >= given_at
        for t in context.file.of("transition")
        if t.data["to"] in CLOSED_STATES and t.data["date"] <= on.isoformat()
    )


def withdrawn_by(context: Context, on: date) -> frozenset[str]:
    """The consents that had been withdrawn by a day."""
    return frozenset(
        r.data["consentId"]
        for r in context.file.of("consent-withdrawal")
        if r.data["date"] <= on.isoformat()
    )
