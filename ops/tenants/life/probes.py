"""Is a tenant what it should be? Asked of the tenant itself, one line for each fault.

A status is never believed: the door is knocked at, the trail verified inside the tenant, the key,
backups, tags and alarms looked up.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infra.names import EMERGENCY, PITR_DAYS, TTL_ATTRIBUTE, names_of
from ops.live import LiveTenant
from ops.registers.register import RegistrationError, invoke_job
from ops.tenants.life import doors


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong, in one line (Japanese), and the runbook that says what to do."""

    probe: str
    text: str
    runbook: str


Probe = Callable[[LiveTenant], Iterator[str]]


def verify(
    tenant: LiveTenant, only: Collection[str] | None = None
) -> tuple[list[str], list[Fault]]:
    """The probes that were made, all or `only` some, and every fault."""
    faults = []
    chosen = {name: _PROBES[name] for name in _PROBES if only is None or name in only}
    for name, (probe, runbook) in chosen.items():
        try:
            found = list(probe(tenant))
        except (ClientError, BotoCoreError, RegistrationError, httpx.HTTPError) as error:
            found = [f"確かめられません({_kind(error)})"]
        faults += [Fault(probe=name, text=text, runbook=runbook) for text in found]
    return list(chosen), faults


def _door(tenant: LiveTenant) -> Iterator[str]:
    """The page is served to all whom the door admits, records to nobody without a token."""
    if doors.are_closed(tenant):
        yield "入口が閉じられています"
    with httpx.Client(timeout=30, follow_redirects=True) as http:
        page, records = (_get(http, tenant, path) for path in ("", "cases"))
        if page != 200:
            yield f"画面が開きません(応答 {page})"
        if records != 401:
            yield f"サインインなしの要求が断られません(応答 {records})"


def _get(http: httpx.Client, tenant: LiveTenant, path: str) -> int:
    url = f"{tenant.url}{path}"
    if tenant.cloud is None:
        return http.get(url).status_code
    # Python resolves no name below localhost: the emulator knows the API by its Host header.
    parts = httpx.URL(url)
    local = parts.copy_with(host="127.0.0.1")
    return http.get(local, headers={"Host": f"{parts.host}:{parts.port}"}).status_code


def _sign_in(tenant: LiveTenant) -> Iterator[str]:
    cognito, pool_id = tenant.client("cognito-idp"), tenant.outputs["UserPoolId"]
    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    if pool.get("MfaConfiguration") != "ON" and tenant.manifest.mfa_required:
        yield "多要素認証が必須になっていません"
    if pool.get("DeletionProtection") != "ACTIVE":
        yield "利用者プールに削除の保護がありません"


def _audit(tenant: LiveTenant) -> Iterator[str]:
    answer = invoke_job(tenant, {"task": "verify"})
    if answer["problemCount"]:
        yield f"監査の記録に異常が {answer['problemCount']} 件あります"


def _key(tenant: LiveTenant) -> Iterator[str]:
    state = doors.key_state(tenant)
    if state != "Enabled":
        yield f"鍵が使えません(状態 {state})"
        return
    rotation = tenant.client("kms").get_key_rotation_status(KeyId=doors.key_id(tenant))
    if not rotation["KeyRotationEnabled"]:
        yield "鍵の自動更新が止まっています"


def _backup(tenant: LiveTenant) -> Iterator[str]:
    dynamodb = tenant.client("dynamodb")
    for name in (tenant.outputs["RecordsTable"], tenant.outputs["AuditTable"]):
        table = dynamodb.describe_table(TableName=name)["Table"]
        if not table.get("DeletionProtectionEnabled"):
            yield f"表 {name} に削除の保護がありません"
    if tenant.cloud is None:
        yield from recovery_faults(dynamodb, tenant.outputs)
    s3 = tenant.client("s3")
    for bucket in (tenant.outputs["FilesBucket"], tenant.outputs["SealsBucket"]):
        if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
            yield f"バケット {bucket} の版管理が止まっています"


def recovery_faults(dynamodb: Any, outputs: Mapping[str, str]) -> Iterator[str]:
    """Recovery to a time, and expiry of what is transient. The emulator's CloudFormation sets
    neither, so they are asked for on AWS only."""
    for name in (outputs["RecordsTable"], outputs["AuditTable"]):
        kept = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = kept["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] != "ENABLED":
            yield f"表 {name} の時点復元が止まっています"
        elif recovery.get("RecoveryPeriodInDays", PITR_DAYS) != PITR_DAYS:
            yield f"表 {name} の時点復元が {PITR_DAYS} 日ではありません"
    ttl = dynamodb.describe_time_to_live(TableName=outputs["RecordsTable"])
    if ttl["TimeToLiveDescription"].get("AttributeName") != TTL_ATTRIBUTE:
        yield "一時的な記録が期限で消えません"


def _tags(tenant: LiveTenant) -> Iterator[str]:
    wanted = dict(tenant.manifest.tags)
    dynamodb = tenant.client("dynamodb")
    for name in (tenant.outputs["RecordsTable"], tenant.outputs["AuditTable"]):
        arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
        found = dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
        if _missing(wanted, {t["Key"]: t["Value"] for t in found}):
            yield f"表 {name} の請求用タグが、設定ファイルと違います"
    listed = tenant.client("kms").list_resource_tags(KeyId=doors.key_id(tenant))["Tags"]
    if _missing(wanted, {t["TagKey"]: t["TagValue"] for t in listed}):
        yield "鍵の請求用タグが、設定ファイルと違います"


def _missing(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    return [key for key, value in wanted.items() if found.get(key) != value]


def _alarms(tenant: LiveTenant) -> Iterator[str]:
    prefix = names_of(tenant.manifest).prefix
    alarms = tenant.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{prefix}-")
    found = {alarm["AlarmName"]: alarm for alarm in alarms["MetricAlarms"]}
    for name in (f"{prefix}-api-5xx", f"{prefix}-jobs-errors"):
        if name not in found:
            yield f"警報 {name} がありません"
        elif not found[name].get("ActionsEnabled", True):
            yield f"警報 {name} の知らせが止まっています"
    rule = tenant.client("events").describe_rule(Name=f"{prefix}-key-state")
    if rule.get("State") != "ENABLED":
        yield "鍵が止められたときの知らせが止まっています"


def code_of(tenant: LiveTenant) -> str:
    """A digest of the code that the functions have, asked of Lambda: equal where the same release
    runs. The function that prints is not in it: it may hold layouts of the municipality's own."""
    client = tenant.client("lambda")
    names = names_of(tenant.manifest)
    found = [
        client.get_function_configuration(FunctionName=names.function(concern))["CodeSha256"]
        for concern in ("api", "jobs", "exchange")
    ]
    return hashlib.sha256("".join(found).encode()).hexdigest()[:12]


def _functions(tenant: LiveTenant) -> Iterator[str]:
    states = {
        function: tenant.client("lambda").get_function_configuration(FunctionName=function)
        for function in (tenant.outputs["JobsFunction"], tenant.outputs["ExchangeFunction"])
    }
    for function, about in states.items():
        if about.get("State", "Active") != "Active":
            yield f"関数 {function} が動きません(状態 {about['State']})"
    if doors.is_read_only(tenant):
        yield "書き込みが止められています"


def utc_now() -> str:
    """This moment, as approvals write theirs."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _emergency(tenant: LiveTenant) -> Iterator[str]:
    yield from emergency_faults(tenant, utc_now())


def emergency_faults(tenant: LiveTenant, now: str) -> Iterator[str]:
    """A role that reads records must be what the municipality approved, and gone afterwards."""
    access = tenant.manifest.emergency
    names = names_of(tenant.manifest)
    role = names.function(EMERGENCY)
    iam = tenant.client("iam")
    try:
        trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        trust = None
    if trust is None:
        if access is not None and not access.is_over(now):
            yield f"承認された緊急用の役割 {role} がありません"
        return
    if access is None:
        yield f"承認のない緊急用の役割 {role} があります"
        return
    if access.is_over(now):
        yield (
            f"緊急用の役割 {role} の期限({access.until})が過ぎています。設定ファイルから消し、"
            "upgrade で取り除いてください"
        )
    if access.closes_at not in json.dumps(trust):
        yield f"緊急用の役割 {role} の期限が、承認された日({access.until})と違います"
    rule = tenant.client("events").describe_rule(Name=f"{names.prefix}-emergency-used")
    if not str(rule.get("State", "")).startswith("ENABLED"):
        yield "緊急用の役割が使われたときの知らせが止まっています"


def emergency_note(tenant: LiveTenant, now: str) -> str | None:
    """What a reader of a verification should know although it is no fault."""
    access = tenant.manifest.emergency
    if access is None or access.is_over(now):
        return None
    return (
        f"緊急用の役割が {access.until} まで開いています(承認 {access.approved_on}、"
        f"{access.approved_by})。"
    )


def _kind(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"]["Code"])
    return type(error).__name__


_PROBES: dict[str, tuple[Probe, str]] = {
    "door": (_door, "docs/operations/runbooks.md#入口"),
    "sign-in": (_sign_in, "docs/operations/runbooks.md#サインイン"),
    "audit": (_audit, "docs/operations/runbooks.md#監査の記録"),
    "key": (_key, "docs/operations/runbooks.md#鍵"),
    "backup": (_backup, "docs/operations/runbooks.md#控え"),
    "tags": (_tags, "docs/operations/runbooks.md#請求用タグ"),
    "alarms": (_alarms, "docs/operations/runbooks.md#警報"),
    "functions": (_functions, "docs/operations/runbooks.md#関数"),
    "emergency": (_emergency, "docs/operations/runbooks.md#緊急用の役割"),
}
