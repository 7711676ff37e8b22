"""Only one process at a time trains in a directory, and a lock ends with its process."""

import builtins
import errno
import fcntl
import os
import subprocess
import sys

import pytest

from tinygrad_gru.errors import FileError
from tinygrad_gru.training.runs import lock
from tinygrad_gru.training.runs.lock import only_one_on

HOLD = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], 0), fcntl.LOCK_EX); print('mine', flush=True); input()"


def test_a_second_process_is_refused_and_a_killed_one_holds_nothing(tmp_path):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    with other:
        assert other.stdout.readline() == "mine\n"
        with pytest.raises(FileError, match="is being trained by another process. try: again when"):
            with only_one_on(tmp_path):
                raise AssertionError("two at once")
        other.kill()
    with only_one_on(tmp_path):
        assert list(tmp_path.iterdir()) == []  # nothing to clean up


def test_it_can_be_taken_again_after_an_error(tmp_path):
    with pytest.raises(KeyError), only_one_on(tmp_path):
        raise KeyError
    with only_one_on(tmp_path):
        pass


def test_a_directory_that_is_gone_is_told(tmp_path):
    with (
        pytest.raises(FileError, match="cannot open .*gone: No such file or directory"),
        only_one_on(tmp_path / "gone"),
    ):
        pass


def test_where_nothing_can_be_locked_that_is_said(tmp_path, monkeypatch, capsys):
    def no_locks(*args):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with only_one_on(tmp_path):
        assert "cannot be locked (No locks available): make sure" in capsys.readouterr().err

    real = builtins.__import__
    monkeypatch.delitem(sys.modules, "fcntl")

    def without_fcntl(name, *args, **options):
        if name == "fcntl":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without_fcntl)
    with only_one_on(tmp_path):
        assert "this system cannot lock" in capsys.readouterr().err


def test_whoever_only_asks_does_not_keep_a_run_from_going_on(tmp_path, monkeypatch):
    """The lock of one that asks is held for less than a moment; here until the first attempt has failed."""
    asking = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr(lock.time, "sleep", lambda seconds: fcntl.flock(asking, fcntl.LOCK_UN))
    with only_one_on(tmp_path):
        pass
    os.close(asking)
