"""The app as a whole: help, version, and streams that are unlike those of a modern terminal."""

import subprocess

import pytest

from tests.cli.command import COMMAND, environment, run
from tinygrad_gru import __version__
from tinygrad_gru.cli import app, main

COMMANDS = [c.name or c.callback.__name__ for c in app.registered_commands]
QUICK = ["train", "adding", "--length", "4", "--hidden", "4", "--updates", "6", "--batch", "2"]


def shown(capsys, *arguments):
    """What the app prints in this process, in one line."""
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return " ".join(told.out.split())


def test_every_command_is_in_the_help(capsys):
    text = shown(capsys, "--help")
    assert {"demo", "train", "sample", "graph", "program", "explain", "export", "import", "check"} <= {*COMMANDS}
    assert all(name in text for name in COMMANDS)


def test_without_a_command_there_is_help(capsys):
    assert shown(capsys) == shown(capsys, "--help")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_ends_with_an_example(name, capsys):
    text = shown(capsys, name, "--help")
    assert text.rpartition("Example: ")[2].startswith(f"tinygrad-gru {name}")
    assert "--debug" in text


def test_the_help_of_train_says_where_the_defaults_come_from(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert any("by default the task's own" in line for line in _help(capsys))


def _help(capsys):
    main(["train", "--help"])
    return capsys.readouterr().out.splitlines()


def test_the_version_is_told(tmp_path):
    done = run("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"tinygrad-gru {__version__}\n", "")


@pytest.mark.parametrize(
    "env",
    [
        {"NO_COLOR": "1"},
        {"TERM": "dumb"},
        {"COLUMNS": "40"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"FORCE_COLOR": "1"},
    ],
    ids=lambda env: " ".join(f"{name}={value}" for name, value in env.items()),
)
def test_any_terminal_will_do(env, tmp_path):
    done = run(*QUICK, cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (0, "runs/adding-0001\n"), done.stderr
    assert "\x1b" not in done.stderr  # a pipe gets plain lines, whatever else is set
    checked = run("check", "tanh", "take_along_axis", cwd=tmp_path, env=env)
    assert (checked.returncode, checked.stdout.count("ok")) == (0, 2), checked.stderr


def test_closed_streams_are_no_error(tmp_path):
    command = " ".join([*COMMAND, *QUICK])
    for closing, told in [(">&-", b""), ("2>&-", b"runs/adding-0002\n")]:
        done = subprocess.run(
            ["bash", "-c", f"{command} {closing}"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE
        )
        assert (done.returncode, done.stdout) == (0, told)
    assert len(list((tmp_path / "runs").iterdir())) == 2
