"""A file is judged in a process of its own, which may loop for ever or end Python: this is the parent's side."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from .exercise import Exercise
from .judging.judge import Verdict

__all__ = ["TIME_LIMIT", "end_all", "run"]

TIME_LIMIT = 10.0  # seconds of computing for all cases of an exercise
PATIENCE = 6  # times that by the clock: the machine may be busy
ENDLESS = "It never came back: an endless loop?"
OUT_OF_TIME = tuple(-getattr(signal, name) for name in ("SIGXCPU", "SIGKILL") if hasattr(signal, name))
_running: set[subprocess.Popen[bytes]] = set()


def run(task: Exercise, path: Path, time_limit: float = TIME_LIMIT, cwd: Path | None = None) -> tuple[Verdict, str]:
    """The verdict on a file, and what the file printed. `time_limit` is in seconds of computing."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        answer, output, word = Path(folder) / "verdict.json", Path(folder) / "output.txt", secrets.token_hex()
        command = [sys.executable, "-m", f"{__package__}.child", task.source, str(path), str(time_limit)]
        here = str(Path(__file__).parents[2])
        search = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = os.environ | {"PYTHONPATH": search, "PYTHONUTF8": "1"}
        # Output goes to a file: a pipe would be waited for as long as a process that the file started holds it.
        with output.open("wb") as stdout:
            child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.STDOUT, env=environment, cwd=cwd
            )
            exit_code = _waited_for(child, os.fsencode(f"{answer}\n{word}\n"), PATIENCE * time_limit)
        printed = output.read_text(encoding="utf-8", errors="replace")
        verdict, is_final = _verdict_in(answer, word)
    if verdict is not None and is_final:
        return verdict, printed
    if exit_code is None or exit_code in OUT_OF_TIME:
        return verdict or Verdict(False, ENDLESS), printed
    return Verdict(False, f"Your file ended Python before it was judged (exit code {exit_code})."), printed


def end_all() -> None:
    """End all checks that are running, in whatever thread."""
    for child in list(_running):
        child.kill()


def _waited_for(child: subprocess.Popen[bytes], request: bytes, seconds: float) -> int | None:
    """The exit code; None if the process had to be ended."""
    _running.add(child)
    try:
        child.communicate(request, timeout=seconds)
        return child.returncode
    except subprocess.TimeoutExpired:
        return None
    finally:
        child.kill()  # nothing, if it has ended
        child.wait()
        _running.discard(child)


def _verdict_in(answer: Path, word: str) -> tuple[Verdict | None, bool]:
    """The verdict that the child wrote, and whether it is the last one; None if there is none."""
    try:
        head, _, text = answer.read_text(encoding="utf-8").partition("\n")
        fields = json.loads(text)
    except (OSError, ValueError):  # none, or half of one
        return None, False
    if head != word:
        return None, False
    for key in ("got", "wanted"):
        fields[key] = tuple(np.array(values) for values in fields[key])
    is_final = fields.pop("final")
    return Verdict(**fields), is_final
