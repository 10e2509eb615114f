"""`python -m bench [NAME…]`: all measurements, or the named ones, each in a process of its own."""

import subprocess
import sys

ALL = ("request", "cold_start", "local_cloud", "synth")

for name in sys.argv[1:] or ALL:
    subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
