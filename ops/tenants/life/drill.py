"""The restore drill, step by step: the tenant's tables as they were, beside those in use; measured,
and taken away again. With `for_use` they stay, for the stack to be pointed at them.

    active → active;  who runs the command again goes on where it stopped
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from infra.names import names_of
from ops.exchange import bundle
from ops.live import LiveTenant
from ops.tenants.life import doors
from ops.tenants.life.engine import Command, LifeError, Notes, Step, World
from ops.tenants.life.registry import Registry

# DynamoDB takes some minutes for a small table, an hour or more for a large one.
_PAUSE_SECONDS = 5.0
_MOST_PAUSES = 12 * 60 * 6
_MOST_MISSING = 20


def new_restore_id(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"


def _choose(world: World, _: Notes) -> Notes:
    """When the clock starts, and how far back the tables can be brought at this moment."""
    now = world.now
    tenant = world.live()
    asked: datetime | None = world.asked.get("to")
    latest = latest_restorable(tenant)
    if asked is not None and asked > now:
        raise LifeError("まだ来ていない時点には戻せません。")
    to = asked or latest or now
    if latest is not None and to > latest:
        raise LifeError(
            f"戻せるのは {latest.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} までです。"
            "それより前の時点を指定してください。"
        )
    return {
        "restoreId": new_restore_id(now),
        "begunAt": now.isoformat(timespec="seconds"),
        "restoredTo": to.astimezone(UTC).isoformat(timespec="seconds"),
        "latestRestorable": latest and latest.astimezone(UTC).isoformat(timespec="seconds"),
        "forUse": bool(world.asked.get("for_use")),
        # The local cloud copies what there is now, whatever moment it is asked for.
        "toAMoment": tenant.cloud is None,
    }


def latest_restorable(tenant: LiveTenant) -> datetime | None:
    """The last moment to which both tables can be brought; None in the local cloud, which does not
    say. Raises LifeError where recovery is off."""
    if tenant.cloud is not None:
        return None
    dynamodb = tenant.client("dynamodb")
    moments = []
    for name in (tenant.outputs["RecordsTable"], tenant.outputs["AuditTable"]):
        kept = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = kept["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] != "ENABLED":
            raise LifeError(f"表 {name} の時点復元が止まっています。戻せません。")
        if "LatestRestorableDateTime" in recovery:
            moments.append(recovery["LatestRestorableDateTime"])
    return min(moments, default=None)


def _stop_writing(world: World, notes: Notes) -> Notes:
    """What is written from now on would be lost with the tables in use. A drill lets work go on."""
    if notes["forUse"]:
        doors.set_read_only(world.live(), on=True)
    return {}


def _begin(world: World, notes: Notes) -> Notes:
    # In the local cloud no moment is named: it would be a claim that nothing there keeps.
    to = {"to": notes["restoredTo"]} if notes["toAMoment"] else {}
    _ask(world, notes, "restore-begin", orderedBy=world.ordered_by, **to)
    return {}


def _wait(world: World, notes: Notes) -> Notes:
    for _ in range(_MOST_PAUSES):
        state = _ask(world, notes, "restore-state")
        if state["ready"]:
            return {"tablesReadyAt": world.now.isoformat(timespec="seconds")}
        if "MISSING" in state["tables"].values():
            raise LifeError(
                "復元した表がありません。soudan drill clear のあと、やり直してください。"
            )
        time.sleep(world.asked.get("pause", _PAUSE_SECONDS))
    raise LifeError("復元がまだ終わりません。しばらくして、同じコマンドで続きから行ってください。")


def _attach(world: World, notes: Notes) -> Notes:
    answer = _ask(world, notes, "restore-attach")
    if answer["differences"]:
        told = "\n".join(f"  {one}" for one in answer["differences"])
        raise LifeError(f"復元した表の設定が、使っている表と違います。\n{told}")
    return {}


def _verify_moment(world: World, notes: Notes) -> Notes:
    answer = _ask(world, notes, "restore-verify", at=notes["restoredTo"])
    _refuse_problems(answer, "戻した時点の記録が、監査の記録と合いません。")
    return {"verified": {k: answer[k] for k in ("events", "cases", "seals")}}


def _replay(world: World, notes: Notes) -> Notes:
    answer = _ask(
        world, notes, "restore-replay",
        to=notes["restoredTo"], orderedBy=world.ordered_by, forUse=notes["forUse"],
    )  # fmt: skip
    return {"replayed": {k: v for k, v in answer.items() if k != "maxRssMb"}}


def _files(world: World, notes: Notes) -> Notes:
    checked, put_back, missing, after = 0, 0, [], ""
    while True:
        answer = _ask(
            world, notes, "restore-files",
            to=notes["restoredTo"], after=after, forUse=notes["forUse"],
        )  # fmt: skip
        checked += answer["checked"]
        put_back += answer["putBack"]
        missing += answer["missing"]
        if answer["done"]:
            break
        after = answer.get("after", after)
    if missing:
        world.say(f"見つからない添付ファイルが {len(missing)} 個あります。")
    return {
        "files": {
            "checked": checked,
            "putBack": put_back,
            "missing": len(missing),
            "firstMissing": missing[:_MOST_MISSING],
        }
    }


def _verify_end(world: World, notes: Notes) -> Notes:
    answer = _ask(world, notes, "restore-verify")
    _refuse_problems(answer, "戻したあとの記録が、監査の記録と合いません。")
    return {}


def _measure(world: World, notes: Notes) -> Notes:
    begun = datetime.fromisoformat(notes["begunAt"])
    now = world.now
    latest = notes.get("latestRestorable")
    return {
        "readyAt": now.isoformat(timespec="seconds"),
        # From the order to tables that could be opened.
        "rtoSeconds": round((now - begun).total_seconds()),
        # What a loss at the moment of the order would have cost at least.
        "rpoSeconds": latest and round((begun - datetime.fromisoformat(latest)).total_seconds()),
    }


def _clear(world: World, notes: Notes) -> Notes:
    if notes["forUse"]:
        generation = names_of(world.live().manifest).restored.generation
        world.say(
            "復元した表に切り替えるには、設定ファイルに次の2行を書いて upgrade してください。\n"
            f"restored:\n  generation: {generation}"
        )
        return {"generation": generation}
    _ask(world, notes, "restore-clear", drill=True)
    for _ in range(_MOST_PAUSES):
        if not _ask(world, notes, "restore-cleared")["left"]:
            break
        time.sleep(world.asked.get("pause", _PAUSE_SECONDS))
    return {}


def give_up(registry: Registry, name: str, tenant: LiveTenant, *, even_for_use: bool) -> list[str]:
    """Takes away what a restoration has left, and ends one that is under way; the names of the
    tables. Raises ExchangeError for tables that were restored for use, unless `even_for_use`."""
    entry = registry.entry(name)
    operation = entry.operation
    under_way = operation if operation is not None and operation.command == DRILL.name else None
    about = under_way.notes if under_way else entry.facts.get("lastDrill", {})
    gone: list[str] = []
    if "restoreId" in about:
        task = {"restoreId": about["restoreId"]}
        drill = even_for_use or not about["forUse"]
        gone = bundle.ask(tenant, {"task": "restore-clear", "drill": drill, **task})["cleared"]
        bundle.ask(tenant, {"task": "restore-cleared", **task})
        if about["forUse"] and gone:
            # Nobody goes over to these tables any more: work goes on with those in use.
            doors.set_read_only(tenant, on=False)
    if under_way:
        registry.finish(entry, entry.state, {}, event="given-up")
    return gone


def _refuse_problems(answer: Mapping[str, Any], text: str) -> None:
    if answer["problemCount"]:
        told = "\n".join(f"  {p['kind']} {p['where']}: {p['text']}" for p in answer["problems"])
        raise LifeError(f"{text}開けてはいけません({answer['problemCount']} 件)。\n{told}")


def _ask(world: World, notes: Notes, task: str, **more: Any) -> dict[str, Any]:
    return bundle.ask(world.live(), {"task": task, "restoreId": notes["restoreId"], **more})


def _facts(notes: Notes) -> Mapping[str, Any]:
    """What the registry keeps of the last one."""
    kept = (
        *("restoreId", "begunAt", "restoredTo", "forUse", "toAMoment"),
        *("rtoSeconds", "rpoSeconds", "files", "replayed", "generation"),
    )
    return {"lastDrill": {name: notes.get(name) for name in kept}}


DRILL = Command(
    name="drill",
    title="復元",
    begins=frozenset({"active"}),
    ends="active",
    steps=(
        Step(name="choose", title="戻す時点を決めています", act=_choose),
        Step(name="stop-writing", title="書き込みの扱いを決めています", act=_stop_writing),
        Step(name="begin", title="表の復元を始めています", act=_begin),
        Step(name="wait", title="表の復元を待っています", act=_wait),
        Step(name="attach", title="表の設定を付け直しています", act=_attach),
        Step(name="verify", title="監査の記録と照らしています", act=_verify_moment),
        Step(name="replay", title="終わったことを終わったままにしています", act=_replay),
        Step(name="files", title="添付ファイルの版を確かめています", act=_files),
        Step(name="verify-end", title="監査の記録ともう一度照らしています", act=_verify_end),
        Step(name="measure", title="かかった時間を測っています", act=_measure),
        Step(name="clear", title="後片付けをしています", act=_clear),
    ),
    facts=_facts,
)
