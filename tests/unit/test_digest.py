"""The daily e-mail: off unless asked for, and nothing in it but a number."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from lambdas.api import tenant
from lambdas.jobs import digest
from lambdas.jobs.digest import send_digests
from lambdas.store import models
from lambdas.store.repository import Repository
from tests.good_requests import day
from tests.unit.in_process import REGION, InProcess

SENDER = "no-reply@example.jp"


@pytest.fixture
def offered(here: InProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    """A municipality whose manifest names a sender."""
    monkeypatch.setenv("SOUDAN_DIGEST", "on")
    tenant.tenant.cache_clear()
    digest._ses.cache_clear()
    boto3.client("sesv2", region_name=REGION).create_email_identity(EmailIdentity=SENDER)
    yield here
    tenant.tenant.cache_clear()
    digest._ses.cache_clear()


def ask(here: InProcess, login: str, address: str | None) -> int:
    return here.request(login, "PUT", "/me/digest", json_body={"address": address}).status


def run() -> dict[str, int]:
    repository = Repository(region=REGION)
    return send_digests(sender=SENDER, region=REGION, repository=repository, now=datetime.now(UTC))


def sent() -> list[Any]:
    return list(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages)


def test_it_is_off_and_cannot_be_had_where_the_municipality_has_none(here: InProcess) -> None:
    told = here.request("kanri1", "GET", "/me/digest").json
    assert told == {"offered": False, "address": None}
    assert ask(here, "kanri1", "hanako@example.jp") == 403
    assert ask(here, "kanri1", None) == 200
    assert "digest" not in {i.cls for i in models.Record.scan()}


def test_it_says_how_many_things_wait_and_nothing_else(offered: InProcess) -> None:
    here = offered
    here.create(name="山田 花子", receivedAt=day(-1))
    here.create(name="鈴木 次郎", receivedAt=day(-2))
    assert here.request("kanri1", "GET", "/me/digest").json == {"offered": True, "address": None}
    assert run() == {"sent": 0, "nothing": 0, "ended": 0, "failed": 0}
    assert ask(here, "kanri1", "hanako@example.jp") == 200
    assert ask(here, "houkatsu1", "npo@example.jp") == 200
    # Nothing of these cases waits for the agency.
    assert run() == {"sent": 1, "nothing": 1, "ended": 0, "failed": 0}
    (letter,) = sent()
    assert letter.destinations["ToAddresses"] == ["hanako@example.jp"]
    waiting = here.request("kanri1", "GET", "/tasks").json["items"]
    count = sum(len(part["tasks"]) for part in waiting)
    text = f"{letter.subject}\n{letter.body}"
    assert f"確かめることが{count}件あります" in text
    assert re.findall(r"\d+", text) == [str(count)]
    for word in ("山田", "鈴木", "船橋", "122041", "地域福祉課", "http"):
        assert word not in text


def test_whoever_ended_it_or_left_is_not_written_to(offered: InProcess) -> None:
    here = offered
    here.create(receivedAt=day(-1))
    for login in ("kanri1", "kanri2", "tantou1"):
        assert ask(here, login, f"{login}@example.jp") == 200
    assert ask(here, "kanri2", None) == 200
    entry = models.StaffEntry.get("STAFF#sub-tantou1", "STAFF")
    entry.valid_to = "2026-01-01"
    entry.save()
    assert run() == {"sent": 1, "nothing": 0, "ended": 1, "failed": 0}


def test_an_address_that_fails_keeps_nobody_else_from_being_told(
    offered: InProcess, caplog: pytest.LogCaptureFixture
) -> None:
    here = offered
    here.create(receivedAt=day(-1))
    boto3.client("sesv2", region_name=REGION).delete_email_identity(EmailIdentity=SENDER)
    for login in ("kanri1", "kanri2"):
        ask(here, login, f"{login}@example.jp")
    assert run() == {"sent": 0, "nothing": 0, "ended": 0, "failed": 2}
    assert "example.jp" not in caplog.text


@pytest.mark.parametrize("address", ["", "花子@example.jp", "a@b", "a@example.jp\n", "a b@c.jp"])
def test_what_is_no_address_is_refused(offered: InProcess, address: str) -> None:
    assert ask(offered, "kanri1", address) == 422


def test_it_moves_with_a_login_that_is_made_anew(offered: InProcess) -> None:
    assert ask(offered, "tantou1", "t@example.jp") == 200
    repository = Repository(region=REGION)
    member = next(m for m in repository.staff() if m.login_id == "tantou1")
    repository.move_staff(member, "sub-new", datetime.now(UTC))
    assert models.Digest.get("STAFF#sub-new", "DIGEST").address == "t@example.jp"
