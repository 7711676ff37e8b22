"""Passes over the graph that is drawn, a file each."""
