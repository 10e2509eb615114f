"""`make screenshots`: takes the pictures of docs/guides/staff.md anew, from a tenant in a local
cloud of its own with the demo's people."""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect

from ops.local.browser import install
from tests.browser.rooms import PATIENCE_MS, Desks, a_browser
from tests.guide.camera import GUIDE, PICTURES, Camera, named_in
from tests.guide.walk import Walk
from tests.running import run_tenants


def main() -> int:
    """0, or 1 when the guide and the walk do not name the same pictures."""
    install()
    expect.set_options(timeout=PATIENCE_MS)
    tenants = run_tenants()
    try:
        tenant = next(tenants)["funabashi"]
        with TemporaryDirectory() as folder, a_browser() as browser:
            camera = Camera(folder=Path(folder))
            desks = Desks(browser, tenant)
            Walk(open_desk=desks.open, tenant=tenant, camera=camera).go()
            desks.close()
            # What was there stays until all of the new ones are.
            shutil.rmtree(PICTURES, ignore_errors=True)
            shutil.copytree(folder, PICTURES)
    finally:
        tenants.close()
    kilobytes = sum(file.stat().st_size for file in PICTURES.iterdir()) // 1000
    sys.stdout.write(f"{len(camera.taken)} 枚の絵を {PICTURES} に書きました({kilobytes} kB)\n")
    other = set(camera.taken) ^ set(named_in(GUIDE.read_text("utf-8")))
    if other:
        sys.stderr.write(f"手引きと食い違う絵があります: {'、'.join(sorted(other))}\n")
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main())
