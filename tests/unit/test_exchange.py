"""A tenant that moves: what comes in is what went out, and nothing else comes in."""

import csv
import hashlib
import io
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import jsonschema_rs
import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.casework.forms import SCHEMAS
from lambdas.exchange import export, sealing
from lambdas.exchange.lines import NOT_MOVED, Tally, kinds
from lambdas.jobs.seals import Seals, seal_until
from lambdas.store import models, trail
from lambdas.store.sign_in import take_turn
from lambdas.store.verification import Records, verify
from ops.exchange import schema
from tests import good_requests
from tests.good_requests import GOOD
from tests.unit import exchanged
from tests.unit.exchanged import BUNDLE, Tenants, allow_export
from tests.unit.in_process import InProcess, start
from tests.unit.test_every_route import caller, send

_LINES = json.loads(schema.FILE.read_text("utf-8"))
_SECRET = "047-999-0000"  # what the compartment of the world holds


@pytest.fixture
def tenants(here: InProcess, monkeypatch: pytest.MonkeyPatch) -> Tenants:
    made = Tenants(monkeypatch)
    world = good_requests.build(caller(here))
    fill(here, world, random.Random(7), 6)  # noqa: S311
    allow_export(here)
    return made


def fill(here: InProcess, world: Any, rng: random.Random, count: int) -> None:
    """Random good requests; those that no longer fit are refused, which is as good. And what no
    request of staff writes: somebody's failed sign-ins."""
    take_turn("nobody", datetime.now(UTC))
    take_turn("nobody", datetime.now(UTC))
    for number in range(count):
        route = rng.choice(sorted(GOOD))
        send(here, world, route, f"{number:08d}-{rng.getrandbits(64):016x}")


def moved(items: list[str]) -> list[str]:
    """Items without what belongs to the move itself, and without logins."""
    kept = []
    for text in items:
        item = json.loads(text)
        kind = item.get("cls", {}).get("S")
        if kind in NOT_MOVED:
            continue
        if item["pk"]["S"] == "TENANT" and "import-tenant" in item["event"]["S"]:
            continue
        if "SS" in item.get("changed", {}):
            item["changed"]["SS"].sort()  # a set has no order
        if kind == "staff":
            item["pk"] = {"S": f"STAFF#{item['staffId']['S']}"}
        if kind in ("sealed-key", "secret"):
            del item["wrapped"]
        kept.append(json.dumps(item, sort_keys=True))
    return sorted(kept)


def assert_equal(tenants: Tenants) -> None:
    for mine, theirs in (("t-records", "b-records"), ("t-audit", "b-audit")):
        assert moved(tenants.items(mine)) == moved(tenants.items(theirs))
    assert tenants.objects("t-files", "files/") == tenants.objects("b-files", "files/")
    assert tenants.objects("t-seals", "seals/") == tenants.objects("b-seals", "seals/")


def verified(tenants: Tenants) -> dict[str, Any]:
    """What the verification of the new tenant's trail says."""
    with tenants.at("b"):
        models.bind(records_table="b-records", audit_table="b-audit", region=exchanged.REGION)
        records = Records(
            read_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            items=list(trail.records()),
        )
        seals = Seals(bucket="b-seals", region=exchanged.REGION)
        return verify(records=records, events=trail.all_events(), seals=seals.all())


def test_a_tenant_comes_out_as_it_went_in(here: InProcess, tenants: Tenants) -> None:
    seal_until(Seals(bucket="t-seals", region=exchanged.REGION), date(2026, 11, 1))
    answer = tenants.export()
    assert answer["counts"]["event"] > 20 and answer["counts"]["sealed-key"] >= 1
    done = tenants.bring_in(tenants.bundle())
    assert done["done"] and done["differences"] == [], done
    assert done["counts"] == answer["counts"]
    assert_equal(tenants)
    assert verified(tenants)["problems"] == []


@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), steps=st.integers(0, 12), page=st.integers(10, 60))
def test_any_tenant_comes_out_as_it_went_in(seed: int, steps: int, page: int) -> None:
    """Tenants of random work, read in pages of any size, cut off after any step."""
    with pytest.MonkeyPatch.context() as patch:
        for here in start(patch):
            move_random_tenant(here, patch, random.Random(seed), steps, page)  # noqa: S311


def move_random_tenant(
    here: InProcess, patch: pytest.MonkeyPatch, rng: random.Random, steps: int, page: int
) -> None:
    tenants = Tenants(patch)
    fill(here, good_requests.build(caller(here)), rng, steps)
    allow_export(here)
    seal_until(Seals(bucket="t-seals", region=exchanged.REGION), date(2026, 11, 1))
    small_pages(patch, page)
    patch.setattr("lambdas.exchange.handler._until", lambda _: lambda: rng.random() < 0.8)
    until_done(lambda: tenants.run("a", task="export", bundleId=BUNDLE, orderedBy="x"))
    bundle = tenants.bundle()
    task = {
        "bundleId": BUNDLE,
        "manifestSha256": tenants.carry(bundle),
        "handed": tenants.handed(bundle),
        "orderedBy": "x",
    }
    done = until_done(lambda: tenants.run("b", task="import", **task))
    assert done["differences"] == []
    assert_equal(tenants)


def until_done(step: Any) -> dict[str, Any]:
    for _ in range(500):
        answer: dict[str, Any] = step()
        assert "refused" not in answer, answer
        if answer["done"]:
            return answer
    raise AssertionError("never done")


def small_pages(patch: pytest.MonkeyPatch, size: int) -> None:
    """Pages of a few items, as a large table has many."""
    from lambdas.exchange.tables import Tables

    original = Tables.__init__

    def limited(self: Tables, **arguments: Any) -> None:
        original(self, **arguments)
        scan = self._client.scan
        self._client.scan = lambda **asked: scan(Limit=size, **asked)

    patch.setattr(Tables, "__init__", limited)


@pytest.mark.parametrize("side", ["export", "import"])
def test_a_crash_at_any_call_is_made_good_by_the_next_run(
    side: str, here: InProcess, tenants: Tenants
) -> None:
    bundle: dict[str, bytes] = {}
    task: dict[str, Any] = {"task": "export", "bundleId": BUNDLE, "orderedBy": "x"}
    where = "a"
    if side == "import":
        tenants.export()
        bundle = tenants.bundle()
        digest = tenants.carry(bundle)
        handed = tenants.handed(bundle)
        task |= {"task": "import", "manifestSha256": digest, "handed": handed}
        where = "b"
    for broken in (5, 23, 47):
        here.before_call = failing(broken)
        try:
            tenants.run(where, **task)
        except EndpointConnectionError:
            continue
        finally:
            here.before_call = lambda _: None
    done = tenants.run(where, **task)
    assert done["done"], done
    if side == "export":
        done = tenants.bring_in(tenants.bundle())
    assert done["differences"] == []
    assert_equal(tenants)


def failing(at: int) -> Callable[[str], None]:
    made = iter(range(1, 10**6))

    def fail(operation: str) -> None:
        if next(made) == at:
            raise EndpointConnectionError(endpoint_url="test")

    return fail


def test_nothing_leaves_without_the_municipality(here: InProcess, tenants: Tenants) -> None:
    allow_export(here, days=-1)
    for task in ("export", "export-links"):
        answer = tenants.run("a", task=task, bundleId=BUNDLE, orderedBy="x")
        assert answer == {"refused": "not-approved", "where": ""}
    assert tenants.bundle().keys() == {n for n in tenants.bundle() if n.startswith("files/")}


def test_the_compartment_leaves_under_the_towns_key_only(tenants: Tenants) -> None:
    tenants.export()
    bundle = tenants.bundle()
    opened = json.loads(bundle["sealed/key.json"])
    assert opened["publicKeySha256"] == hashlib.sha256(exchanged.TOWN_PUBLIC.encode()).hexdigest()
    for name, content in bundle.items():
        if name.startswith(("lines/", "twins/")):
            assert b"sealed-key" not in content
            held = [json.loads(line) for line in content.splitlines()] if name[0] == "l" else []
            assert "sealed" not in {line.get("form") for line in held}
            assert b'"trace"' not in content
            assert _SECRET.encode() not in content
    key = sealing.open_with(exchanged.TOWN, opened["wrapped"])
    lines = b"".join(
        sealing.unseal(key, content, name)
        for name, content in bundle.items()
        if name.startswith("sealed/0")
    )
    assert b'"type":"sealed-key"' in lines and b'"form":"sealed"' in lines


def test_without_the_towns_hand_nothing_comes_in(tenants: Tenants) -> None:
    tenants.export()
    answer = tenants.bring_in(tenants.bundle(), handed=False)
    assert answer == {"refused": "sealed-closed", "where": ""}
    assert tenants.items("b-records") == []


def broken_bundles(bundle: dict[str, bytes]) -> Iterator[tuple[str, str, dict[str, bytes]]]:
    """(what was done, the refusal, the bundle)."""
    revisions = next(n for n in bundle if n.startswith("lines/revision/"))
    attached = next(n for n in bundle if n.startswith("files/"))
    for name in (revisions, attached, "sealed/key.json"):
        content = bundle[name]
        yield f"{name} cut", "changed", {**bundle, name: content[:-1]}
        flipped = bytes([content[0] ^ 1]) + content[1:]
        yield f"{name} flipped", "changed", {**bundle, name: flipped}
        yield f"{name} missing", "missing", {k: v for k, v in bundle.items() if k != name}
    manifest = json.loads(bundle["manifest.json"])

    def with_manifest(**changes: Any) -> dict[str, bytes]:
        return {**bundle, "manifest.json": json.dumps({**manifest, **changes}).encode()}

    yield "newer", "version", with_manifest(format="urn:soudan:exchange:1.1.0")
    foreign = {"code": "122360", "name": "香取市"}
    yield "foreign", "foreign", with_manifest(municipality=foreign)
    yield "unknown field", "bad-manifest", with_manifest(more=1)
    yield (
        "escape",
        "bad-manifest",
        with_manifest(files=[{**manifest["files"][0], "path": "lines/../../x"}]),
    )
    # Whoever changes a line and makes every hash right again is found by the trail.
    for what, code, change in (
        ("event gone", "chain", lambda ls: [x for x in ls if '"seq":1,' not in x]),
        ("event changed", "event", lambda ls: [x.replace("staff-kanri1", "staff-x") for x in ls]),
    ):
        yield what, code, rehashed(bundle, "lines/event/000001.jsonl", change)
    for what, code, change in (
        ("revision gone", "content", lambda ls: ls[1:]),
        (
            "revision changed",
            "content",
            lambda ls: [ls[0].replace('"data":{', '"data":{"0":1,'), *ls[1:]],
        ),
        ("other town", "foreign", lambda ls: [x.replace("CASE#122041", "CASE#122360") for x in ls]),
        (
            "newer form",
            "form-version",
            lambda ls: [x.replace('"formVersion":"1', '"formVersion":"9') for x in ls],
        ),
        ("no line", "cut", lambda ls: [ls[0][:-5], *ls[1:]]),
        ("bad line", "bad-line", lambda ls: [ls[0][:-1] + ',"x":1}', *ls[1:]]),
    ):
        yield what, code, rehashed(bundle, revisions, change)


def rehashed(bundle: dict[str, bytes], name: str, change: Any) -> dict[str, bytes]:
    """A file changed, with count, hashes and digests of the manifest made right again."""
    lines = change(bundle[name].decode().splitlines())
    content = "".join(f"{line}\n" for line in lines).encode()
    manifest = json.loads(bundle["manifest.json"])
    about = next(f for f in manifest["files"] if f["path"] == name)
    about |= {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "lines": len(lines),
    }
    kind = name.split("/")[1]
    tally = Tally(manifest["types"][kind])
    tally.count += len(lines) - len(bundle[name].splitlines())
    for text, sign in ((bundle[name].decode(), -1), (content.decode(), 1)):
        for line in text.splitlines():
            digest = int.from_bytes(hashlib.sha256(line.encode()).digest())
            tally._sum = (tally._sum + sign * digest) % 2**256
    manifest["types"][kind] = tally.kept()
    return {**bundle, name: content, "manifest.json": json.dumps(manifest).encode()}


def test_a_bundle_that_is_not_as_it_was_made_is_refused(tenants: Tenants, here: InProcess) -> None:
    tenants.export()
    bundle = tenants.bundle()
    tenants.carry(bundle)
    handed = tenants.handed(bundle)
    for what, code, spoilt in broken_bundles(bundle):
        for gone in bundle.keys() - spoilt.keys():
            tenants.s3.delete_object(Bucket="b-files", Key=f"imports/{BUNDLE}/{gone}")
        tenants.carry({n: c for n, c in spoilt.items() if bundle[n] != c})
        digest = hashlib.sha256(spoilt["manifest.json"]).hexdigest()
        task = {"bundleId": BUNDLE, "manifestSha256": digest, "handed": handed}
        answer = tenants.run("b", task="import", orderedBy="x", **task)
        assert answer.get("refused") == code, (what, answer)
        assert tenants.items("b-records") == [] and tenants.items("b-audit") == [], what
        assert tenants.objects("b-files", "files/") == {}
        tenants.carry({n: c for n, c in bundle.items() if spoilt.get(n) != c})


def test_only_an_empty_tenant_takes_a_bundle(tenants: Tenants) -> None:
    tenants.export()
    bundle = tenants.bundle()
    assert tenants.bring_in(bundle)["done"]
    for old in tenants.objects("b-files", f"imports/{BUNDLE}/"):
        if old == "state.json":
            tenants.s3.delete_object(Bucket="b-files", Key=f"imports/{BUNDLE}/{old}")
    assert tenants.bring_in(bundle)["refused"] == "not-empty"


def test_lines_and_manifest_are_as_published(tenants: Tenants) -> None:
    tenants.export()
    bundle = tenants.bundle()
    published = jsonschema_rs.Draft202012Validator(_LINES)
    seen = set()
    for name, content in bundle.items():
        if name.startswith("lines/"):
            for line in content.splitlines():
                read = json.loads(line)
                assert published.is_valid(read), (name, list(published.iter_errors(read))[:1])
                seen.add(read["type"])
    assert {"event", "head", "record", "revision", "member", "agency", "staff"} <= seen
    manifest = json.loads(bundle["manifest.json"])
    file = SCHEMAS / "exchange" / "1.0.0" / "manifest.schema.json"
    assert jsonschema_rs.Draft202012Validator(json.loads(file.read_text("utf-8"))).is_valid(
        manifest
    )
    assert {f["path"] for f in manifest["files"]} == {
        name for name in bundle if name != "manifest.json" and not name.startswith("files/")
    }


def test_the_published_lines_are_those_of_the_tables() -> None:
    assert schema.schema() == _LINES
    assert kinds().keys() <= _LINES["$defs"].keys()


def test_twins_are_for_reading(tenants: Tenants, here: InProcess) -> None:
    here.create(name="=1+1")
    tenants.export()
    content = tenants.bundle()["twins/intake/000001.csv"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    cases = [i for i in tenants.items("t-records") if '"sk": {"S": "REC#intake"}' in i]
    assert len(rows) == len(cases)
    assert "'=1+1" in {row["氏名"] for row in rows}
    # Codes in words.
    assert "01" not in {value for row in rows for value in row.values()}


def test_every_step_of_an_export_is_kept(tenants: Tenants, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends after each step makes the same bundle as one that does not."""
    monkeypatch.setattr("lambdas.exchange.handler._until", lambda _: lambda: False)
    until_done(lambda: tenants.run("a", task="export", bundleId=BUNDLE, orderedBy="x"))
    manifest = json.loads(tenants.bundle()["manifest.json"])
    assert manifest["format"] == export.FORMAT
    counted = {k: t["count"] for k, t in manifest["types"].items()}
    assert counted["event"] == len(tenants.items("t-audit"))


def test_staff_sign_in_again_under_their_old_numbers(tenants: Tenants) -> None:
    tenants.export()
    tenants.bring_in(tenants.bundle())
    waiting = tenants.run("b", task="staff")["staff"]
    assert {"staffId": "staff-kanri1", "loginId": "kanri1"} in waiting and len(waiting) == 8
    logins = [{"staffId": "staff-kanri1", "sub": "new-sub"}]
    for linked in (["staff-kanri1"], []):
        answer = tenants.run("b", task="logins", logins=logins, orderedBy="x")
        assert answer["linked"] == linked
    assert len(tenants.run("b", task="staff")["staff"]) == 7
    items = [json.loads(text) for text in tenants.items("b-records")]
    (entry,) = (i for i in items if i["pk"]["S"] == "STAFF#new-sub")
    assert entry["staffId"]["S"] == "staff-kanri1" and entry["displayName"]["S"] == "氏名 kanri1"
