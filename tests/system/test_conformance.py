"""The published suite over HTTP on the deployed tenant: green as it is, red behind a proxy that
spoils it. The proxy is a server of its own, so that the suite meets it as it meets a vendor's."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.local.seed import accounts_file
from ops.offers.conformance.checks import CHECKS
from ops.offers.conformance.story import Story
from ops.offers.conformance.suite import tried
from ops.offers.conformance.system import HttpSystem, read_accounts
from ops.offers.results import FAILED, PASSED, new_key, read
from tests.running import HOME, MANIFESTS, RunningTenant


@pytest.fixture
def people(tenant: RunningTenant) -> Path:
    return accounts_file(HOME, MANIFESTS["funabashi"])


def test_our_own_tenant_is_green_and_its_result_is_signed(
    tenant: RunningTenant, people: Path, tmp_path: Path
) -> None:
    public = new_key(tmp_path / "k.pem")
    out = tmp_path / "result.json"
    done = CliRunner().invoke(
        app,
        ["offer", "conformance", "--url", tenant.url, "--as", str(people), "--key",
         str(tmp_path / "k.pem"), "--out", str(out), "--environment", "手元のクラウド"],
    )  # fmt: skip
    assert done.exit_code == 0, done.stdout + done.stderr
    found = read(out, [public])
    assert {n for n, one in found.outcomes.items() if one.outcome == PASSED} == set(CHECKS)
    assert found.count(FAILED) == 0
    for secret in json.loads(people.read_text("utf-8"))["accounts"]:
        assert secret["password"] not in out.read_text("utf-8")


class Proxy(BaseHTTPRequestHandler):
    """Hands on every request; reading requests of a case's records are made as the manager: the
    consent of the person is ignored. `/search` is switched off."""

    target: str
    host: str
    manager: str

    def handle_one(self) -> None:
        headers = {
            key: value
            for key, value in self.headers.items()
            if key.lower() not in ("host", "connection", "content-length")
        }
        headers["Host"] = self.host
        if self.command == "GET" and "/records/" in self.path and "Authorization" in headers:
            headers["Authorization"] = self.manager
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.path.endswith("/search"):
            self._answer(404, {}, b'{"title": "off"}')
            return
        answer = httpx.request(
            self.command, self.target + self.path[1:], headers=headers, content=body, timeout=60
        )
        kept = [(k, v) for k, v in answer.headers.multi_items() if k.lower() in _HANDED_ON]
        self._answer(answer.status_code, kept, answer.content)

    def _answer(self, status: int, headers: Any, body: bytes) -> None:
        self.send_response(status)
        for key, value in dict(headers).items() if isinstance(headers, dict) else headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = handle_one  # noqa: N815  # names of the base class

    def log_message(self, *_: Any) -> None:
        """No log: requests hold ids."""


_HANDED_ON = ("content-type", "set-cookie", "etag")


@pytest.fixture
def crippled(tenant: RunningTenant) -> Iterator[str]:
    manager = tenant.client("kanri2")
    port = httpx.URL(tenant.url).port
    Proxy.target = f"http://127.0.0.1:{port}{httpx.URL(tenant.url).path}"
    Proxy.host = httpx.URL(tenant.url).netloc.decode()
    Proxy.manager = str(manager.id_token)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()


def test_a_crippled_copy_is_caught(crippled: str, people: Path) -> None:
    with HttpSystem(crippled, read_accounts(people)) as system:
        story = Story(system=system, mark="試験0123abcd")
        upto = list(CHECKS).index("F22") + 1
        found = {n: tried(check, story).outcome for n, check in list(CHECKS.items())[:upto]}
    assert found["F01"] == PASSED
    for number in ("F30", "F11", "F10", "F22"):
        assert found[number] == FAILED, found
    assert found["F09"] != PASSED


def test_what_cannot_be_reached_or_read_is_told(tmp_path: Path, people: Path) -> None:
    new_key(tmp_path / "k.pem")

    def run(*args: str) -> tuple[int, str]:
        done = CliRunner().invoke(
            app,
            ["offer", "conformance", "--out", str(tmp_path / "r.json"), "--key",
             str(tmp_path / "k.pem"), *args],
        )  # fmt: skip
        return done.exit_code, done.stderr.replace("\n", "")

    nowhere = "http://127.0.0.1:9/"
    assert run("--url", nowhere, "--as", str(people))[0] == 3
    empty = tmp_path / "a.json"
    empty.write_text('{"accounts": []}', "utf-8")
    code, told = run("--url", nowhere, "--as", str(empty))
    assert (code, "主管課の管理者" in told) == (2, True)
    empty.write_text("x", "utf-8")
    assert run("--url", nowhere, "--as", str(empty))[0] == 2
    assert not (tmp_path / "r.json").exists()
