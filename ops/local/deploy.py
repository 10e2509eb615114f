"""The real `cdk bootstrap` and `cdk deploy`, with the local cloud as their only endpoint."""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from botocore.exceptions import ClientError

from infra.manifest import load
from infra.names import stage_id
from ops.local.cloud import CloudError, LocalCloud
from ops.paths import BIN, ROOT

_CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"


def deploy(
    cloud: LocalCloud, manifest_files: Sequence[Path], *, say: Callable[[str], None]
) -> None:
    """Bootstraps the account once and deploys the tenants' stacks; unchanged ones stay as they
    are. Raises ManifestError, CloudError."""
    manifests = [load(file) for file in manifest_files]
    for manifest in manifests:
        if manifest.environment != "local":
            raise CloudError(
                f"{manifest.municipality}の設定は environment: {manifest.environment} です。"
                "手元のクラウドに配備できるのは environment: local の設定だけです。"
            )
        if not _is_bootstrapped(cloud, manifest.account):
            say("CDK の準備(bootstrap)をしています")
            target = f"aws://{manifest.account}/{manifest.region}"
            # Not from the root: the CDK would synthesise the app it finds there first.
            _cdk(cloud, manifest.account, ["bootstrap", target], cwd=cloud.home)
    say("配備(cdk deploy)をしています")
    names = ",".join(str(file) for file in manifest_files)
    stacks = [f"{stage_id(manifest)}/*" for manifest in manifests]
    output = cloud.home / "cdk.out"
    _cdk(
        cloud,
        manifests[0].account,
        [
            "deploy", *stacks, "--context", f"manifests={names}", "--output", str(output),
            "--require-approval", "never", "--concurrency", "2", "--asset-parallelism",
        ],
    )  # fmt: skip


def _is_bootstrapped(cloud: LocalCloud, account: str) -> bool:
    try:
        cloud.client("cloudformation", account).describe_stacks(StackName="CDKToolkit")
    except ClientError:
        return False
    return True


def _cdk(cloud: LocalCloud, account: str, arguments: Sequence[str], *, cwd: Path = ROOT) -> None:
    """Runs the CDK command line. Its output goes to a log, shown when it fails."""
    kept = {n: os.environ[n] for n in ("PATH", "HOME", "LANG", "TMPDIR") if n in os.environ}
    environment = {
        **kept,
        **cloud.aws_environment(account),
        "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        # The CDK's own template check; `make test` and `make synth` run it.
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }
    log = cloud.home / "cdk.log"
    with log.open("w") as file:
        done = subprocess.run(  # noqa: S603  # our own node and a fixed program
            [
                str(BIN / "node"), str(_CDK), "--ci", "--no-color", "--no-notices",
                "--no-version-reporting", *arguments,
            ],
            env=environment, cwd=cwd, stdout=file, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
        raise CloudError(f"cdk {arguments[0]} が失敗しました。記録: {log}\n{tail}")
