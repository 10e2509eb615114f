"""Conditions kept under a name, for their writer alone."""

from typing import Any

import pytest

from tests.unit.in_process import InProcess

MINE = [{"name": "家計の相談", "conditions": {"concern": "02", "from": "2026-04-01"}}]


def kept(here: InProcess, login: str = "kanri1") -> Any:
    return here.request(login, "GET", "/me/filters").json["items"]


def keep(here: InProcess, items: Any) -> int:
    return here.request("kanri1", "PUT", "/me/filters", json_body={"items": items}).status


def test_conditions_are_kept_for_their_writer_alone(here: InProcess) -> None:
    assert kept(here) == []
    assert keep(here, MINE) == 200
    assert kept(here) == MINE
    assert kept(here, "kanri2") == []
    assert keep(here, []) == 200
    assert kept(here) == []


@pytest.mark.parametrize(
    "wrong",
    [
        [{"name": "", "conditions": {"concern": "02"}}],
        [{"name": "空", "conditions": {}}],
        [{"name": "言葉", "conditions": {"q": "山田"}}],
        [{"name": "1234-5678-9018", "conditions": {"concern": "02"}}],
        [{"name": "日", "conditions": {"from": "きのう"}}],
        MINE * 21,
    ],
    ids=["no-name", "nothing", "words", "my-number", "no-day", "too-many"],
)
def test_what_is_no_condition_is_refused(here: InProcess, wrong: Any) -> None:
    assert keep(here, wrong) == 422
    assert kept(here) == []
