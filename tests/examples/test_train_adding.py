"""The example runs as it stands, and learns."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_example_learns_to_add(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "train_adding.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    *updates, last = done.stdout.splitlines()
    assert [line.split(":")[0] for line in updates] == [f"update {n}" for n in (100, 200, 300, 400)]
    assert float(last.split()[2].rstrip(";")) < 0.01
