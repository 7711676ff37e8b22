"""Options are declared once: the same name means the same in all commands, and --help shows choices and ranges."""

import inspect

import pytest

from tinygrad_gru.cli import app, arguments, main

COMMANDS = {c.name or c.callback.__name__: c.callback for c in app.registered_commands}


@pytest.mark.parametrize(
    ("option", "declared"),
    [("debug", arguments.Debug), ("quiet", arguments.Quiet), ("as_json", arguments.AsJson), ("force", arguments.Force)],
)
def test_the_same_name_is_the_same_option_in_every_command(option, declared):
    signatures = {name: inspect.signature(command, eval_str=True).parameters for name, command in COMMANDS.items()}
    having = {name: parameters[option].annotation for name, parameters in signatures.items() if option in parameters}
    assert len(having) >= 4 and all(annotation == declared for annotation in having.values()), having


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("graph", ["or FILE.py:CLASS", "cell|gate|op", "tag|inline|hide|shared", "light|dark", "LR|TB", "1<=x<=1000"]),
        ("play", ["or FILE.py:CLASS", "svg|png", "light|dark", "1<=x<=30", "1<=x<=64"]),
        ("explain", ["unicode|latex|markdown", "1<=x<=8", "x>=0"]),
        ("program", ["x>=1", "x>=0"]),
        ("sample", ["0<=x<=1000000", "1<=x<=100000"]),
        ("predict", ["lines|csv|jsonl", "csv|jsonl"]),
        ("export", ["torch|keras|onnx"]),
        ("inspect", ["light|dark", "x>=1"]),
        ("eval", ["x>=1"]),
    ],
)
def test_choices_and_ranges_are_in_the_help(command, shown, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert [each for each in shown if each not in text] == []


def test_a_seed_is_a_whole_number_from_0_up(capsys):
    for command in ("graph", "play", "explain", "sample", "inspect"):
        assert main([command, "--seed=-1"]) == 2
        assert "seed: got -1, wanted a whole number of at least 0. try: --seed 0" in capsys.readouterr().err
