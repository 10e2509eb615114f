"""The items of the tenant's two tables.

Records table: one partition per case holds its head, its members and the current state of its
forms, so that opening a case is one Query; revisions lie under a partition of their own, so that
a long history never slows the case down. Audit table: one partition per case or subject.

| item        | pk                   | sk               | byAgency (agencyKey, listKey)            |
|-------------|----------------------|------------------|------------------------------------------|
| CaseHead    | CASE#<caseId>        | HEAD             | –                                        |
| CaseMember  | CASE#<caseId>        | MEMBER#<agency>  | CASES#<agency>, <receivedAt>#<caseId>    |
| FormHead    | CASE#<caseId>        | FORM#<form>      | –                                        |
| Revision    | REV#<caseId>#<form>  | <n, 8 digits>    | –                                        |
| StaffEntry  | STAFF#<sub>          | STAFF            | STAFF, <staffId>                         |
| AgencyEntry | AGENCIES             | <agencyId>       | –                                        |
| SourceRef   | SOURCE#<agency>#<system>#<id> | SOURCE  | –                                        |
| Idempotency | IDEM#<staff>#<key>   | <method path>    | –  (TTL)                                 |
| SignInStep  | STEP#<handle>        | STEP             | –  (TTL)                                 |
| SignInTries | TRIES#<login hash>   | TRIES            | –  (TTL)                                 |
| UsedCode    | CODE#<sub>#<hash>    | CODE             | –  (TTL)                                 |
| Recovery    | STAFF#<sub>          | RECOVERY         | –                                        |

Records themselves never carry a TTL: only retention deletes them, by decision.
Record data is kept as JSON text, because DynamoDB's own maps would lose the difference between
1 and 1.0 and because names must come back byte for byte.
"""

from pynamodb.attributes import (
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


class CaseHead(Record, discriminator="case"):
    case_id = UnicodeAttribute(attr_name="caseId")
    state = UnicodeAttribute()
    consent_version = UnicodeAttribute(attr_name="consentVersion")
    created_at = UnicodeAttribute(attr_name="createdAt")
    chain_seq = NumberAttribute(attr_name="chainSeq")
    chain_hash = UnicodeAttribute(attr_name="chainHash")
    was_protected = BooleanAttribute(attr_name="wasProtected", null=True)


class CaseMember(Record, discriminator="member"):
    """An agency's part in a case, with the copy of the case that its list shows (`row`, JSON)."""

    agency_id = UnicodeAttribute(attr_name="agencyId")
    agency_name = UnicodeAttribute(attr_name="agencyName")
    kind = UnicodeAttribute()
    valid_from = UnicodeAttribute(attr_name="validFrom")
    valid_to = UnicodeAttribute(attr_name="validTo", null=True)
    row = UnicodeAttribute()


class FormState(Record):
    """What the head of a form and each of its revisions have in common."""

    form = UnicodeAttribute()
    form_version = UnicodeAttribute(attr_name="formVersion")
    revision = NumberAttribute()
    data = UnicodeAttribute()
    saved_at = UnicodeAttribute(attr_name="savedAt")
    staff_id = UnicodeAttribute(attr_name="staffId")
    staff_name = UnicodeAttribute(attr_name="staffName")
    agency_name = UnicodeAttribute(attr_name="agencyName")


class FormHead(FormState, discriminator="form"):
    """The current revision of a form of a case."""


class Revision(FormState, discriminator="revision"):
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


class AgencyEntry(Record, discriminator="agency"):
    agency_id = UnicodeAttribute(attr_name="agencyId")
    name = UnicodeAttribute()
    kind = UnicodeAttribute()
    member_kind = UnicodeAttribute(attr_name="memberKind", null=True)


class SourceRef(Record, discriminator="source"):
    """That an agency has brought in a row of another system, so that it comes in once."""

    case_id = UnicodeAttribute(attr_name="caseId")
    content_sha256 = UnicodeAttribute(attr_name="contentSha256")


class Idempotency(Record, discriminator="idempotency"):
    """What a request came to the first time: no body, kept for a day (Ruling 5)."""

    request_sha256 = UnicodeAttribute(attr_name="requestSha256")
    case_id = UnicodeAttribute(attr_name="caseId")
    revision = NumberAttribute()
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
