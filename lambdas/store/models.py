"""The items of the tenant's two tables.

Records table: one partition per folder (a case, a meeting, a memo …) holds its head and the
current revision of its records, so that opening it is one Query; revisions lie under a partition
of their own, so that a long history never slows the case down. Audit table: one partition per
folder or subject.

| item        | pk                   | sk               | byAgency (agencyKey, listKey)            |
|-------------|----------------------|------------------|------------------------------------------|
| Head        | <KIND>#<id>          | HEAD             | not of cases: FOLDERS#<KIND>, <at>#<id>; |
|             |                      |                  | a meeting: <its day>T<from> <at>#<id>    |
| CaseMember  | CASE#<caseId>        | MEMBER#<agency>  | CASES#<agency>, <receivedAt>#<caseId>    |
| TaskRow     | CASE#<caseId>        | TASKS#<agency>   | TASKS#<agency>, <due>#<caseId>           |
| StatisticsRow | CASE#<caseId>      | FACTS            | FACTS, <caseId>                          |
| RecordHead  | <KIND>#<id>          | REC#<recordId>   | –                                        |
| Revision    | REV#<KIND>#<id>#<recordId> | <n, 8 digits> | –                                     |
| StaffEntry  | STAFF#<sub>          | STAFF            | STAFF, <staffId>                         |
| AgencyEntry | AGENCIES             | <agencyId>       | –                                        |
| SourceRef   | SOURCE#<agency>#<system>#<id> | SOURCE  | –                                        |
| Idempotency | IDEM#<staff>#<key>   | <method path>    | –  (TTL)                                 |
| SignInStep  | STEP#<handle>        | STEP             | –  (TTL)                                 |
| SignInTries | TRIES#<login hash>   | TRIES            | –  (TTL)                                 |
| UsedCode    | CODE#<sub>#<hash>    | CODE             | –  (TTL)                                 |
| Draft       | DRAFTS#<staffId>     | <draftId>        | –  (TTL)                                 |
| Upload      | UPLOAD#<uploadId>    | UPLOAD           | –  (TTL)                                 |
| Recovery    | STAFF#<sub>          | RECOVERY         | –                                        |
| SealedKey   | SEALED#<caseId>      | KEY#<personId>   | –                                        |
| Counterparts | SEALED#<caseId>     | COUNTERPARTS#<personId> | –                                 |
| Holder      | SEALED#<caseId>      | HOLDER#<staffId> | HOLDER#<staffId>, <caseId>               |
| NameTrace   | SEALED#<caseId>      | TRACE#<form>#<key>#<…> | TRACE#<key>, <caseId>#<…>          |
| TenantSecret | SECRET              | <use>            | –                                        |
| SettingsEntry | SETTINGS           | SETTINGS         | –                                        |
| Disposed    | DISPOSED#CASE#<caseId> | DISPOSED       | –                                        |
| Lost        | LOST#<KIND>#<id>     | LOST             | –                                        |
| Filters     | PREFERENCES#<staffId> | FILTERS         | –                                        |
| Digest      | STAFF#<sub>          | DIGEST           | DIGESTS, <staffId>                       |
| NoticeRead  | NOTICE#<staffId>     | <noticeId>       | –                                        |
| MeterDay    | METER#<month>        | <day>            | –                                        |
| DisclosureLink | DISCLOSURE#<requestId> | <caseId>    | –                                        |

Records themselves never carry a TTL: only retention deletes them, by decision.
Record data is kept as JSON text, because DynamoDB's own maps would lose the difference between
1 and 1.0 and because names must come back byte for byte.
"""

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection
from pynamodb.models import Model


class ByAgency(GlobalSecondaryIndex["Record"]):  # type: ignore[no-untyped-call]  # pynamodb
    """An agency's own list of its cases; the staff register."""

    class Meta:
        index_name = "byAgency"
        projection = AllProjection()

    agency_key = UnicodeAttribute(hash_key=True, attr_name="agencyKey")
    list_key = UnicodeAttribute(range_key=True, attr_name="listKey")


class Record(Model):
    """What every item of the records table has. Timestamps are UTC ISO text, days JST ISO text."""

    class Meta:
        table_name = "unbound"
        region: str

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    cls = DiscriminatorAttribute()
    agency_key = UnicodeAttribute(attr_name="agencyKey", null=True)
    list_key = UnicodeAttribute(attr_name="listKey", null=True)
    by_agency = ByAgency()


class Head(Record, discriminator="head"):
    """A folder's head: where its chain stands. `state` and `was_protected` are those of a case."""

    folder_id = UnicodeAttribute(attr_name="folderId")
    state = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute(attr_name="createdAt")
    chain_seq = NumberAttribute(attr_name="chainSeq")
    chain_hash = UnicodeAttribute(attr_name="chainHash")
    was_protected = BooleanAttribute(attr_name="wasProtected", null=True)


class CaseMember(Record, discriminator="member"):
    """What an agency's list shows of a case: `row` (JSON) and the facts by which it is judged
    whether it may (`situation`, JSON)."""

    agency_id = UnicodeAttribute(attr_name="agencyId")
    agency_name = UnicodeAttribute(attr_name="agencyName")
    row = UnicodeAttribute()
    situation = UnicodeAttribute()


class TaskRow(Record, discriminator="tasks"):
    """What there is to do in a case for one agency, listed by the most urgent: `tasks` as JSON
    (`casework/tasks.py`) and the facts by which it is judged who is shown them. `terms`: those
    that the days were counted by. While there is nothing to do, it is in no list."""

    tasks = UnicodeAttribute()
    terms = UnicodeAttribute()
    situation = UnicodeAttribute()


class StatisticsRow(Record, discriminator="facts"):
    """What the statistics need to know of a case (`casework/statistics/facts.py`), zlib of JSON."""

    facts = BinaryAttribute(legacy_encoding=False)


class RecordState(Record):
    """What the head of a record and each of its revisions have in common.

    `envelope` (JSON): whom it is about, who contributed, where it was given, when it was begun.
    """

    form = UnicodeAttribute()
    record_id = UnicodeAttribute(attr_name="recordId")
    form_version = UnicodeAttribute(attr_name="formVersion")
    revision = NumberAttribute()
    data = UnicodeAttribute()
    envelope = UnicodeAttribute()
    saved_at = UnicodeAttribute(attr_name="savedAt")
    staff_id = UnicodeAttribute(attr_name="staffId")
    staff_name = UnicodeAttribute(attr_name="staffName")
    agency_id = UnicodeAttribute(attr_name="agencyId")
    agency_name = UnicodeAttribute(attr_name="agencyName")


class RecordHead(RecordState, discriminator="record"):
    """The current revision of a record."""


class Revision(RecordState, discriminator="revision"):
    """One revision, written once. `changed` names the top-level properties it changed."""

    changed = UnicodeSetAttribute(null=True)


class StaffEntry(Record, discriminator="staff"):
    staff_id = UnicodeAttribute(attr_name="staffId")
    login_id = UnicodeAttribute(attr_name="loginId")
    display_name = UnicodeAttribute(attr_name="displayName")
    role = UnicodeAttribute()
    agency_id = UnicodeAttribute(attr_name="agencyId")
    agency_name = UnicodeAttribute(attr_name="agencyName")
    valid_from = UnicodeAttribute(attr_name="validFrom")
    valid_to = UnicodeAttribute(attr_name="validTo", null=True)
    # Epoch seconds; ID tokens made before are no longer taken.
    sessions_from = NumberAttribute(attr_name="sessionsFrom", null=True)
    # How often the entry was changed; None is never.
    revision = NumberAttribute(null=True)
    # Days (JST) of the last sign-in, and on which a manager last confirmed the entry (棚卸し).
    last_sign_in = UnicodeAttribute(attr_name="lastSignIn", null=True)
    confirmed_on = UnicodeAttribute(attr_name="confirmedOn", null=True)


class AgencyEntry(Record, discriminator="agency"):
    agency_id = UnicodeAttribute(attr_name="agencyId")
    name = UnicodeAttribute()
    kind = UnicodeAttribute()
    member_kind = UnicodeAttribute(attr_name="memberKind", null=True)
    # Period of the programme's contract, of an agency that runs it by contract (days, JST).
    contract_from = UnicodeAttribute(attr_name="contractFrom", null=True)
    contract_to = UnicodeAttribute(attr_name="contractTo", null=True)
    # JSON: scope, number, and whether 再委託 was approved.
    contract_terms = UnicodeAttribute(attr_name="contractTerms", null=True)
    # The last day of an agency that takes part no more.
    valid_to = UnicodeAttribute(attr_name="validTo", null=True)
    # How often name and kind were changed; None is never.
    revision = NumberAttribute(null=True)


class SourceRef(Record, discriminator="source"):
    """That an agency has brought in a row of another system, so that it comes in once."""

    case_id = UnicodeAttribute(attr_name="caseId")
    content_sha256 = UnicodeAttribute(attr_name="contentSha256")


class Idempotency(Record, discriminator="idempotency"):
    """What a request came to the first time: no body, kept for a day (Ruling 5)."""

    request_sha256 = UnicodeAttribute(attr_name="requestSha256")
    folder_id = UnicodeAttribute(attr_name="folderId")
    record_id = UnicodeAttribute(attr_name="recordId")
    revision = NumberAttribute()
    expires_at = NumberAttribute(attr_name="expiresAt")


class Upload(Record, discriminator="upload"):
    """A file on its way: who sends it into which case, and what it is said to be (`declared`,
    JSON). The parts lie in the bucket, in quarantine."""

    case_id = UnicodeAttribute(attr_name="caseId")
    staff_id = UnicodeAttribute(attr_name="staffId")
    request_sha256 = UnicodeAttribute(attr_name="requestSha256")
    declared = UnicodeAttribute()
    expires_at = NumberAttribute(attr_name="expiresAt")


class Draft(Record, discriminator="draft"):
    """What somebody typed and has not saved (`store/drafts.py`): the text sealed, the place not."""

    case_id = UnicodeAttribute(attr_name="caseId", null=True)
    form = UnicodeAttribute()
    record_id = UnicodeAttribute(attr_name="recordId", null=True)
    wrapped = UnicodeAttribute()
    sealed = BinaryAttribute(legacy_encoding=False)
    saved_at = UnicodeAttribute(attr_name="savedAt")
    expires_at = NumberAttribute(attr_name="expiresAt")


class SignInStep(Record, discriminator="sign-in-step"):
    """Where a sign-in stands. The browser holds only the random handle (Ruling 3)."""

    next = UnicodeAttribute()
    login_id = UnicodeAttribute(attr_name="loginId")
    sub = UnicodeAttribute()
    session = UnicodeAttribute(null=True)
    access_token = UnicodeAttribute(attr_name="accessToken", null=True)
    refresh_token = UnicodeAttribute(attr_name="refreshToken", null=True)
    tries = NumberAttribute()
    expires_at = NumberAttribute(attr_name="expiresAt")


class SignInTries(Record, discriminator="sign-in-tries"):
    failures = NumberAttribute()
    last_at = NumberAttribute(attr_name="lastAt")
    expires_at = NumberAttribute(attr_name="expiresAt")


class UsedCode(Record, discriminator="used-code"):
    expires_at = NumberAttribute(attr_name="expiresAt")


class Recovery(Record, discriminator="recovery"):
    salt = UnicodeAttribute()
    code_hashes = UnicodeSetAttribute(attr_name="codeHashes", null=True)


class SealedKey(Record, discriminator="sealed-key"):
    """A person's data key of the confidential compartment, wrapped by the tenant's KMS key.
    Erasing this item leaves what was sealed under it unreadable."""

    wrapped = UnicodeAttribute()
    created_at = UnicodeAttribute(attr_name="createdAt")


class Counterparts(Record, discriminator="counterparts"):
    """Keyed hashes of the 相手方 of a protected person (`marks`, JSON)."""

    marks = UnicodeAttribute()
    saved_at = UnicodeAttribute(attr_name="savedAt")


class Holder(Record, discriminator="holder"):
    """That somebody was once named a holder of a case's compartment. Whether they are one is
    asked of the case itself."""


class NameTrace(Record, discriminator="trace"):
    """Keyed hash of a name that a record of a case bears (`casework/counterparts.py`)."""

    form = UnicodeAttribute()
    person_id = UnicodeAttribute(attr_name="personId", null=True)
    key = UnicodeAttribute()
    birth = UnicodeAttribute()
    saved_at = UnicodeAttribute(attr_name="savedAt")


class TenantSecret(Record, discriminator="secret"):
    """A secret of the tenant, wrapped by its KMS key."""

    wrapped = UnicodeAttribute()


class NoticeRead(Record, discriminator="notice-read"):
    """That somebody has read a notice; what it said is found anew each time."""

    read_at = UnicodeAttribute(attr_name="readAt")


class Filters(Record, discriminator="filters"):
    """Conditions by which one of the staff lists cases (JSON)."""

    items = UnicodeAttribute()


class Digest(Record, discriminator="digest"):
    """Where somebody is told by e-mail how many things wait for them."""

    address = UnicodeAttribute()


class DisclosureLink(Record, discriminator="disclosure-link"):
    """That a case was opened for a request for disclosure, so that the request finds it again."""


class SettingsEntry(Record, discriminator="settings"):
    """The municipality's settings document (JSON)."""

    document = UnicodeAttribute()
    revision = NumberAttribute()


class Disposed(Record, discriminator="disposed"):
    """Where the chain of a case ended that was disposed of; nothing else of it is left."""

    chain_seq = NumberAttribute(attr_name="chainSeq")
    chain_hash = UnicodeAttribute(attr_name="chainHash")
    disposed_at = UnicodeAttribute(attr_name="disposedAt")
    # JSON: how much there was of it, for the certificate.
    extent = UnicodeAttribute()


class Lost(Record, discriminator="lost"):
    """Where the chain of a folder ended that was made after the moment to which the tenant was
    taken back; nothing else of it is left."""

    chain_seq = NumberAttribute(attr_name="chainSeq")
    chain_hash = UnicodeAttribute(attr_name="chainHash")
    restored_to = UnicodeAttribute(attr_name="restoredTo")


class MeterDay(Record, discriminator="meter-day"):
    """What the tenant did on one day (JST), for its cost: `counts` as JSON. Counted again from the
    trail, the same day comes to the same."""

    counts = UnicodeAttribute()


class ByDay(GlobalSecondaryIndex["AuditItem"]):  # type: ignore[no-untyped-call]  # pynamodb
    """A day's events, for its seal: key and hash only."""

    class Meta:
        index_name = "byDay"
        projection = IncludeProjection(["hash"])

    day = UnicodeAttribute(hash_key=True)
    day_key = UnicodeAttribute(range_key=True, attr_name="dayKey")
    hash = UnicodeAttribute()


class AuditItem(Model):
    """One event of the audit trail. `event` is the canonical JSON that `hash` covers."""

    class Meta:
        table_name = "unbound"
        region: str

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    day = UnicodeAttribute()
    day_key = UnicodeAttribute(attr_name="dayKey")
    hash = UnicodeAttribute()
    event = UnicodeAttribute()
    by_day = ByDay()


def bind(*, records_table: str, audit_table: str, region: str) -> None:
    """Names the tables for this process, which serves one tenant."""
    # The models of the records table inherit one Meta.
    Record.Meta.table_name, Record.Meta.region = records_table, region
    AuditItem.Meta.table_name, AuditItem.Meta.region = audit_table, region
