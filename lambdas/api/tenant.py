"""Which tenant this process serves, from its environment, and what it keeps between requests."""

import os
from dataclasses import dataclass
from functools import cache

from lambdas.store import models
from lambdas.store.repository import Repository


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
    )


@cache
def repository() -> Repository:
    """The repository over this tenant's tables; its connection outlives a request."""
    here = tenant()
    models.bind(records_table=here.records_table, audit_table=here.audit_table, region=here.region)
    return Repository(region=here.region)
