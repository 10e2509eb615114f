"""Which tenant this process serves, from its environment, and what it keeps between requests."""

import os
from dataclasses import dataclass
from functools import cache

from lambdas.store import index, models, statistics, tasks
from lambdas.store.files import FileStore, Judge, Scanner, no_scanner
from lambdas.store.keys import Keys
from lambdas.store.repository import Repository
from lambdas.store.sealed import Compartment


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """What the stack tells a function about its tenant."""

    lg_code: str
    municipality: str
    region: str
    records_table: str
    audit_table: str
    user_pool_id: str
    client_id: str
    key_arn: str
    files_bucket: str
    # The municipality's scanner of files, where the manifest names one.
    scanner: str | None
    # Whether the municipality's staff may be told by e-mail how much waits for them.
    digest: bool


@cache
def tenant() -> Tenant:
    env = os.environ
    return Tenant(
        lg_code=env["SOUDAN_LG_CODE"],
        municipality=env["SOUDAN_MUNICIPALITY"],
        region=env["AWS_REGION"],
        records_table=env["SOUDAN_RECORDS_TABLE"],
        audit_table=env["SOUDAN_AUDIT_TABLE"],
        user_pool_id=env["SOUDAN_USER_POOL_ID"],
        client_id=env["SOUDAN_CLIENT_ID"],
        key_arn=env["SOUDAN_KEY_ARN"],
        files_bucket=env["SOUDAN_FILES_BUCKET"],
        scanner=env.get("SOUDAN_SCANNER"),
        digest="SOUDAN_DIGEST" in env,
    )


@cache
def repository() -> Repository:
    """The repository over this tenant's tables; its connection outlives a request."""
    here = tenant()
    models.bind(records_table=here.records_table, audit_table=here.audit_table, region=here.region)
    return Repository(
        region=here.region,
        beside=[
            compartment().beside_records,
            tasks.TaskRows().beside,
            statistics.beside,
            index.beside,
        ],
    )


@cache
def compartment() -> Compartment:
    """The tenant's confidential compartment; its connection outlives a request."""
    return Compartment(keys=keys(), lg_code=tenant().lg_code)


@cache
def keys() -> Keys:
    """Data keys under the tenant's KMS key; the connection outlives a request."""
    here = tenant()
    return Keys(region=here.region, key_arn=here.key_arn)


@cache
def files() -> FileStore:
    """The tenant's files; its connection is made when the first file is asked for."""
    here = tenant()
    return FileStore(bucket=here.files_bucket, region=here.region)


@cache
def judge() -> Judge:
    """Who decides on malware beside the built-in examination."""
    here = tenant()
    return Scanner(function=here.scanner, region=here.region) if here.scanner else no_scanner
