"""Faults 45 to 48: readers that leave, streams that are closed or full, terminals that can do little."""

import os
import subprocess

import pytest

from tests.cli.command import COMMAND, environment, run
from tests.faults.session import SIZES, good_run, still_good, the_line

TRAIN = ["train", "adding", *SIZES, "--updates", "4"]


def shell(line, cwd):
    """The finished shell, in which "$@" is our command."""
    return subprocess.run(
        ["bash", "-c", line, "bash", *COMMAND],
        cwd=cwd,
        env=environment(PYTHONUNBUFFERED=""),  # unbuffered, Python takes a write that was cut short for a whole one
        capture_output=True,
        encoding="utf-8",
    )


def test_a_reader_that_has_had_enough_is_exit_code_141(tmp_path):
    good_run(tmp_path / "run")
    done = shell(
        '"$@" sample run --count 4000 | head -1; echo ${PIPESTATUS[0]} >&2', tmp_path
    )  # more than a pipe holds
    assert done.stderr == "141\n" and len(done.stdout.splitlines()) == 1
    done = shell(f'"$@" {" ".join(TRAIN)} 2>&1 >path | head -1; echo ${{PIPESTATUS[0]}} >&2', tmp_path)
    assert done.stderr == "0\n"  # whoever only heard the talk does not stop the run
    still_good(tmp_path / (tmp_path / "path").read_text().strip())


@pytest.mark.parametrize("words", ["--help", "train --help", "--version", ""])
def test_help_that_nobody_reads_is_exit_code_141(words, tmp_path):
    waiting = "while [ ! -e gone ]; do sleep 0.02; done"  # until the reader is gone
    done = shell(f'{{ {waiting}; "$@" {words}; echo $? >code; }} | {{ exec <&-; touch gone; }}', tmp_path)
    assert (done.stderr, (tmp_path / "code").read_text()) == ("", "141\n")


@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_stop_a_run(closing, tmp_path):
    done = shell(f'"$@" {" ".join(TRAIN)} --out run {closing}', tmp_path)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
    still_good(tmp_path / "run")  # and nothing of what was said got into its files


@pytest.mark.parametrize("command", [["eval", "run"], ["--help"]], ids=" ".join)
def test_a_stdout_that_is_full_is_one_line(command, tmp_path):
    good_run(tmp_path / "run")
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = run(*command, cwd=tmp_path, stdout=full)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert the_line("", done.stderr).startswith("error: output: No space left on device. try: ")
    still_good(tmp_path / "run")


@pytest.mark.parametrize(
    "env",
    [
        {"TERM": "dumb", "COLUMNS": "20", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"HOME": "/nonexistent", "TERM": "", "NO_COLOR": "1", "COLUMNS": "20", "PYTHONIOENCODING": "ascii"},
        {"COLUMNS": "wide", "LINES": "-3", "TERM": "no-such-terminal", "LC_ALL": "xx_XX.UTF-8"},
    ],
    ids=lambda env: " ".join(f"{name}={value}" for name, value in env.items()),
)
def test_any_terminal_will_do(env, tmp_path):
    done = run(*TRAIN, "--out", "run", cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (0, "run\n"), done.stderr
    assert "Traceback" not in done.stderr and "\x1b" not in done.stderr
    if "LC_ALL" in env:
        done = run("explain", cwd=tmp_path, env=env)  # equations, with their Greek letters
        assert done.returncode == 0 and done.stdout, done.stderr
    still_good(tmp_path / "run")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no terminals to open")
@pytest.mark.parametrize("name", ["xterm-256color", "dumb"])
def test_a_terminal_of_20_columns_will_do(name, tmp_path):
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 20, 0, 0))
    env = environment(TERM=name, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    env = {key: value for key, value in env.items() if key not in ("COLUMNS", "LINES")}
    done = subprocess.Popen([*COMMAND, *TRAIN, "--out", "run"], cwd=tmp_path, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 10_000)
        except OSError:  # what a terminal answers when nobody has it open any more
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert done.wait(timeout=30) == 0, said
    assert b"Traceback" not in said and said.rstrip().endswith(b"run")
    still_good(tmp_path / "run")
