"""A session to hurt: a run with good checkpoints, and the command line in this process."""

import os
import shutil
import subprocess

import pytest

from tests.cli.command import environment
from tinygrad_gru.cli import main
from tinygrad_gru.training import Config, load_checkpoint, train_run

SIZES = ["--length", "5", "--hidden", "4", "--batch", "2"]


def good_run(folder, task="adding", **settings):
    """A run of a few updates in this folder."""
    given = {"length": 5, "hidden": 4, "batch": 2, "updates": 4} | settings
    return train_run(Config.of(task, **given), folder, quiet=True).run


def complaint(capsys, code, *words):
    """The one line with which a command fails: it begins with `error: `, and says what to try."""
    assert main([str(word) for word in words]) == code
    out, err = capsys.readouterr()
    return the_line(out, err)


def the_line(out, err):
    """The only line on stderr, with nothing on stdout."""
    assert out == "" and "Traceback" not in err, err
    (line,) = err.splitlines()
    assert line.startswith("error: ") and ("try: " in line or "did you mean" in line), line
    assert line.isprintable()
    return line


def still_good(run):
    """The checkpoints of a run load, and no temporary file lies around."""
    assert not list(run.glob(".*"))
    for name in ("best.npz", "last.npz"):
        load_checkpoint(run / name)


def process(*words, cwd, env=None, **options):
    """A finished process, with its text."""
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environment(**(env or {})),
        capture_output=True,
        encoding="utf-8",
        timeout=options.pop("timeout", 60),
        **options,
    )


def bound_by_permissions():
    """The words before a command that make the permissions of files count, which root's own do not."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may read and write everything, and there is no setpriv to give that up")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
