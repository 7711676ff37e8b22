"""What a person's shell exports changes no test."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXPORTED = {"COLUMNS": "40", "LINES": "3", "FORCE_COLOR": "1", "GITHUB_ACTIONS": "true", "TERM": "dumb", "LC_ALL": "C"}


def test_a_narrow_coloured_terminal_that_is_exported_changes_nothing():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/cli/test_app.py", "-k", "ends_with"],
        cwd=ROOT,
        env=os.environ | EXPORTED,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout + done.stderr
