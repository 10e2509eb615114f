"""`python -m bench [NAME…]`: all measurements, or the named ones, each in a process of its own."""

import subprocess
import sys

ALL = (
    "access",
    "appraisal",
    "capacity",
    "casework",
    "exchange",
    "fleet",
    "isolation",
    "request",
    "cold_start",
    "costs",
    "local_cloud",
    "papers",
    "screens",
    "search",
    "statistics",
    "synth",
)

for name in sys.argv[1:] or ALL:
    subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
