"""The newcomer's path in seconds: first start, second start, one more tenant."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable

from bench.record import keep
from ops.live import find
from ops.local import assets
from ops.local.cloud import LocalCloud
from ops.local.deploy import deploy
from ops.local.seed import accounts_file, seed
from ops.paths import LOCAL, ROOT

HOME = LOCAL / "bench"
PORT = 4599
FIRST = ROOT / "tenants" / "122041-demo.yaml"
FURTHER = ROOT / "tenants" / "122360-demo.yaml"


def main() -> None:
    cloud = LocalCloud(home=HOME, port=PORT)
    cloud.stop()
    shutil.rmtree(HOME, ignore_errors=True)
    assets.build("host")
    try:
        first = _timed(lambda: _up(cloud))
        before = _table_items(cloud)
        second = _timed(lambda: _up(cloud))
        unchanged = before == _table_items(cloud)
        further = _timed(lambda: deploy(cloud, [FURTHER], say=_quiet))
    finally:
        cloud.stop()
        shutil.rmtree(HOME, ignore_errors=True)
    # The command itself, as a newcomer types it, on the cloud that is up.
    command = ["make", "up"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=os.environ)
    again = _timed(lambda: subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL))
    keep(
        "local_cloud",
        "python -m bench local_cloud",
        {
            "first_up_seconds": first,
            "second_up_seconds": second,
            "second_up_changed_nothing": unchanged,
            "further_tenant_seconds": further,
            "second_make_up_seconds": again,
        },
    )


def _quiet(_: str) -> None:
    """Nothing to say."""


def _up(cloud: LocalCloud) -> None:
    cloud.start()
    deploy(cloud, [FIRST], say=_quiet)
    seed(find(FIRST, cloud), accounts_file(cloud.home, FIRST), say=_quiet)


def _table_items(cloud: LocalCloud) -> list[int]:
    dynamodb = cloud.client("dynamodb")
    names = dynamodb.list_tables()["TableNames"]
    return [dynamodb.scan(TableName=name, Select="COUNT")["Count"] for name in sorted(names)]


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return round(time.perf_counter() - started, 1)


if __name__ == "__main__":
    main()
