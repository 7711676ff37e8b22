"""Calls that are good as they stand, a table for each part of the package: see tests/faults/odd_calls.py.

In each, CALLS holds for every public callable (`tg.sum`, `tg.nn.GRU`, `Tensor.reshape`) a function that makes one good
call with every argument written out. Words after the name tell several calls apart: `tg.split equal`.
"""

# Each table, and the packages whose public names it holds.
TABLES = {
    "core": ("core",),
    "nn": ("nn", "optim", "compiler"),
    "keras": ("keras",),
    "pictures": ("symbolic", "diagram", "inspection", "playback"),
    "interop": ("interop",),
    "training": ("tasks", "training"),
}
