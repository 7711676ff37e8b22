"""The example runs as it stands, and learns what a bag of words cannot."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_model_learns_that_not_bad_praises(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "sentiment_keras.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    *_, result, praise, blame = done.stdout.splitlines()
    assert float(result.rpartition(" ")[2].rstrip("%")) > 99
    assert float(praise.split()[0]) > 0.9
    assert float(blame.split()[0]) < 0.1
