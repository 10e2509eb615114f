"""A second tenant beside the one of `in_process`, and bundles carried from one to the other."""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lambdas.casework.clock import japanese_day
from lambdas.exchange import sealing
from lambdas.exchange.handler import handle
from lambdas.store import models
from tests.good_requests import key
from tests.unit import in_process
from tests.unit.in_process import InProcess

REGION = in_process.REGION
BUNDLE = "122041-20261128T000000Z-0123abcd"
TOWN = rsa.generate_private_key(public_exponent=65537, key_size=3072)
TOWN_PUBLIC = base64.b64encode(
    TOWN.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()


class Tenants:
    """Vendor A's tenant (where the staff have worked) and vendor B's (new)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._a = {
            "SOUDAN_RECORDS_TABLE": in_process.RECORDS,
            "SOUDAN_AUDIT_TABLE": in_process.AUDIT,
            "SOUDAN_FILES_BUCKET": in_process.FILES,
            "SOUDAN_SEALS_BUCKET": "t-seals",
        }
        self._b = {
            "SOUDAN_RECORDS_TABLE": "b-records",
            "SOUDAN_AUDIT_TABLE": "b-audit",
            "SOUDAN_FILES_BUCKET": "b-files",
            "SOUDAN_SEALS_BUCKET": "b-seals",
            "SOUDAN_KEY_ARN": in_process._create_key(),
        }
        self.s3 = boto3.client("s3", region_name=REGION)
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        for bucket in ("t-seals", "b-files", "b-seals"):
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        for mine, new in (("t-records", "b-records"), ("t-audit", "b-audit")):
            table = self.dynamodb.describe_table(TableName=mine)["Table"]
            index = table["GlobalSecondaryIndexes"][0]
            self.dynamodb.create_table(
                TableName=new,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=table["AttributeDefinitions"],
                KeySchema=table["KeySchema"],
                GlobalSecondaryIndexes=[
                    {k: index[k] for k in ("IndexName", "KeySchema", "Projection")}
                ],
            )

    @contextmanager
    def at(self, side: str) -> Iterator[None]:
        """The environment of one tenant's function; afterwards vendor A's again."""
        before = dict(self._a)
        before["SOUDAN_KEY_ARN"] = os.environ["SOUDAN_KEY_ARN"]
        for name, value in (self._b if side == "b" else self._a).items():
            self._monkeypatch.setenv(name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                self._monkeypatch.setenv(name, value)
            models.bind(
                records_table=before["SOUDAN_RECORDS_TABLE"],
                audit_table=before["SOUDAN_AUDIT_TABLE"],
                region=REGION,
            )

    def run(self, side: str, **task: Any) -> dict[str, Any]:
        with self.at(side):
            return handle(task, None)

    def export(self) -> dict[str, Any]:
        answer = self.run("a", task="export", bundleId=BUNDLE, orderedBy="試験")
        assert answer.get("done"), answer
        return answer

    def bundle(self) -> dict[str, bytes]:
        """The files of the finished bundle, with the attached ones."""
        found = dict(self._objects(in_process.FILES, f"exports/{BUNDLE}/"))
        for name in ("state.json", "begun"):
            found.pop(name, None)
        attached = self._objects(in_process.FILES, "files/")
        return found | {f"files/{name}": content for name, content in attached.items()}

    def carry(self, bundle: dict[str, bytes]) -> str:
        """Puts a bundle where the new tenant takes it; hash of its manifest."""
        for name, content in bundle.items():
            self.s3.put_object(Bucket="b-files", Key=f"imports/{BUNDLE}/{name}", Body=content)
        return hashlib.sha256(bundle.get("manifest.json", b"")).hexdigest()

    def handed(self, bundle: dict[str, bytes]) -> str:
        """What the municipality does at its own desk."""
        wrapped = json.loads(bundle["sealed/key.json"])["wrapped"]
        public = self.run("b", task="receive-key")["publicKey"]
        return sealing.wrap_for(public, sealing.open_with(TOWN, wrapped))

    def bring_in(self, bundle: dict[str, bytes], *, handed: bool = True) -> dict[str, Any]:
        digest = self.carry(bundle)
        given = {"handed": self.handed(bundle)} if handed else {}
        return self.run(
            "b",
            task="import",
            bundleId=BUNDLE,
            manifestSha256=digest,
            orderedBy="試験",
            **given,
        )

    def items(self, table: str) -> list[str]:
        """Every item of a table, as text."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table)
        return sorted(
            json.dumps(item, sort_keys=True, default=repr)
            for page in pages
            for item in page["Items"]
        )

    def objects(self, bucket: str, prefix: str) -> dict[str, bytes]:
        return self._objects(bucket, prefix)

    def _objects(self, bucket: str, prefix: str) -> dict[str, bytes]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {
            o["Key"].removeprefix(prefix): self.s3.get_object(Bucket=bucket, Key=o["Key"])[
                "Body"
            ].read()
            for page in pages
            for o in page.get("Contents", ())
        }


def allow_export(here: InProcess, days: int = 1, **more: str) -> None:
    """The municipality's manager lets a bundle be made."""
    until = (japanese_day(datetime.now(UTC)) + timedelta(days=days)).isoformat()
    exchange = {"exportUntil": until, "publicKey": TOWN_PUBLIC, **more}
    revision = here.request("kanri1", "GET", "/settings").json["revision"]
    answer = here.request(
        "kanri1",
        "PUT",
        "/settings",
        json_body={"document": {"preset": "minimal", "exchange": exchange}},
        headers={"if-match": f'"{revision}"', **{k.lower(): v for k, v in key().items()}},
    )
    assert answer.status == 200, answer.text
