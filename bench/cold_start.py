"""Cold start: import of the API's handler and its first DynamoDB client, against a bare
`import boto3; boto3.client("dynamodb")`; each in a fresh interpreter, in turn."""

import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from bench.record import keep
from ops.local import assets

RUNS = 15
OURS = (
    "from lambdas.api.app import app; from lambdas.api.tenant import repository;"
    "repository()._connection.client"
)
BARE = "import boto3; boto3.client('dynamodb')"
_TIMER = "import time; started = time.perf_counter(); {code}; print(time.perf_counter() - started)"


def main() -> None:
    asset = assets.build("host") / "api"
    site_packages = next(p for p in sys.path if p.endswith("site-packages"))
    ours, bare = [], []
    for run in range(RUNS + 1):
        measured = _seconds(OURS, str(asset)), _seconds(BARE, site_packages)
        if run:  # the first run lets boto3 write the byte code that the asset brings with it
            ours.append(measured[0])
            bare.append(measured[1])
    result = {
        "runs": RUNS,
        "ours_ms": round(statistics.median(ours) * 1000, 1),
        "bare_boto3_ms": round(statistics.median(bare) * 1000, 1),
        "ratio": round(statistics.median(ours) / statistics.median(bare), 3),
    }
    sizes = {}
    for platform in ("host", "aarch64"):
        for function in assets.FUNCTIONS:
            directory = assets.build(platform) / function.name
            sizes[f"{platform}/{function.name}"] = round(_zipped(directory) / 1e6, 2)
    keep("cold_start", "python -m bench cold_start", {**result, "zipped_mb": sizes})


def _seconds(code: str, path: str) -> float:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": path,
        "AWS_REGION": "ap-northeast-1",
        "AWS_DEFAULT_REGION": "ap-northeast-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        **{f"SOUDAN_{n}": "x" for n in _SETTINGS},
    }
    done = subprocess.run(
        # The base interpreter, so that nothing of the project's environment is seen.
        [sys._base_executable, "-s", "-c", _TIMER.format(code=code)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


_SETTINGS = (
    "LG_CODE",
    "MUNICIPALITY",
    "RECORDS_TABLE",
    "AUDIT_TABLE",
    "USER_POOL_ID",
    "CLIENT_ID",
    "KEY_ARN",
    "FILES_BUCKET",
)


def _zipped(directory: Path) -> int:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in directory.rglob("*"):
                archive.write(path, path.relative_to(directory))
        return Path(file.name).stat().st_size


if __name__ == "__main__":
    main()
