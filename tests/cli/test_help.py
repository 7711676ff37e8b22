"""What --help shows is what is written: nothing is taken for markup, nothing is lost."""

import re

import pytest
from typer.main import get_command

from tinygrad_gru.cli import app, main

COMMANDS = get_command(app).commands


def words(text):
    return re.sub(r"[\s│╭╮╰╯─]+", "", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_word_of_a_docstring_and_of_an_option_is_shown(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("TERMINAL_WIDTH", "400")
    command = COMMANDS[name]
    assert main([name, "--help"]) == 0
    shown = words(capsys.readouterr().out)
    assert words(command.help) in shown
    for parameter in command.params:
        text = words(getattr(parameter, "help", "") or "")
        assert text in shown, parameter.name
