"""A gateway in front of a tenant of the local cloud: it compresses as the API Gateway does, which
the emulator does not, and notes what each answer weighed and how long the tenant took for it."""

import gzip
import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from infra.constructs.rest_api import COMPRESS_FROM_BYTES

# Hop by hop, or set anew here.
_OWN = {"connection", "transfer-encoding", "content-length", "content-encoding", "date", "server"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """path: with its query, below the tenant's root. sent: bytes of the body on the line. server:
    seconds until the tenant had answered."""

    method: str
    path: str
    status: int
    media_type: str
    sent: int
    server: float

    @property
    def is_script(self) -> bool:
        return "javascript" in self.media_type

    @property
    def is_data(self) -> bool:
        return "json" in self.media_type


Kept = tuple[int, list[tuple[str, str]], bytes]


@dataclass(kw_only=True)
class Front:
    """`url` is the tenant's root behind it. While `held` is true, what was asked before is answered
    again at once, without the tenant: what is left is the line and the browser."""

    url: str
    held: bool = False
    answers: list[Answer] = field(default_factory=list)
    kept: dict[tuple[str, str, bytes], Kept] = field(default_factory=dict)

    def forget(self) -> None:
        self.answers.clear()


@contextmanager
def in_front_of(url: str) -> Iterator[Front]:
    """Listens on the loopback, under the tenant's name and a port of its own."""
    there = urlsplit(url)
    assert there.hostname is not None
    front = Front(url="")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            key = (self.command, self.path, body)
            begun = time.perf_counter()
            if front.held and key in front.kept:
                status, headers, content = front.kept[key]
            else:
                status, headers, content = self._asked(body)
                front.kept[key] = (status, headers, content)
            taken = time.perf_counter() - begun
            names = {name.lower(): value for name, value in headers}
            if len(content) >= COMPRESS_FROM_BYTES and "gzip" in self.headers.get(
                "Accept-Encoding", ""
            ):
                content = gzip.compress(content, 6)
                headers = [*headers, ("Content-Encoding", "gzip")]
            # A page that is closed no longer listens.
            with suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            front.answers.append(
                Answer(
                    method=self.command,
                    path=self.path.removeprefix(there.path),
                    status=status,
                    media_type=names.get("content-type", ""),
                    sent=len(content),
                    server=taken,
                )
            )

        def _asked(self, body: bytes) -> Kept:
            line = http.client.HTTPConnection("127.0.0.1", there.port, timeout=60)
            try:
                sent = {n: v for n, v in self.headers.items() if n.lower() not in _OWN}
                sent |= {"Host": there.netloc, "Accept-Encoding": "identity"}
                if "Origin" in sent:
                    sent["Origin"] = f"{there.scheme}://{there.netloc}"
                if body or self.command in ("POST", "PUT"):
                    sent["Content-Length"] = str(len(body))
                line.request(self.command, self.path, body=body, headers=sent)
                answer = line.getresponse()
                headers = [(n, v) for n, v in answer.getheaders() if n.lower() not in _OWN]
                return answer.status, headers, answer.read()
            finally:
                line.close()

        do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815  # names of the library

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    front.url = f"http://{there.hostname}:{server.server_port}{there.path}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
