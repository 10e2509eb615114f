"""Two tenants side by side, IAM enforced: what one tenant's roles may do to their own, they may
not do to the other's. Tried on the same state, restarted with AUTH=true (Ruling 9)."""

import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.manifest import Manifest, load
from infra.names import FUNCTIONS, Names, names_of
from ops.local import assets
from ops.local.cloud import REGION, LocalCloud
from ops.local.deploy import deploy
from ops.paths import LOCAL
from tests.running import MANIFESTS, PORT

_DENIED = {"AccessDenied", "AccessDeniedException", "403"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A cloud of its own beside the tests' own: enforcing IAM is a matter of the whole cloud."""
    cloud = LocalCloud(home=LOCAL / "test" / f"{PORT}-iam", port=PORT + 1)
    cloud.stop()
    shutil.rmtree(cloud.home, ignore_errors=True)
    cloud.start()
    try:
        assets.build("host")
        deploy(cloud, list(MANIFESTS.values()), say=lambda _: None)
        for manifest in map(load, MANIFESTS.values()):
            _fill(cloud, manifest)
        cloud.stop()
        cloud.start(enforce_iam=True)
        yield cloud
    finally:
        cloud.stop()
        shutil.rmtree(cloud.home, ignore_errors=True)


def _fill(cloud: LocalCloud, manifest: Manifest) -> None:
    """Something to reach, so that a refusal is not for want of it."""
    names = names_of(manifest)
    dynamodb, s3 = cloud.client("dynamodb"), cloud.client("s3")
    item = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    for table in (names.records_table, names.audit_table):
        dynamodb.put_item(TableName=table, Item=item)
    for bucket, prefix in ((names.files_bucket, "files"), (names.seals_bucket, "seals")):
        s3.put_object(Bucket=bucket, Key=f"{prefix}/a", Body=b"x")


def _acts(names: Names) -> dict[str, tuple[str, Callable[[Any], Any]]]:
    """Every data action of a tenant's roles, on the resources of the tenant `names`."""
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    acts: dict[str, tuple[str, Callable[[Any], Any]]] = {}
    for table in (names.records_table, names.audit_table):

        def add(action: str, act: Callable[[Any], Any], table: str = table) -> None:
            acts[f"dynamodb:{action} {table}"] = ("dynamodb", act)

        add("GetItem", lambda c, t=table: c.get_item(TableName=t, Key=key))
        add("PutItem", lambda c, t=table: c.put_item(TableName=t, Item=key))
        add("DeleteItem", lambda c, t=table: c.delete_item(TableName=t, Key=key))
        add("Scan", lambda c, t=table: c.scan(TableName=t))
        add(
            "Query",
            lambda c, t=table: c.query(
                TableName=t,
                KeyConditionExpression="pk = :p",
                ExpressionAttributeValues={":p": {"S": "p"}},
            ),
        )
        add(
            "UpdateItem",
            lambda c, t=table: c.update_item(
                TableName=t,
                Key=key,
                UpdateExpression="SET a = :a",
                ExpressionAttributeValues={":a": {"S": "a"}},
            ),
        )
        add("BatchGetItem", lambda c, t=table: c.batch_get_item(RequestItems={t: {"Keys": [key]}}))
    for bucket, prefix in ((names.files_bucket, "files"), (names.seals_bucket, "seals")):
        name = {"Bucket": bucket, "Key": f"{prefix}/a"}
        acts[f"s3:GetObject {bucket}"] = ("s3", lambda c, n=name: c.get_object(**n))
        acts[f"s3:PutObject {bucket}"] = ("s3", lambda c, n=name: c.put_object(**n, Body=b"y"))
        acts[f"s3:DeleteObject {bucket}"] = ("s3", lambda c, n=name: c.delete_object(**n))
        acts[f"s3:ListBucket {bucket}"] = (
            "s3",
            lambda c, b=bucket: c.list_objects_v2(Bucket=b, Prefix="files/"),
        )
    jobs = names.function("jobs")
    acts[f"lambda:InvokeFunction {jobs}"] = (
        "lambda",
        lambda c: c.invoke(FunctionName=jobs, Payload=json.dumps({"task": "verify"}).encode()),
    )
    return acts


def _as_role(cloud: LocalCloud, role_arn: str) -> Callable[[str], Any]:
    """Clients with the credentials that a function of this role works with."""
    given = cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")
    credentials = given["Credentials"]

    def client(service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=cloud.endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    return client


def _outcome(client: Callable[[str], Any], service: str, act: Callable[[Any], Any]) -> str:
    try:
        act(client(service))
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"


def test_no_role_of_one_tenant_reaches_a_resource_of_the_other(cloud: LocalCloud) -> None:
    both = [names_of(load(manifest)) for manifest in MANIFESTS.values()]
    denied, own_allowed = 0, 0
    for mine, other in (both, both[::-1]):
        for function in FUNCTIONS:
            client = _as_role(cloud, mine.role_arn(function))
            for what, (service, act) in _acts(other).items():
                outcome = _outcome(client, service, act)
                assert outcome in _DENIED, (function, what, outcome)
                denied += 1
            own_allowed += sum(
                _outcome(client, service, act) == "allowed"
                for what, (service, act) in _acts(mine).items()
                if service == "dynamodb"
            )
    # Two tenants, three roles, 23 actions each; and the roles do work on what is their own.
    assert denied == 2 * len(FUNCTIONS) * 23
    assert own_allowed > 20
