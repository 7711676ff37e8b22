"""Runs the command line as people do: a process of its own, with its own streams and exit code."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli import forked

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tinygrad_gru"]


def environment(**more):
    """The environment for a process: the package is found, and one thread is enough."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", **more}


def run(*arguments, cwd, env=None, **options):
    """The finished process, with its text; a fork of one that has loaded the package (forked.py) where that will do."""
    if env is None and not options.keys() - {"stdout", "encoding", "timeout"}:
        return forked.run([*map(str, arguments)], cwd, environment(), **({"timeout": 120} | options))
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(**(env or {})),
        stdin=subprocess.DEVNULL,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        encoding=options.pop("encoding", "utf-8"),
        timeout=options.pop("timeout", 120),
        **options,
    )


def start(*arguments, cwd):
    """A process that goes on, and that Ctrl-C and a hangup stop, also in a shell's background job or under nohup."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=_heed_signals,
    )


def _heed_signals():
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):  # one that is ignored stays so in a new program
        signal.signal(number, signal.SIG_DFL)


def complaint(done, code):
    """What a failed process said: one line, no traceback, nothing on stdout, and this exit code."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    return line
