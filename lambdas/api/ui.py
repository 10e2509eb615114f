"""The user interface as files, served by the tenant's own API: a closed network needs no more."""

import html
import re
from functools import cache
from pathlib import Path

from chalice.app import Blueprint

from lambdas.api.call import Call, Operation, Reply, operation
from lambdas.api.problems import Problem

routes = Blueprint(__name__)

_STATIC = Path(__file__).resolve().parents[2] / "static"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'self'; frame-ancestors 'none'"
)


@operation(
    routes,
    Operation(
        method="GET",
        path="/",
        summary="利用者の画面",
        status=200,
        reply=None,
        public=True,
        problems=("not-found",),
    ),
)
def index(call: Call) -> Reply:
    # Stage or base path of a custom domain; the page's own address may lack the slash at its end,
    # and relative addresses would then miss it.
    path = str(call.request.context.get("path", "/")).rstrip("/") + "/"
    base = f'<base href="{html.escape(path)}" />'
    return Reply(
        body=_text("index.html").replace("<head>", f"<head>{base}", 1),
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": PAGE_POLICY,
        },
    )


@operation(
    routes,
    Operation(
        method="GET",
        path="/assets/{name}",
        summary="画面の部品",
        status=200,
        reply=None,
        public=True,
        problems=("not-found",),
    ),
)
def asset(call: Call, name: str) -> Reply:
    media_type = _TYPES.get(Path(name).suffix)
    if media_type is None or not _NAME.fullmatch(name):
        raise Problem("not-found")
    # Built files carry a hash of their content in their name.
    return Reply(
        body=_text(f"assets/{name}"),
        headers={
            "Content-Type": media_type,
            "Cache-Control": "public, max-age=31536000, immutable",
        },
    )


@cache
def _text(name: str) -> str:
    try:
        return (_STATIC / name).read_text("utf-8")
    except FileNotFoundError:
        raise Problem("not-found") from None
