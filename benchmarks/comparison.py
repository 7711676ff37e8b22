"""`compare adding --length 100`, the command as it stands: how long it takes, and what it shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LIMIT = 180  # seconds, on two cores


def main() -> list[dict[str, Any]]:
    """A row for each cell; the last column is the time of the whole."""
    command = [sys.executable, "-m", "tinygrad_gru", "compare", "adding", "--length", "100", "--quiet", "--json"]
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        path = os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            command, cwd=folder, env=os.environ | {"PYTHONPATH": path}, capture_output=True, check=True
        )
        seconds = time.perf_counter() - start
    found = json.loads(done.stdout)
    print(found["verdict"], flush=True)
    names = ("cell", "parameters", "runs", "goal reached", "test MSE", "updates to goal")
    return [{name: row[name] for name in names} | {"all runs, s": seconds, "at most": LIMIT} for row in found["rows"]]
