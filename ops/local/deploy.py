"""The real `cdk bootstrap` and `cdk deploy`, with the local cloud as their only endpoint."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import ClientError

from infra.manifest import load
from infra.names import stage_id
from ops.live import profile_of
from ops.local.cloud import CloudError, LocalCloud
from ops.paths import BIN, LOCAL, ROOT

_CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"


def deploy(
    cloud: LocalCloud,
    manifest_files: Sequence[Path],
    *,
    say: Callable[[str], None],
    log: Path | None = None,
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
    deploy_tenants(cloud, manifest_files, say=say, log=log)


def deploy_tenants(
    cloud: LocalCloud | None,
    manifest_files: Sequence[Path],
    *,
    say: Callable[[str], None],
    log: Path | None = None,
) -> None:
    """The same, into the local cloud or, without one, by the operator's credentials on AWS. All
    manifests name one account. Raises ManifestError, CloudError."""
    with tempfile.TemporaryDirectory() as directory:
        assembly = Path(directory)
        synth_tenants(cloud, manifest_files, assembly, log=log)
        deploy_assembly(cloud, manifest_files, assembly, say=say, log=log)


def synth_tenants(
    cloud: LocalCloud | None,
    manifest_files: Sequence[Path],
    assembly: Path,
    *,
    log: Path | None = None,
) -> None:
    """Writes the tenants' cloud assembly, gates included. Raises ManifestError, CloudError."""
    account = load(manifest_files[0]).account
    names = ",".join(str(file) for file in manifest_files)
    arguments = ["synth", "--quiet", "--context", f"manifests={names}", "--output", str(assembly)]
    run_cdk(cloud, account, arguments, log=log)


def deploy_assembly(
    cloud: LocalCloud | None,
    manifest_files: Sequence[Path],
    assembly: Path,
    *,
    say: Callable[[str], None],
    log: Path | None = None,
) -> None:
    """Deploys what was synthesised before, as it is: what was judged is what comes into the
    account. Raises ManifestError, CloudError."""
    manifests = [load(file) for file in manifest_files]
    for account, region in sorted({(m.account, m.region) for m in manifests}):
        bootstrap(cloud, account, region, say=say)
    say("配備(cdk deploy)をしています")
    stacks = [f"{stage_id(manifest)}/*" for manifest in manifests]
    run_cdk(
        cloud,
        manifests[0].account,
        [
            "deploy", *stacks, "--app", str(assembly),
            "--require-approval", "never", "--concurrency", "2", "--asset-parallelism",
        ],
        log=log,
    )  # fmt: skip


def bootstrap(
    cloud: LocalCloud | None, account: str, region: str, *, say: Callable[[str], None]
) -> None:
    """The CDK's bootstrap of an account of the local cloud; on AWS its owner has done that."""
    if cloud is None or _is_bootstrapped(cloud, account):
        return
    say("CDK の準備(bootstrap)をしています")
    # Not from the root: the CDK would synthesise the app it finds there first.
    run_cdk(cloud, account, ["bootstrap", f"aws://{account}/{region}"], cwd=cloud.home)


def _is_bootstrapped(cloud: LocalCloud, account: str) -> bool:
    try:
        cloud.client("cloudformation", account).describe_stacks(StackName="CDKToolkit")
    except ClientError:
        return False
    return True


def run_cdk(
    cloud: LocalCloud | None,
    account: str,
    arguments: Sequence[str],
    *,
    cwd: Path = ROOT,
    log: Path | None = None,
) -> None:
    """Runs the CDK command line. Its output is added to a log, and shown when it fails."""
    kept = {n: os.environ[n] for n in ("PATH", "HOME", "LANG", "TMPDIR") if n in os.environ}
    environment = {
        **(os.environ if cloud is None else {**kept, **cloud.aws_environment(account)}),
        "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        # The CDK's own template check; `make test` and `make synth` run it.
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }
    profile = profile_of(account) if cloud is None else None
    log = log or (cloud.home if cloud else LOCAL) / "cdk.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"\n== {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} cdk {arguments[0]}\n")
        file.flush()
        begun = file.tell()
        done = subprocess.run(  # noqa: S603  # our own node and a fixed program
            [
                str(BIN / "node"), str(_CDK), "--ci", "--no-color", "--no-notices",
                "--no-version-reporting", *(["--profile", profile] if profile else []), *arguments,
            ],
            env=environment, cwd=cwd, stdout=file, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if done.returncode:
        told = log.read_bytes()[begun:].decode(errors="replace")
        tail = "\n".join(told.splitlines()[-40:])
        raise CloudError(f"cdk {arguments[0]} が失敗しました。{_reason(told)}\n記録: {log}\n{tail}")


def _reason(told: str) -> str:
    """The line in which the CDK or our own app says why; nothing where none does."""
    lines = [line.strip() for line in told.splitlines()]
    failed = [line for line in lines if "❌" in line or "failed:" in line]
    # Our own app speaks Japanese.
    ours = [line for line in lines if re.search(r"[ぁ-ん]", line)]
    return next(iter([*ours, *failed]), "")[:300]
