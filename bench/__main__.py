"""`python -m bench [NAME…]`: all measurements, or the named ones."""

import importlib
import sys

ALL = ("request", "cold_start", "local_cloud", "synth")

names = sys.argv[1:] or ALL
sys.argv = sys.argv[:1]
for name in names:
    importlib.import_module(f"bench.{name}").main()
