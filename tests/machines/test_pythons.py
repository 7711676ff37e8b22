"""The other Pythons of a machine are found where version managers keep them, and each is run before it is believed."""

import os
import sys
import tomllib
from pathlib import Path

import pytest

from tests.machines import pythons
from tests.machines.pythons import folders, newest_other

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program(tmp_path):
    """Writes a program into a folder."""

    def write(place, name, text):
        folder = tmp_path / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
        return folder

    return write


def python(version, modules_are_there=True):
    """The text of a program that answers as this Python would."""
    return f'[ "$1" = --version ] && echo Python {version} && exit; {"echo $0" if modules_are_there else "exit 1"}'


def test_the_newest_is_taken_and_not_the_one_that_runs_now(program):
    program("3.11/bin", "python3.11", python("3.11.7"))
    program("3.9/bin", "python3.9", python("3.9.18"))  # comes later in the alphabet, and is too old
    program("3.12/bin", "python3.12", python("3.12.1"))
    root = program("3.13/bin", "python3.13", python("3.13.0")).parents[1]
    places = sorted(root.glob("*/bin"))
    assert newest_other(places, (3, 11)) == root / "3.13/bin/python3.13"
    assert newest_other(places, (3, 13)) == root / "3.12/bin/python3.12"
    assert newest_other(places[:1], (3, 11)) is None
    assert newest_other([root / "nowhere"], (3, 11)) is None


@pytest.mark.parametrize(
    "answer",
    [
        "echo 'pyenv: python3.14: command not found' >&2; exit 127",  # a shim
        "echo Python 3.14.0; exit 127",
        python("3.14.0b1"),  # for which few packages are built
        python("3.14.0", modules_are_there=False),  # Debian's, without python3-venv
        "exec sleep 60",
    ],
)
def test_what_does_not_run_is_no_python(answer, program, monkeypatch):
    monkeypatch.setattr(pythons, "SECONDS", 1.0)
    program("bin", "python3.14", answer)
    folder = program("bin", "python3.12", python("3.12.1"))
    assert newest_other([folder], (3, 11)) == folder / "python3.12"


def test_a_shim_is_followed_to_the_python_that_it_starts(program):
    real = program("versions/3.13.0/bin", "python3.13", python("3.13.0"))
    shims = program("shims", "python3", f'exec {real}/python3.13 "$@"')
    assert newest_other([shims], (3, 11)) == real / "python3.13"


def test_other_programs_whose_names_begin_alike_are_not_started(program):
    for name in ("python3-config", "python3.13-config", "python3.13t", "python3.13-intel64"):
        folder = program("bin", name, python("3.13.0"))
    (folder / "python3.14").mkdir()
    assert newest_other([folder], (3, 11)) is None


def test_version_managers_are_searched(program, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", "RYE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "on the path"))
    there = [
        tmp_path / "on the path",
        program(".pyenv/versions/3.13.0/bin", "python3.13", ""),
        program(".local/share/uv/python/cpython-3.14.2-linux-x86_64-gnu/bin", "python3.14", ""),
        program(".asdf/installs/python/3.12.1/bin", "python3.12", ""),
    ]
    assert there == [place for place in folders() if place.is_relative_to(tmp_path)]
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "elsewhere"))
    moved = program("elsewhere/versions/3.13.1/bin", "python3.13", "")
    assert moved in folders() and there[1] not in folders()


def test_the_python_that_runs_these_tests_is_one(tmp_path):
    (tmp_path / "python3").symlink_to(sys.executable)
    other = newest_other([tmp_path], (3, 0))
    assert other is not None and os.access(other, os.X_OK)


def test_none_is_said_plainly(monkeypatch, capsys):
    monkeypatch.setattr(pythons, "folders", lambda: [])
    pythons.main()
    printed = capsys.readouterr()
    ours = "{}.{}".format(*sys.version_info)
    assert printed.out == "none\n"
    assert printed.err == f"no other Python than {ours}, from 3.11 on, was found on this machine\n"


def test_the_oldest_is_the_one_that_the_package_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">={}.{}".format(*pythons.OLDEST)
