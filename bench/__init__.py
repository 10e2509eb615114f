"""Measurements: `make bench` runs them all; each keeps its result in bench/results/."""
