"""A fork says and does what a process that Python starts says and does."""

import os
import subprocess
import sys

import pytest

from tests.cli import forked
from tests.cli.command import COMMAND, environment

LINES = ["--version", "--help", "tran", "train adding --lr nan", "explain --cell rnn", "init order -o -", "sample last"]


def both(words, cwd, **options):
    """What a fork and what a process says and how it ends."""
    new = subprocess.run(
        [*COMMAND, *words], cwd=cwd, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8"
    )
    fork = forked.run(words, cwd, environment(), timeout=60, **options)
    return [(done.returncode, done.stdout, done.stderr) for done in (fork, new)]


@pytest.mark.parametrize("line", LINES)
def test_a_fork_says_what_a_new_process_says(line, tmp_path):
    fork, new = both(line.split(), tmp_path)
    assert fork == new


def test_a_fork_has_its_own_directory_environment_and_streams(tmp_path):
    more = {"COLUMNS": "40", "NO_COLOR": "1"}
    narrow = forked.run(["train", "--help"], tmp_path, environment(**more), timeout=60)
    wide = forked.run(["train", "--help"], tmp_path, environment(COLUMNS="120"), timeout=60)
    assert max(map(len, narrow.stdout.splitlines())) <= 40 < max(map(len, wide.stdout.splitlines()))
    with (tmp_path / "out").open("w") as out:
        done = forked.run(["init", "order", "-o", "x.toml"], tmp_path, environment(), timeout=60, stdout=out)
    assert (done.returncode, done.stdout, (tmp_path / "out").read_text()) == (0, None, "x.toml\n")
    assert (tmp_path / "x.toml").exists()


def test_bytes_are_left_as_they_are(tmp_path):
    assert forked.run(["--version"], tmp_path, environment(), timeout=60, encoding=None).stdout.endswith(b"\n")


def test_one_that_does_not_end_is_killed(tmp_path):
    words = ["train", "adding", "--updates", "1000000", "--length", "5", "--out", "run", "--quiet"]
    with pytest.raises(subprocess.TimeoutExpired):
        forked.run(words, tmp_path, environment(), timeout=0.5)
    assert not list(tmp_path.glob("run/report.html"))


def test_a_command_of_a_shell_hands_on_its_streams_and_exit_code(tmp_path):
    changes, requests = forked.for_a_shell()
    line = "echo 0110 | tinygrad-gru predict nowhere 2>said; echo $?; tinygrad-gru --version | head -1"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=tmp_path,
        env=os.environ | changes,
        pass_fds=[requests],
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("1\ntinygrad-gru ") and done.stderr == ""
    assert (tmp_path / "said").read_text().startswith("error: no such run: nowhere")
    assert str(sys.executable).rpartition("/")[0] in changes["PATH"]
