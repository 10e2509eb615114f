"""What ships is listed from the locks, under licences that fit; advisories are matched honestly."""

import importlib.resources
import json
import zipfile
from pathlib import Path
from typing import Any

import cyclonedx.schema
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from license_expression import get_spdx_licensing
from typer.testing import CliRunner

from ops.cli import app
from ops.local import assets
from ops.paths import ROOT
from ops.releases.advisories import _semver, judge
from ops.releases.materials import locked, materials
from ops.releases.sbom import bill

BILL = {
    "bomFormat": "CycloneDX",
    "serialNumber": "urn:uuid:1",
    "components": [
        {
            "type": "library",
            "purl": "pkg:pypi/made-up@2.9.0.post0",
            "properties": [{"name": "soudan:in", "value": "api"}],
        },
        {"type": "library", "purl": "pkg:npm/%40made/up@6.11.1"},
        {"type": "file", "purl": "pkg:npm/%40made/font@1.0.0"},
    ],
}


def advisory(**changes: Any) -> dict[str, Any]:
    return {
        "id": "MADE-UP-1",
        "modified": "2026-11-01T00:00:00Z",
        "summary": "架空の弱点",
        "aliases": ["CVE-0000-0001"],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "Made_Up"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0"}]}
                ],
            }
        ],
        **changes,
    }


def npm(*events: dict[str, str], kind: str = "SEMVER", **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "package": {"ecosystem": "npm", "name": "@made/up"},
            "ranges": [{"type": kind, "events": list(events)}],
            **more,
        }
    ]


def soudan(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.stdout


def test_every_package_of_the_locks_is_in_the_bill() -> None:
    found = {(one.kind, one.name): one for one in materials()}
    python = {name for name, _, _ in locked(assets.LOCK.read_text("utf-8"))}
    assert {name for kind, name in found if kind == "pypi"} == python
    direct = json.loads((ROOT / "web" / "package.json").read_text("utf-8"))
    shipped = {name for kind, name in found if kind == "npm"}
    assert set(direct["dependencies"]) <= shipped
    assert not shipped & set(direct["devDependencies"])
    assert len([kind for kind, _ in found if kind == "font"]) == 4
    assert all(one.hashes and one.where for one in found.values())
    assert found["pypi", "typst"].where == ("papers",)
    assert found["pypi", "cryptography"].where == ("api", "exchange")


def test_where_a_package_is_agrees_with_what_is_built() -> None:
    """What is told of each function is looked up in its directory."""
    built = assets.build("host")
    for one in materials():
        if one.kind != "pypi":
            continue
        record = assets.packages("host") / f"{one.name.replace('-', '_')}-{one.version}.dist-info"
        files = [line.split(",")[0] for line in (record / "RECORD").read_text().splitlines()]
        code = [f for f in files if f.endswith((".py", ".so")) and not f.startswith(("bin", ".."))]
        there = tuple(
            function.name
            for function in assets.FUNCTIONS
            if any((built / function.name / file).is_file() for file in code)
        )
        assert one.where == there, one.name


def test_nothing_under_a_licence_that_would_bind_the_whole_ships() -> None:
    """No GPL, AGPL, LGPL or the like; and each licence is one that SPDX knows."""
    known = get_spdx_licensing()
    for one in materials():
        parsed = known.parse(one.licence, validate=True)
        symbols = {symbol.key for symbol in parsed.symbols}
        assert symbols <= {
            "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "OFL-1.1",
            "PSF-2.0",
        }, f"{one.name}: {one.licence}"  # fmt: skip


def test_the_bill_is_cyclonedx_and_of_one_source_the_same() -> None:
    text = bill(materials())
    assert text == bill(reversed(materials()))
    home = importlib.resources.files(cyclonedx.schema) / "_res"
    at = "http://cyclonedx.org/schema/"
    by_id = {
        at + file.name: json.loads(file.read_text("utf-8"))
        for file in home.iterdir()
        if file.name.startswith(("bom-1.6.", "spdx.", "jsf-")) and file.name.endswith(".json")
    }
    registry = jsonschema_rs.Registry(list(by_id.items()))
    (schema,) = (one for name, one in by_id.items() if "bom-1.6" in name)
    validator = jsonschema_rs.Draft7Validator(schema, registry=registry)
    content = json.loads(text)
    assert [str(e) for e in validator.iter_errors(content)] == []
    assert content["metadata"]["component"]["properties"] == [
        {"name": "soudan:release", "value": assets.release()}
    ]
    # A bill that is not one is found, so the check above says something.
    assert not validator.is_valid({**content, "components": [{"name": "x"}]})


def test_without_advisories_nothing_is_said_to_be_clean(tmp_path: Path) -> None:
    file = tmp_path / "bill.json"
    file.write_text(json.dumps(BILL), "utf-8")
    told = soudan("release", "vulnerabilities", file, code=2)
    assert "PyPI の資料が与えられていません。弱点がないという意味ではありません。" in told
    answer = json.loads(soudan("release", "vulnerabilities", file, "--json", code=2))
    assert (answer["verdict"], answer["withoutData"]) == ("unknown", ["PyPI", "npm"])


def test_a_made_up_advisory_is_matched(tmp_path: Path) -> None:
    file, out = tmp_path / "bill.json", tmp_path / "answer.json"
    file.write_text(json.dumps(BILL), "utf-8")
    (tmp_path / "osv").mkdir()
    (tmp_path / "osv" / "1.json").write_text(json.dumps(advisory()), "utf-8")
    words = ["release", "vulnerabilities", file, "--advisories", tmp_path / "osv"]
    told = soudan(*words, "--out", out, code=1)
    assert "該当: made-up 2.9.0.post0 MADE-UP-1 架空の弱点(直った版 3.0、入るところ api)" in told
    assert "npm の資料が与えられていません" in told
    answer = json.loads(out.read_text("utf-8"))
    assert answer["verdict"] == "affected" and answer["latestAdvisory"] == "2026-11-01T00:00:00Z"


def test_data_for_all_ecosystems_and_no_match_is_told_with_their_date(tmp_path: Path) -> None:
    file = tmp_path / "bill.json"
    file.write_text(json.dumps(BILL), "utf-8")
    other = advisory(affected=npm({"introduced": "7.0.0"}), id="MADE-UP-2")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.json", json.dumps(advisory(withdrawn="2026-11-02T00:00:00Z")))
        archive.writestr("b.json", json.dumps(other))
    told = soudan("release", "vulnerabilities", file, "--advisories", tmp_path / "all.zip")
    assert "与えられた資料(最新 2026-11-01T00:00:00Z)には、該当するものがありません。" in told


@pytest.mark.parametrize(
    ("affected", "verdict"),
    [
        (npm({"introduced": "0"}, {"fixed": "6.11.2"}), "affected"),
        (npm({"introduced": "0"}, {"fixed": "6.11.1"}), "nothing"),
        (npm({"introduced": "6.11.1"}), "affected"),
        (npm({"introduced": "6.11.1"}, {"last_affected": "6.11.1"}), "affected"),
        (npm({"introduced": "0"}, {"last_affected": "6.11.0"}), "nothing"),
        (
            npm(
                {"fixed": "6.0.0"}, {"introduced": "0"}, {"fixed": "7.0.0"},
                {"introduced": "6.2.0"},
            ),
            "affected",
        ),
        (npm({"introduced": "0"}, {"fixed": "6.1.0"}, {"introduced": "6.12.0"}), "nothing"),
        (npm({"introduced": "6.11.1-rc.1"}, {"fixed": "6.11.1-rc.2"}), "nothing"),
        # Commits and versions that are none: not known, rather than not affected.
        (npm({"introduced": "0"}, kind="GIT"), "unsure"),
        (npm({"introduced": "next"}), "unsure"),
        (npm({"introduced": "0"}, kind="GIT", versions=["6.11.1"]), "affected"),
        (npm({"introduced": "0"}, kind="GIT", versions=["6.11.0"]), "nothing"),
        ([{"package": {"ecosystem": "npm", "name": "@made/up"}}], "unsure"),
        ([{"package": {"ecosystem": "npm", "name": "@made/upper"}}], "nothing"),
        # A font is no program.
        ([{"package": {"ecosystem": "npm", "name": "@made/font"}}], "nothing"),
    ],
)  # fmt: skip
def test_a_version_is_judged_by_the_ranges(
    affected: list[dict[str, Any]], verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps([advisory(affected=affected)]), "utf-8")
    found = judge(BILL, [tmp_path / "a.json"])
    told = {True: "affected", False: "unsure"}
    assert [told[hit.sure] for hit in found.hits] == ([] if verdict == "nothing" else [verdict])
    # Of PyPI nothing was given.
    assert found.verdict == ("affected" if verdict == "affected" else "unknown")


def test_what_is_no_advisory_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bill.json"
    file.write_text(json.dumps(BILL), "utf-8")
    for name, text in (("a.json", "{}"), ("b.json", "["), ("c.zip", "x"), ("d.txt", "")):
        (tmp_path / name).write_text(text, "utf-8")
        soudan("release", "vulnerabilities", file, "--advisories", tmp_path / name, code=3)
    soudan("release", "vulnerabilities", tmp_path / "a.json", code=3)


def test_versions_before_a_release_are_in_the_order_of_semver() -> None:
    told = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
            "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0"]  # fmt: skip
    for at, one in enumerate(told):
        for later in told[at + 1 :]:
            assert _semver(one) < _semver(later) and not _semver(later) < _semver(one)


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=2, max_size=2))
def test_numbers_are_compared_as_numbers(pair: list[tuple[int, int, int]]) -> None:
    one, other = (_semver(".".join(map(str, numbers))) for numbers in pair)
    assert (one < other) == (pair[0] < pair[1])
