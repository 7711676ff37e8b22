"""`tinygrad-gru init`: the settings of a task as TOML, on stdout or in a file."""

import tomllib
from pathlib import Path

import pytest

from tinygrad_gru.cli import main
from tinygrad_gru.training import Config, commented


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_settings_go_to_stdout_and_nothing_else_is_said(capsys):
    assert main(["init", "parity"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == (commented("parity"), "")
    assert tomllib.loads(out)["hidden"] == Config.of("parity").hidden


def test_a_file_is_written_with_how_to_train_with_it(capsys):
    assert main(["init", "order", "-o", "order.toml"]) == 0
    assert capsys.readouterr() == (
        "order.toml\n",
        "wrote order.toml · train with it: tinygrad-gru train --config order.toml\n",
    )
    assert Path("order.toml").read_text() == commented("order")


def test_a_task_that_does_not_exist_brings_the_nearest(capsys):
    assert main(["init", "parrity"]) == 2
    assert "did you mean parity?" in capsys.readouterr().err
