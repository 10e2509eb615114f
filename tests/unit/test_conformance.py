"""The published suite: green on our own tenant, and no crippled copy gets through it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from lambdas.casework.audit import canonical
from ops.offers.conformance import exchange
from ops.offers.conformance.checks import AT_THE_END, CHECKS
from ops.offers.conformance.story import ADDRESS, FailedError, Story
from ops.offers.conformance.suite import run, tried
from ops.offers.conformance.system import Reply
from ops.offers.functions import function_list
from ops.offers.results import FAILED, NOT_TESTABLE, PASSED, Result
from tests.unit.exchanged import Tenants, allow_export
from tests.unit.in_process import InProcess
from tests.unit.test_exchange import rehashed

LOGINS = {
    "office": "kanri1",
    "officer": "tantou1",
    "coordinator": "chousei1",
    "receiver": "houkatsu1",
    "member": "komorebi1",
    "auditor": "kansa1",
}


class Local:
    """The tenant in this process as a system under test; subclasses spoil it."""

    def __init__(self, here: InProcess) -> None:
        self.here = here

    def request(
        self,
        part: str | None,
        method: str,
        path: str,
        *,
        sent: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        plain, _, query = path.partition("?")
        if part is None:
            # Tokens are the gateway's work, which this process has not.
            return Reply(status=401, text="{}", headers={})
        pairs = dict(p.split("=", 1) for p in query.split("&")) if query else None
        answer = self.here.request(
            LOGINS[part],
            method,
            plain,
            json_body=sent,
            headers={key.lower(): value for key, value in (headers or {}).items()},
            query=pairs,
        )
        return Reply(status=answer.status, text=answer.text, headers=answer.headers)

    def password_alone(self, part: str) -> Reply:
        return Reply(status=200, text='{"next": "totp", "state": "x"}', headers={})


def result_of(system: Any) -> Result:
    return run(system, offer="x", version="1", environment="試験", day=date(2026, 11, 28))


def outcomes(system: Any) -> dict[str, tuple[str, str]]:
    return {n: (o.outcome, o.detail) for n, o in result_of(system).outcomes.items()}


def test_every_function_of_the_list_has_the_check_that_it_names() -> None:
    api = {n for n, f in function_list().functions.items() if f.how == "api"}
    assert set(CHECKS) == api
    assert set(AT_THE_END) <= api


def test_our_own_tenant_is_green(here: InProcess) -> None:
    found = outcomes(Local(here))
    assert {n: o for n, o in found.items() if o[0] == FAILED} == {}
    assert {n for n, o in found.items() if o[0] == PASSED} == set(CHECKS)
    assert found["F43"][0] == NOT_TESTABLE
    assert list(found) == list(function_list().functions)


Spoil = Callable[["Spoiled", str | None, str, str, Any, Mapping[str, str] | None], Reply | None]


class Spoiled(Local):
    """A copy whose answers a function may take over; None leaves them as they are."""

    def __init__(self, here: InProcess, spoil: Spoil) -> None:
        super().__init__(here)
        self.spoil = spoil
        self.memory: dict[str, Any] = {}

    def request(
        self,
        part: str | None,
        method: str,
        path: str,
        *,
        sent: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        taken = self.spoil(self, part, method, path, sent, headers)
        return taken or self.honest(part, method, path, sent=sent, headers=headers)

    def honest(self, *args: Any, **more: Any) -> Reply:
        return super().request(*args, **more)


def as_office(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    """Consent ignored: whoever takes part in a case reads all of it."""
    if method == "GET" and part == "member" and "/records/" in path:
        return me.honest("office", method, path)
    return None


def deaf_to_withdrawal(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    """Who has once been shown a record goes on being shown it."""
    if method == "GET" and part == "member" and "/records/intake" in path:
        answer = me.honest(part, method, path)
        if answer.status == 200:
            me.memory["seen"] = answer
        return me.memory.get("seen", answer)
    return None


def without(*routes: str) -> Spoil:
    """Functions switched off: their routes are not there."""

    def spoil(me, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
        if any(path.split("?")[0].endswith(route) or f"{route}/" in path for route in routes):
            return Reply(status=404, text='{"title": "ない"}', headers={})
        return None

    return spoil


def overwriting(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    """No versions kept: the first revision is whatever is there now."""
    if path.endswith("/revisions/1"):
        return me.honest(part, method, path.removesuffix("/revisions/1"))
    return None


def normalising(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    """Names normalised on the way in."""
    import unicodedata

    if method == "POST" and path == "/cases":
        folded = json.loads(unicodedata.normalize("NFKC", json.dumps(sent, ensure_ascii=False)))
        folded["data"]["name"] = folded["data"].get("name", "").replace("\U000e0100", "")
        if not folded["data"]["name"]:
            del folded["data"]["name"]
        return me.honest(part, method, path, sent=folded, headers=headers)
    return None


def leaking(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    """The protected address shows in the list of cases."""
    if method == "GET" and path == "/cases":
        answer = me.honest(part, method, path)
        return Reply(status=200, text=answer.text[:-1] + f', "x": "{ADDRESS}"}}', headers={})
    return None


def chatty(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    """A denial says that there is something."""
    answer = me.honest(part, method, path, sent=sent, headers=headers)
    if answer.status == 404 and method == "GET" and "/cases/" in path:
        return Reply(status=403, text='{"title": "同意がないため見られません"}', headers={})
    return answer


def open_meetings(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    """Whoever takes part in the case reads what was said under 106条の6."""
    if method == "GET" and part in ("receiver", "coordinator") and "/records/" in path:
        return me.honest("office", method, path)
    return None


def anybody_decides(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    """The contractor decides on support."""
    if isinstance(sent, dict) and sent.get("form") == "decision":
        return me.honest("officer", method, path, sent=sent, headers=headers)
    return None


def generous_statistics(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    """True numbers for everyone."""
    if path.startswith("/statistics"):
        return me.honest("office", method, path.replace("publication", "report"))
    return None


def dead(me: Spoiled, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
    if path == "/me" and part is None:
        return
    raise httpx.ConnectError("no")


@pytest.mark.parametrize(
    ("spoil", "caught"),
    [
        (as_office, {"F09", "F10"}),
        (deaf_to_withdrawal, {"F09"}),
        (
            without("/genogram", "/search", "/ledger", "/audit", "/books"),
            {"F06", "F22", "F34", "F35", "F36", "F58"},
        ),
        (overwriting, {"F07", "F14"}),
        (normalising, {"F53"}),
        (leaking, {"F32"}),
        (chatty, {"F30"}),
        (open_meetings, {"F11"}),
        (anybody_decides, {"F15"}),
        (generous_statistics, {"F26"}),
    ],
)
def test_a_crippled_copy_is_caught(here: InProcess, spoil: Spoil, caught: set[str]) -> None:
    story = Story(system=Spoiled(here, spoil), mark="試験0abc1234")
    # Up to the last of them; the statistics rest on nothing that came before.
    last = max(list(CHECKS).index(number) for number in caught)
    tries = list(CHECKS.items())[0 if caught != {"F26"} else last : last + 1]
    found = {number: tried(check, story).outcome for number, check in tries}
    assert {number for number in caught if found[number] != FAILED} == set(), found


def test_a_password_alone_is_caught(here: InProcess) -> None:
    class Lax(Local):
        def password_alone(self, part: str) -> Reply:
            return Reply(status=200, text='{"next": "done", "idToken": "x"}', headers={})

    story = Story(system=Lax(here), mark="試験0abc1234")
    assert tried(CHECKS["F46"], story).outcome == FAILED


def test_a_system_that_dies_has_failed_and_what_it_says_is_not_believed(here: InProcess) -> None:
    found = outcomes(Spoiled(here, dead))
    assert found["F01"] == (FAILED, "応答がない")
    assert found["F09"][0] == NOT_TESTABLE

    def nonsense(me, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
        return Reply(status=200, text="[1, 2]", headers={})

    found = outcomes(Spoiled(here, nonsense))
    assert not {n for n, o in found.items() if o[0] == PASSED}


def test_a_result_holds_nobodys_data(here: InProcess) -> None:
    def broken(me, part, method, path, sent, headers):  # type: ignore[no-untyped-def]
        return Reply(status=500, text='{"title": "x"}', headers={}) if method == "GET" else None

    text = str(result_of(Spoiled(here, broken)))
    for word in (ADDRESS, "適合󠄀", "122041-2026", "staff-"):
        assert word not in text


@pytest.fixture
def exported(here: InProcess, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A bundle of our own tenant, without anything sealed."""
    made = Tenants(monkeypatch)
    here.create()
    allow_export(here)
    made.export()
    return made.bundle()


def judged(files: Mapping[str, bytes], directory: Path) -> str:
    """What the suite says of a bundle: "" when there is nothing to say."""
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    try:
        exchange.bundle(directory)
    except FailedError as error:
        return str(error)
    return ""


def test_a_bundle_is_judged_as_an_import_would(exported: dict[str, bytes], tmp_path: Path) -> None:
    assert judged(exported, tmp_path / "right") == ""
    records = next(name for name in exported if name.startswith("lines/record/"))
    twin = next(name for name in exported if name.startswith("twins/"))
    schema = next(name for name in exported if name.startswith("schemas/forms/"))
    for number, (name, content, told) in enumerate(
        (
            ("manifest.json", b"{}", "目録"),
            (records, exported[records] + b" ", "作られたときと違います"),
            (records, exported[records][:-3], "作られたときと違います"),
            (twin, b"", "作られたときと違います"),
            (schema, b"{}", "作られたときと違います"),
        )
    ):
        assert told in judged(exported | {name: content}, tmp_path / str(number)), name
    spoilt = rehashed(exported, records, lambda lines: [lines[0][:-1] + ',"x":1}', *lines[1:]])
    assert judged(spoilt, tmp_path / "line") == "公開された形でない行がある"
    events = next(name for name in exported if name.startswith("lines/event/"))
    linked = rehashed(exported, events, lambda ls: [x for x in ls if '"seq":1,' not in x])
    assert judged(linked, tmp_path / "chain") == "変更の記録のつながりが切れている"
    hidden = json.loads(exported["manifest.json"])
    next(f for f in hidden["files"] if f["path"] == "sealed/000001.bin")["lines"] -= 1
    fewer = exported | {"manifest.json": canonical(hidden)}
    assert judged(fewer, tmp_path / "fewer") == "行の数が、目録と合わない"
    without = {name: content for name, content in exported.items() if name != schema}
    assert judged(listed(without), tmp_path / "schema").endswith("が束にない")
    short = exported | {twin: exported[twin].splitlines(keepends=True)[0]}
    assert judged(listed(short), tmp_path / "twin").endswith("記録の数と合わない")


def listed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The manifest made to fit files that were changed or are gone."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = [
        about
        | {
            "bytes": len(files[about["path"]]),
            "sha256": hashlib.sha256(files[about["path"]]).hexdigest(),
        }
        for about in manifest["files"]
        if about["path"] in files
    ]
    return files | {"manifest.json": canonical(manifest)}


def test_the_suite_judges_the_bundle_it_is_given(
    here: InProcess, exported: dict[str, bytes], tmp_path: Path
) -> None:
    assert judged(exported, tmp_path) == ""
    found = run(
        Local(here),
        offer="x",
        version="1",
        environment="試験",
        day=date(2026, 11, 28),
        bundle=tmp_path,
    )
    assert found.outcomes["F43"].outcome == PASSED
