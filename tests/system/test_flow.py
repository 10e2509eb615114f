"""The deployed API over HTTP: a case from its receipt to its audit trail."""

import uuid

from tests.running import body, intake


def key() -> str:
    return str(uuid.uuid4())


def test_smoke(tenant):
    c = tenant.client("kanri1")
    made = c.create_case(body(intake()), key())
    assert made.status_code == 201, made.text
