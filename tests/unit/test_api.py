"""The API's published description is what the code does."""

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

from infra.constructs.gateway_responses import GATEWAY_PROBLEMS
from lambdas.api.call import OPERATIONS, parse_json
from lambdas.api.problems import Problem, messages, texts
from lambdas.api.public import PUBLIC_ROUTES
from lambdas.casework.forms import labels
from ops import openapi
from tests.running import body, intake
from tests.unit.in_process import CLIENT_ID, InProcess, new_key

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [p.read_text("utf-8") for p in (ROOT / "lambdas").rglob("*.py")]


def test_no_fixed_step_of_a_path_shuts_out_a_variable_one() -> None:
    """API Gateway goes down the fixed step and does not come back: `/books/phone-memo` as a part
    of another path would make `/books/{book}` unreachable for it."""
    paths = {tuple(o.path.strip("/").split("/")) for o in OPERATIONS}
    for path in paths:
        for at, step in enumerate(path):
            beside = {p[at] for p in paths if p[:at] == path[:at] and len(p) > at}
            variable = any(other.startswith("{") for other in beside)
            assert step.startswith("{") or not variable or path[: at + 1] in paths, path


def test_the_committed_openapi_file_is_up_to_date() -> None:
    assert openapi.FILE.read_text("utf-8") == openapi.text(), "run `make openapi`"


def test_every_operation_is_routed_and_every_route_declared() -> None:
    from lambdas.api.app import app
    from lambdas.papers.app import app as papers

    routed = {
        (method, path)
        for application in (app, papers)
        for path, methods in application.routes.items()
        for method in methods
    }
    assert routed == {(o.method, o.path) for o in OPERATIONS}
    assert {(o.method, o.path) for o in OPERATIONS if o.public} == PUBLIC_ROUTES


def test_every_problem_that_the_code_names_has_a_text_and_every_text_is_used() -> None:
    named = {slug for source in SOURCES for slug in re.findall(r'Problem\(\s*"([a-z-]+)"', source)}
    named |= set(re.findall(r': "([a-z-]+)",', (ROOT / "lambdas/api/application.py").read_text()))
    named |= {problem.slug for problem in GATEWAY_PROBLEMS}
    assert named == texts().keys()


def test_every_problem_speaks_japanese_and_says_what_to_do() -> None:
    for slug, text in texts().items():
        assert 400 <= text["status"] <= 504, slug
        for part in ("title", "detail"):
            assert re.search("[ぁ-ん]", text[part]), slug
    assert all(re.search("[ぁ-ん]", message) for message in messages().values())


def test_every_action_in_the_trail_has_a_label() -> None:
    used = set()
    for source in SOURCES:
        used |= set(
            re.findall(
                r'(?:event|_record|_record_read|_write_event|_form_reply|_done)\(\s*call,\s*(?:member,\s*|tokens,\s*)*"([a-z-]+)"',
                source,
            )
        )
        used |= set(re.findall(r'\baction="([a-z-]+)"', source))
    assert used
    assert used <= labels("audit-action").keys()


def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    api = json.loads((ROOT / "schemas" / "api.json").read_text("utf-8"))
    return jsonschema_rs.Draft202012Validator({**api, "$ref": f"#/$defs/{name}"})


def test_every_answer_has_its_declared_form(here: InProcess) -> None:
    case_id = here.create()
    here.save(case_id, 1, wishes="働きたい")
    by_route = {(o.method, o.path): o for o in OPERATIONS}
    answers = {
        ("GET", "/me"): here.request("kanri1", "GET", "/me"),
        ("GET", "/staff"): here.request("kanri1", "GET", "/staff"),
        ("GET", "/agencies"): here.request("kanri1", "GET", "/agencies"),
        ("GET", "/forms"): here.request("kanri1", "GET", "/forms"),
        ("GET", "/forms/{form}/{version}"): here.request("kanri1", "GET", "/forms/intake/1.0.0"),
        ("GET", "/codes"): here.request("kanri1", "GET", "/codes"),
        ("GET", "/codes/{name}/{version}"): here.request("kanri1", "GET", "/codes/route/1.0.0"),
        ("GET", "/cases"): here.request("kanri1", "GET", "/cases"),
        ("POST", "/cases"): here.request(
            "kanri1", "POST", "/cases", json_body=body(intake()), headers=new_key()
        ),
        ("GET", "/cases/{case_id}"): here.request("kanri1", "GET", f"/cases/{case_id}"),
        ("GET", "/cases/{case_id}/records/{record_id}"): here.read(case_id),
        ("PUT", "/cases/{case_id}/records/{record_id}"): here.save(case_id, 2, wishes="休みたい"),
        ("GET", "/cases/{case_id}/records/{record_id}/revisions"): here.request(
            "kanri1", "GET", f"/cases/{case_id}/records/intake/revisions"
        ),
        ("GET", "/cases/{case_id}/records/{record_id}/revisions/{number}"): here.request(
            "kanri1", "GET", f"/cases/{case_id}/records/intake/revisions/1"
        ),
        ("GET", "/cases/{case_id}/records"): here.request(
            "kanri1", "GET", f"/cases/{case_id}/records"
        ),
        ("GET", "/cases/{case_id}/audit"): here.request("kanri1", "GET", f"/cases/{case_id}/audit"),
        ("POST", "/me/recovery-codes"): here.request(
            "kanri1", "POST", "/me/recovery-codes", json_body={}, headers=new_key()
        ),
    }
    for route, answer in answers.items():
        declared = by_route[route]
        assert answer.status == declared.status, (route, answer.text)
        errors = [e.message for e in validator(str(declared.reply)).iter_errors(answer.json)]
        assert errors == [], route
        assert ("etag" in answer.headers) == declared.etag, route
        assert answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_refusal_has_the_form_of_a_problem(here: InProcess) -> None:
    problem = validator("Problem")
    for answer in (
        here.request(None, "GET", "/me"),
        here.request("nobody", "GET", "/me"),
        here.request("kanri1", "GET", "/cases/x"),
        here.request("kanri1", "POST", "/cases", json_body={}, headers=new_key()),
        here.request("kanri1", "POST", "/cases", json_body=body(intake())),
    ):
        assert answer.status >= 400
        assert problem.is_valid(answer.json)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe",
        b'{"a": "\xe3\x81"}',
        b'{"a": "\\ud800"}',
        b'{"a": 1, "a": 2}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 9999999999999999}',
        b"[]",
        b"",
        b'{"a":' * 100_000,
    ],
)
def test_what_the_store_could_not_keep_is_malformed(raw: bytes) -> None:
    with pytest.raises(Problem, match="malformed"):
        parse_json(raw)


def test_names_pass_the_parser_byte_for_byte() -> None:
    name = "葛\U000e0100城 神\ufa19 \ue000 e\u0301 𠮷"
    assert parse_json(json.dumps({"name": name}).encode())["name"] == name
    assert parse_json(json.dumps({"name": name}, ensure_ascii=False).encode())["name"] == name


def test_an_id_token_of_another_client_is_refused(here: InProcess) -> None:
    claims = {"sub": "sub-kanri1", "token_use": "id", "aud": "another", "auth_time": "9999999999"}
    assert here.request(None, "GET", "/me", claims=claims).problem == "sign-in-required"
    access = {**claims, "aud": CLIENT_ID, "token_use": "access"}
    assert here.request(None, "GET", "/me", claims=access).problem == "sign-in-required"


def test_a_failure_names_the_place_and_not_the_content(
    here: InProcess, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(operation: str) -> None:
        if operation == "TransactWriteItems":
            raise ValueError("秘密 の氏名")

    here.before_call = fail
    answer = here.request(
        "kanri1", "POST", "/cases", json_body=body(intake("秘密 の氏名")), headers=new_key()
    )
    assert answer.problem == "internal"
    assert answer.json["requestId"] in caplog.text
    assert "秘密" not in caplog.text
    assert "秘密" not in answer.text


def test_a_reply_too_large_for_lambda_is_never_sent(
    here: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator lets more than 6 MB pass; the limit is ours to hold."""
    from lambdas.casework import forms

    monkeypatch.setattr(forms, "bundled", lambda *_: {"x": "あ" * 2_000_000})
    assert here.request("kanri1", "GET", "/forms/intake/1.0.0").problem == "internal"
