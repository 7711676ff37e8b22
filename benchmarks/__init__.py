"""Measurements, side by side in one run, one thread, medians. `make bench` runs them all and writes results.json."""
