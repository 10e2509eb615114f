"""The vendor's own place: where its registry and its signing key are, and putting them there."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
from botocore.exceptions import BotoCoreError, ClientError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from infra.names import Vendor
from lambdas.casework.forms import SCHEMAS
from ops.live import client_of_account
from ops.local.cloud import LocalCloud, the_cloud
from ops.local.deploy import bootstrap, run_cdk
from ops.paths import ROOT
from ops.tenants.life.registry import Registry

VENDORS = ROOT / "vendors"


class VendorError(Exception):
    """The vendor's file or place is not usable; the text says what to do (Japanese)."""


class VendorPlace:
    """A vendor's account as its file says, with the operator's credentials."""

    def __init__(self, file: Path, cloud: LocalCloud | None = None) -> None:
        """Raises VendorError."""
        content = _read(file)
        self.vendor = Vendor(
            vendor=content["vendor"], account=content["account"], region=content["region"]
        )
        local = content["environment"] == "local"
        self._cloud = (cloud or the_cloud()) if local else None

    def client(self, service: str) -> Any:
        if self._cloud is not None:
            return self._cloud.client(service, self.vendor.account, self.vendor.region)
        return client_of_account(self.vendor.account, service, self.vendor.region)

    def registry(self) -> Registry:
        """Raises VendorError when it is not there."""
        try:
            self.client("dynamodb").describe_table(TableName=self.vendor.registry)
        except (ClientError, BotoCoreError) as error:
            raise VendorError(
                f"事業者 {self.vendor.vendor} の登録簿がありません。"
                f"`soudan vendor deploy` で用意してください。({_kind(error)})"
            ) from error
        return Registry(self.client("dynamodb"), self.vendor.registry)

    def deploy(self, say: Callable[[str], None]) -> None:
        """Puts the vendor's stack into place, by the CDK. Raises CloudError."""
        from infra.app import new_app
        from infra.vendor import VendorStack

        with tempfile.TemporaryDirectory() as directory:
            out = Path(directory) / "cdk.out"
            app = new_app(out, builtin_validation=False)
            VendorStack(app, vendor=self.vendor)
            app.synth()
            bootstrap(self._cloud, self.vendor.account, self.vendor.region, say=say)
            say("事業者の登録簿と署名の鍵を配備しています")
            run_cdk(
                self._cloud,
                self.vendor.account,
                ["deploy", self.vendor.stack, "--app", str(out), "--require-approval", "never"],
            )


def vendor_file(vendor: str) -> Path:
    return VENDORS / f"{vendor}.yaml"


def _read(file: Path) -> dict[str, str]:
    try:
        content: Any = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise VendorError(
            f"事業者の設定ファイル {file} を読めません。vendors/ の例を見て作ってください。"
        ) from error
    schema = jsonschema_rs.Draft202012Validator(
        json.loads((SCHEMAS / "vendor.schema.json").read_text("utf-8"))
    )
    for problem in schema.iter_errors(content):
        where = ".".join(str(step) for step in problem.instance_path) or "全体"
        raise VendorError(f"事業者の設定ファイル {file} の「{where}」が正しくありません。")
    checked: dict[str, str] = content
    return checked


def _kind(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"]["Code"])
    return type(error).__name__
