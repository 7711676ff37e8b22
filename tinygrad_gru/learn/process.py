"""A file is judged in a process of its own, which may loop for ever or end Python: this is the parent's side."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from .exercise import Exercise
from .judge import Verdict

__all__ = ["TIME_LIMIT", "run"]

TIME_LIMIT = 10.0  # seconds of computing for all cases of an exercise
PATIENCE = 6  # times that by the clock: the machine may be busy
ENDLESS = "It never came back: an endless loop?"
OUT_OF_TIME = tuple(-getattr(signal, name) for name in ("SIGXCPU",) if hasattr(signal, name))


def run(task: Exercise, path: Path, time_limit: float) -> tuple[Verdict, str]:
    """The verdict on a file, and what the file printed. `time_limit` is in seconds of computing."""
    with tempfile.TemporaryDirectory() as folder:
        answer, output = Path(folder) / "verdict.json", Path(folder) / "output.txt"
        seconds = str(math.ceil(time_limit))
        command = [sys.executable, "-m", f"{__package__}.child", task.name, str(path), str(answer), seconds]
        here = str(Path(__file__).parents[2])
        search = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = os.environ | {"PYTHONPATH": search, "PYTHONUTF8": "1"}
        # Output goes to a file: a pipe would be waited for as long as a process that the file started holds it.
        with output.open("wb") as stdout:
            try:
                exit_code = subprocess.run(
                    command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.STDOUT,
                    timeout=PATIENCE * time_limit, env=environment,
                ).returncode  # fmt: skip
            except subprocess.TimeoutExpired:
                exit_code = None
        printed = output.read_text(encoding="utf-8", errors="replace")
        if answer.exists():
            return _verdict_from(answer.read_text(encoding="utf-8")), printed
    if exit_code is None or exit_code in OUT_OF_TIME:
        return Verdict(False, ENDLESS), printed
    return Verdict(False, f"Your file ended Python before it was judged (exit code {exit_code})."), printed


def _verdict_from(text: str) -> Verdict:
    """The verdict that `child.as_json` wrote."""
    fields = json.loads(text)
    for key in ("got", "wanted"):
        fields[key] = tuple(np.array(values, dtype=np.float64) for values in fields[key])
    return Verdict(**fields)
