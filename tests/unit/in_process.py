"""The API over moto: fast, in one process, with every AWS call counted and breakable.

moto enforces what the emulator does not (see docs/decisions): conditions and transactions as
DynamoDB reports them, item by item.
"""

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import botocore.client
import pytest
from moto import mock_aws

from lambdas.casework.clock import to_iso
from lambdas.store import models
from tests.running import body, intake

REGION = "ap-northeast-1"
RECORDS, AUDIT, FILES = "t-records", "t-audit", "t-files"
CLIENT_ID = "client"
_STAFF = (
    ("kanri1", "manager", "municipality"),
    ("kanri2", "manager", "municipality"),
    ("tantou1", "officer", "municipality"),
    ("chousei1", "coordinator", "council"),
    ("houkatsu1", "agency", "elderly"),
    ("komorebi1", "agency", "npo"),
    ("minsei1", "commissioner", "elderly"),
    ("kansa1", "auditor", "municipality"),
)
_AGENCIES = (
    ("municipality", "地域福祉課", "30", "municipality"),
    ("council", "社会福祉協議会", "27", "coordinator"),
    ("elderly", "地域包括支援センター", "01", None),
    ("npo", "NPO法人", "26", None),
)


@dataclass
class InProcess:
    """Calls to the API as one of the staff; `calls` are the AWS operations they made."""

    handler: Any
    # The function that prints; loaded when a paper is asked for.
    printer: Any = None
    calls: list[str] = field(default_factory=list)
    # Called with each AWS operation before it is made; raising fails that call.
    before_call: Callable[[str], None] = lambda _: None

    def request(
        self,
        login: str | None,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        claims: dict[str, str] | None = None,
    ) -> "Answer":
        resource, parameters = self._route(method, path)
        if claims is None and login is not None:
            claims = {
                "sub": f"sub-{login}",
                "token_use": "id",
                "aud": CLIENT_ID,
                # As API Gateway hands claims on: text, `iat` and `exp` as dates.
                "auth_time": str(int(time.time())),
                "iat": "Mon Nov 23 03:00:00 UTC 2026",
                "exp": "Mon Nov 23 03:10:00 UTC 2026",
            }
        sent = {"content-type": "application/json", "host": "soudan.example", **(headers or {})}
        event = {
            "resource": resource,
            "path": path,
            "httpMethod": method,
            "headers": sent,
            "multiValueHeaders": {k: [v] for k, v in sent.items()},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {k: [v] for k, v in (query or {}).items()} or None,
            "pathParameters": parameters,
            "stageVariables": None,
            "body": json.dumps(json_body) if json_body is not None else None,
            "isBase64Encoded": content is not None,
            "requestContext": {
                "resourcePath": resource,
                "path": f"/v1{path}",
                "httpMethod": method,
                "requestId": uuid.uuid4().hex,
                "identity": {"sourceIp": "192.0.2.1"},
                "authorizer": {"claims": claims} if claims else None,
            },
        }
        if content is not None:
            # As API Gateway hands on a body of a binary media type.
            event["body"] = base64.b64encode(content).decode()
        self.calls.clear()
        return Answer(self._handler(path)(event, None))

    def create(self, login: str = "kanri1", **changes: Any) -> str:
        """Number of a new case."""
        answer = self.request(
            login, "POST", "/cases", json_body=body(intake(**changes)), headers=new_key()
        )
        assert answer.status == 201, answer.text
        return str(answer.json["caseId"])

    def save(
        self, case_id: str, revision: int, *, login: str = "kanri1", **changes: Any
    ) -> "Answer":
        return self.request(
            login,
            "PUT",
            f"/cases/{case_id}/records/intake",
            json_body=body(intake(**changes)),
            headers={"if-match": f'"{revision}"', **new_key()},
        )

    def read(self, case_id: str, login: str = "kanri1") -> "Answer":
        return self.request(login, "GET", f"/cases/{case_id}/records/intake")

    def verify(self) -> dict[str, Any]:
        """What the verification of the audit trail says."""
        from lambdas.store import trail
        from lambdas.store.verification import Records, verify

        records = Records(read_at=to_iso(datetime.now(UTC)), items=list(trail.records()))
        return verify(records=records, events=trail.all_events(), seals={})

    def _handler(self, path: str) -> Any:
        if path.split("/")[1] != "prints":
            return self.handler
        if self.printer is None:
            from lambdas.papers.app import app

            self.printer = app
        return self.printer

    def _route(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        steps = path.split("/")
        for pattern, methods in self._handler(path).routes.items():
            names = pattern.split("/")
            if method in methods and len(names) == len(steps):
                pairs = list(zip(names, steps, strict=True))
                if all(n == s or n.startswith("{") for n, s in pairs):
                    return pattern, {n[1:-1]: s for n, s in pairs if n.startswith("{")}
        raise LookupError(path)


class Answer:
    """An answer of the handler, as API Gateway gets it."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.status: int = raw["statusCode"]
        self.text: str = raw["body"]
        encoded = raw.get("isBase64Encoded", False)
        self.content: bytes = base64.b64decode(self.text) if encoded else self.text.encode()
        self.headers = {
            **{k.lower(): v for k, v in raw["headers"].items()},
            **{k.lower(): v[-1] for k, v in raw.get("multiValueHeaders", {}).items()},
        }

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def problem(self) -> str:
        """The slug of the problem."""
        return str(self.json["type"]).removeprefix("urn:soudan:problem:")


def new_key() -> dict[str, str]:
    return {"idempotency-key": str(uuid.uuid4())}


def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    """A tenant over moto, as the fixture `here`."""
    with mock_aws():
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        for name, value in {
            "AWS_REGION": REGION,
            "SOUDAN_LG_CODE": "122041",
            "SOUDAN_MUNICIPALITY": "船橋市",
            "SOUDAN_RECORDS_TABLE": RECORDS,
            "SOUDAN_AUDIT_TABLE": AUDIT,
            "SOUDAN_USER_POOL_ID": "pool",
            "SOUDAN_CLIENT_ID": CLIENT_ID,
            "SOUDAN_KEY_ARN": _create_key(),
            "SOUDAN_FILES_BUCKET": FILES,
        }.items():
            monkeypatch.setenv(name, value)
        from lambdas.api import auth, tenant
        from lambdas.api.app import app

        for kept in (
            tenant.tenant,
            tenant.repository,
            tenant.keys,
            tenant.compartment,
            tenant.files,
            tenant.judge,
            auth.cognito,
        ):
            kept.cache_clear()
        _create_tables()
        _create_bucket()
        tenant.repository()
        _fill_registers()
        running = InProcess(handler=app)
        original = botocore.client.BaseClient._make_api_call

        def watched(self: Any, operation: str, parameters: Any) -> Any:
            running.before_call(operation)
            running.calls.append(operation)
            return original(self, operation, parameters)

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", watched)
        yield running


def _create_key() -> str:
    key = boto3.client("kms", region_name=REGION).create_key(Description="tenant")
    return str(key["KeyMetadata"]["Arn"])


def _create_bucket() -> None:
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=FILES, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=FILES, VersioningConfiguration={"Status": "Enabled"})


def _create_tables() -> None:
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    for table, index, keys in (
        (RECORDS, "byAgency", ("agencyKey", "listKey")),
        (AUDIT, "byDay", ("day", "dayKey")),
    ):
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", *keys)
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": keys[0], "KeyType": "HASH"},
                        {"AttributeName": keys[1], "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )


def _fill_registers() -> None:
    for agency_id, name, kind, member_kind in _AGENCIES:
        models.AgencyEntry(
            "AGENCIES",
            agency_id,
            agency_id=agency_id,
            name=name,
            kind=kind,
            member_kind=member_kind,
            contract_from="2026-04-01" if member_kind == "coordinator" else None,
        ).save()
    names = {a[0]: a[1] for a in _AGENCIES}
    for login, role, agency_id in _STAFF:
        models.StaffEntry(
            f"STAFF#sub-{login}",
            "STAFF",
            agency_key="STAFF",
            list_key=f"staff-{login}",
            staff_id=f"staff-{login}",
            login_id=login,
            display_name=f"氏名 {login}",
            role=role,
            agency_id=agency_id,
            agency_name=names[agency_id],
            valid_from="2026-04-01",
        ).save()
