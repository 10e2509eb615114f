"""A tenant that runs: where it answers, and AWS clients that see its account."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.manifest import Manifest, load
from infra.names import stage_id
from ops.local.cloud import MAKING_CLIENTS, LocalCloud, the_cloud

# A verification may take as long as its function may run; asked again it would run twice.
_PATIENT = Config(read_timeout=620, retries={"total_max_attempts": 1})


class NotDeployedError(Exception):
    """The tenant is not there; the text says what to do (Japanese)."""


@dataclass(frozen=True, kw_only=True)
class LiveTenant:
    """A deployed tenant. `url` is its root with a slash at the end, as a browser opens it."""

    manifest: Manifest
    outputs: dict[str, str]
    url: str
    cloud: LocalCloud | None

    def client(self, service: str) -> Any:
        """A boto3 client in the tenant's account and region, with the operator's credentials."""
        return aws_client(self.manifest, service, self.cloud)


def find(manifest_file: Path, cloud: LocalCloud | None = None) -> LiveTenant:
    """The tenant that a manifest describes, from its stack's outputs.

    Raises ManifestError, NotDeployedError.
    """
    manifest = load(manifest_file)
    if manifest.environment == "local":
        cloud = cloud or the_cloud()
    stack = f"{stage_id(manifest)}-App"
    try:
        if cloud is None:
            same_account(manifest)
        formation = aws_client(manifest, "cloudformation", cloud)
        found = formation.describe_stacks(StackName=stack)["Stacks"][0]
    except (ClientError, BotoCoreError) as error:
        command = "`make up`" if cloud else "`soudan tenant plan` と配備の手順"
        raise NotDeployedError(
            f"{manifest.municipality}({manifest.lg_code})は配備されていません。"
            f"{command} を確かめてください。({type(error).__name__})"
        ) from error
    outputs = {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}
    url = outputs["ApiUrl"]
    if cloud:
        stage = urlsplit(url).path
        url = f"http://{outputs['ApiId']}.execute-api.localhost:{cloud.port}{stage}"
    return LiveTenant(manifest=manifest, outputs=outputs, url=url, cloud=cloud)


def same_account(manifest: Manifest) -> None:
    """Stack names hold municipality and environment only: another account may have the same.
    Raises NotDeployedError."""
    signed_in = aws_client(manifest, "sts", None).get_caller_identity()["Account"]
    if signed_in != manifest.account:
        raise NotDeployedError(
            f"資格情報のアカウント {signed_in} が、設定ファイルのアカウント {manifest.account} と"
            "違います。資格情報を切り替えてください。"
        )


def aws_client(manifest: Manifest, service: str, cloud: LocalCloud | None) -> Any:
    """A boto3 client for the manifest's account; the operator's own credentials on AWS."""
    if cloud is not None:
        return cloud.client(service, manifest.account, manifest.region)
    return client_of_account(manifest.account, service, manifest.region, _PATIENT)


def client_of_account(account: str, service: str, region: str, config: Config | None = None) -> Any:
    """A client on AWS: by the account's profile where the operator has one, else by the
    credentials at hand."""
    with MAKING_CLIENTS:
        profile = profile_of(account)
        made_by: Any = boto3.Session(profile_name=profile) if profile else boto3
        return made_by.client(service, region_name=region, config=config)


def profile_of(account: str) -> str | None:
    """The AWS profile of an account among the operator's, for fleets over several accounts."""
    name = f"soudan-{account}"
    return name if name in boto3.Session().available_profiles else None
