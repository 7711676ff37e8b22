"""Measurements, side by side in one run, medians. `make bench` runs them all and writes results.json."""
