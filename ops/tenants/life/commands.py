"""The commands of a tenant's life, step by step.

    new → active ⇄ suspended;  active → exported → held → closed → erasing → erased

No stack ever deletes a tenant: its records end when its key does.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.names import OLD_VERSION_DAYS, PITR_DAYS
from ops.exchange import bundle
from ops.tenants.life import doors
from ops.tenants.life.engine import Command, LifeError, Notes, Step, World
from ops.tenants.life.probes import verify

# DynamoDB archives a table whose key was unusable for seven days.
GRACE_DAYS = 7
# KMS takes 7 to 30; the longest leaves the most time to notice a mistake.
KEY_WINDOW_DAYS = 30
_ACTIVE = frozenset({"active"})


def _deploy(world: World, _: Notes) -> Notes:
    world.deploy()
    return {
        "deployedAt": world.now.isoformat(timespec="seconds"),
        "release": world.release,
        "settings": world.settings,
    }


def _is_of_before(world: World, notes: Notes) -> bool:
    """Whether source or settings have changed since: a tenant that did not stand the probes is
    repaired by either, and would else be told to have what it has not."""
    return (notes.get("release"), notes.get("settings")) != (world.release, world.settings)


def _probe(world: World, _: Notes) -> Notes:
    made, faults = verify(world.live())
    if faults:
        told = "\n".join(f"{fault.text}({fault.runbook})" for fault in faults)
        raise LifeError(
            f"配備した環境に異常があります。直してから、同じコマンドを実行してください。\n{told}"
        )
    return {"probes": made, "verifiedAt": world.now.isoformat(timespec="seconds")}


def _check_resumable(world: World, _: Notes) -> Notes:
    tenant = world.live()
    if doors.key_state(tenant) not in ("Enabled", "Disabled"):
        raise LifeError("鍵が削除の予定になっています。停止ではなく、削除の取消しが要ります。")
    if not doors.can_be_enabled_again(tenant):
        raise LifeError("鍵の方針が、鍵を再び有効にすることを許していません。停止できません。")
    return {}


def _close_doors(world: World, notes: Notes) -> Notes:
    tenant = world.live()
    # Of a try that was cut off the doors may be closed already: what they were is told by
    # what is left beside the denial.
    return {"doors": doors.close(tenant)}


def _disable_key(world: World, _: Notes) -> Notes:
    tenant = world.live()
    tenant.client("kms").disable_key(KeyId=doors.key_id(tenant))
    limit = world.now + timedelta(days=GRACE_DAYS)
    world.say(f"{limit:%Y-%m-%d} までに再開しないと、表が保管状態に移り、使えなくなります。")
    return {"resumeBy": limit.isoformat(timespec="seconds")}


def _enable_key(world: World, _: Notes) -> Notes:
    tenant = world.live()
    tenant.client("kms").enable_key(KeyId=doors.key_id(tenant))
    return {}


def _open_doors(world: World, notes: Notes) -> Notes:
    doors.reopen(world.live(), notes["doors"])
    return {}


def _stop_writing(world: World, _: Notes) -> Notes:
    doors.set_read_only(world.live(), on=True)
    return {"readOnlyFrom": world.now.isoformat(timespec="seconds")}


def _name_bundle(world: World, _: Notes) -> Notes:
    """Noted before it is made, so that another run goes on with the same bundle."""
    lg_code = world.live().manifest.lg_code
    return {"bundleId": world.asked.get("bundle") or bundle.new_bundle_id(lg_code)}


def _export(world: World, notes: Notes) -> Notes:
    task = {
        "task": "export",
        "bundleId": notes["bundleId"],
        "orderedBy": world.ordered_by,
    }
    answer = bundle.run_to_end(world.live(), task, world.say)
    return {"counts": answer["counts"], "manifestSha256": answer["manifestSha256"]}


def _hand_over(world: World, notes: Notes) -> Notes:
    directory = world.asked["out"]
    digest = bundle.fetch(world.live(), notes["bundleId"], directory)
    if digest != notes["manifestSha256"]:
        raise LifeError("受け取った目録が、作られたものと違います。やり直してください。")
    kms, key_id = world.asked["signer"]
    bundle.sign(directory, kms, key_id)
    world.say(f"目録のハッシュ(自治体に伝える): {digest}")
    return {}


def _confirm(world: World, notes: Notes) -> Notes:
    told = world.asked.get("confirm")
    if told is None:
        raise LifeError(
            "自治体がデータを受け取り、目録のハッシュを確かめたら、そのハッシュを --confirm に"
            "指定して、もう一度実行してください。"
        )
    if told != notes["manifestSha256"]:
        raise LifeError("確認されたハッシュが、引き渡した目録と違います。消去には進めません。")
    return {"confirmedAt": world.now.isoformat(timespec="seconds")}


def _set_hold(world: World, _: Notes) -> Notes:
    until = world.now + timedelta(days=world.asked.get("hold_days", 30))
    return {"holdUntil": until.date().isoformat()}


def _hold_is_over(world: World, notes: Notes) -> Notes:
    if world.now.date().isoformat() < notes["holdUntil"]:
        raise LifeError(f"{notes['holdUntil']} まで保管します。その日以降に実行してください。")
    return {}


def _schedule_deletion(world: World, _: Notes) -> Notes:
    tenant = world.live()
    kms, key = tenant.client("kms"), doors.key_id(tenant)
    if doors.key_state(tenant) != "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=KEY_WINDOW_DAYS)
    ends = kms.describe_key(KeyId=key)["KeyMetadata"]["DeletionDate"]
    return {"keyDeletedOn": ends.astimezone(UTC).date().isoformat(), "keyId": key}


def _certificate(world: World, notes: Notes) -> Notes:
    """What is erased, how, and what persists until when (Ruling 10)."""
    tenant = world.live()
    deleted = datetime.fromisoformat(notes["keyDeletedOn"]).date()
    logs = tenant.manifest.log_days
    return {
        "certificate": {
            "municipality": tenant.manifest.municipality,
            "code": tenant.manifest.lg_code,
            "means": "自治体ごとの暗号鍵の削除(削除後は、事業者にも AWS にも復号できません)",
            "keyId": notes["keyId"],
            "keyDeletedOn": notes["keyDeletedOn"],
            "handedOver": {
                "bundleId": notes["bundleId"],
                "manifestSha256": notes["manifestSha256"],
                "confirmedAt": notes["confirmedAt"],
                "counts": notes["counts"],
            },
            "persists": [
                f"表と、その {PITR_DAYS} 日分の時点復元: 暗号化されたまま。"
                f"{notes['keyDeletedOn']} からだれにも読めない",
                f"ファイルとその以前の版({OLD_VERSION_DAYS} 日): 同上",
                "日ごとの封印: ハッシュだけを含む。保存期間の終わりまで消せない",
                f"動作ログ({logs} 日): 鍵の下にあり、同じ日から読めない",
                "サインインの利用者ID(氏名を含まない): 利用者プールを消す日まで",
                f"AWS Backup の写しを使っていたとき: その保存期間の終わり({deleted} より後でも、"
                "鍵がなければ読めない)",
            ],
        }
    }


def _key_is_gone(world: World, notes: Notes) -> Notes:
    kms = world.live().client("kms")
    try:
        state = kms.describe_key(KeyId=notes["keyId"])["KeyMetadata"]["KeyState"]
    except kms.exceptions.NotFoundException:
        return {"erasedAt": world.now.isoformat(timespec="seconds")}
    raise LifeError(
        f"鍵はまだ消えていません(状態 {state}、予定日 {notes['keyDeletedOn']})。"
        "予定日を過ぎてから実行してください。"
    )


_CLOSE = Step(name="close-doors", title="入口を閉じています", act=_close_doors)
_DISABLE = Step(name="disable-key", title="鍵を止めています", act=_disable_key)
_VERIFY = Step(name="probe", title="環境を確かめています", act=_probe)
_DEPLOY = Step(name="deploy", title="配備しています", act=_deploy, stale=_is_of_before)


def _only(*names: str) -> Any:
    def pick(notes: Notes) -> Mapping[str, Any]:
        return {name: notes.get(name) for name in names}

    return pick


DEPLOY = Command(
    name="deploy",
    title="配備",
    begins=frozenset({"new"}),
    ends="active",
    steps=(_DEPLOY, _VERIFY),
    facts=_only("deployedAt", "release", "settings", "verifiedAt"),
)
UPGRADE = Command(
    name="upgrade",
    title="更新",
    begins=_ACTIVE,
    ends="active",
    steps=(_DEPLOY, _VERIFY),
    facts=_only("deployedAt", "release", "settings", "verifiedAt"),
)
SUSPEND = Command(
    name="suspend",
    title="停止",
    begins=_ACTIVE,
    ends="suspended",
    steps=(
        Step(name="check", title="再開できることを確かめています", act=_check_resumable),
        _CLOSE,
        _DISABLE,
    ),
    facts=_only("doors", "resumeBy"),
)
RESUME = Command(
    name="resume",
    title="再開",
    begins=frozenset({"suspended"}),
    ends="active",
    steps=(
        Step(name="enable-key", title="鍵を有効にしています", act=_enable_key),
        Step(name="open-doors", title="入口を開けています", act=_open_doors),
        _VERIFY,
    ),
    facts=_only("doors", "resumeBy", "verifiedAt"),
)
# One command for the person who closes a tenant; each part ends where somebody must act.
OFFBOARD = (
    Command(
        name="offboard",
        title="終了(引渡し)",
        begins=_ACTIVE,
        ends="exported",
        steps=(
            Step(name="read-only", title="書き込みを止めています", act=_stop_writing),
            Step(name="name-bundle", title="引渡し用データの番号を決めています", act=_name_bundle),
            Step(name="export", title="引渡し用データを作っています", act=_export),
            Step(name="hand-over", title="引渡し用データを受け取っています", act=_hand_over),
        ),
        facts=_only("bundleId", "counts", "manifestSha256", "readOnlyFrom"),
    ),
    Command(
        name="offboard",
        title="終了(確認)",
        begins=frozenset({"exported"}),
        ends="held",
        steps=(
            Step(name="confirm", title="自治体の確認を照らしています", act=_confirm),
            Step(name="hold", title="保管期間を決めています", act=_set_hold),
        ),
        facts=_only("confirmedAt", "holdUntil"),
    ),
    Command(
        name="offboard",
        title="終了(鍵の停止)",
        begins=frozenset({"held"}),
        ends="closed",
        steps=(
            Step(name="hold-over", title="保管期間を確かめています", act=_hold_is_over),
            _CLOSE,
            _DISABLE,
        ),
        facts=_only("doors"),
    ),
    Command(
        name="offboard",
        title="終了(消去の予定)",
        begins=frozenset({"closed"}),
        ends="erasing",
        steps=(
            Step(name="schedule", title="鍵の削除を予定しています", act=_schedule_deletion),
            Step(name="certificate", title="消去の証明書を作っています", act=_certificate),
        ),
        facts=_only("keyDeletedOn", "keyId", "certificate"),
    ),
    Command(
        name="offboard",
        title="終了(消去)",
        begins=frozenset({"erasing"}),
        ends="erased",
        steps=(Step(name="gone", title="鍵が消えたことを確かめています", act=_key_is_gone),),
        facts=_only("erasedAt"),
    ),
)
