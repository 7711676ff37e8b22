"""Each setting of a run is an option of `train` and `compare`, made of its declaration."""

import re
from dataclasses import dataclass

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from tinygrad_gru.cli import app, main, options
from tinygrad_gru.training import Config
from tinygrad_gru.training.config import SETTINGS
from tinygrad_gru.training.declaration import setting, settings_of


def options_of(command):
    return {option.name: option for option in get_command(app).commands[command].params}


@pytest.mark.parametrize(("command", "without"), [("train", {"task"}), ("compare", {"task", "cell"})])
def test_every_setting_is_an_option_in_the_order_of_the_fields(command, without):
    names = [name for name in options_of(command) if name in SETTINGS and name != "task"]
    assert names == [name for name in SETTINGS if name not in without]
    assert options_of(command)["hidden"].min == 1 and options_of(command)["horizon"].max == 1000


def test_what_only_some_tasks_know_says_so_in_the_help():
    help = {name: option.help for name, option in options_of("train").items()}
    assert help["horizon"] == "table: how many rows ahead; by default 1."
    assert help["hidden"] == "Numbers in the state; by default the task's own."
    assert options_of("compare")["hidden"].help == "Numbers in the gru's state; by default the task's own."


def test_every_option_arrives_in_the_settings(monkeypatch, tmp_path):
    configs = []
    monkeypatch.setattr("tinygrad_gru.training.rehearse", lambda config: configs.append(config) or 1 / 0)
    flags = {name for name, value in VALUES.items() if value is True}
    words = [f"--{name.replace('_', '-')}" + ("" if name in flags else f"={VALUES[name]}") for name in VALUES]
    with pytest.raises(ZeroDivisionError):
        main(["train", "table", *words, "--dry-run"])
    config = configs[0].as_dict()
    assert {name: config[name] for name in VALUES} == VALUES | {"targets": ["a,b", "c"], "skip_bad": True}
    assert SETTINGS.keys() - VALUES.keys() == {"task", "text"}, "a new setting has a value here, too"


VALUES = {
    "cell": "lstm", "hidden": 3, "updates": 4, "batch": 5, "lr": 0.125, "length": 6, "seed": 7, "file": "f.csv",
    "final_lr": 0.25, "clip": 2.5, "keep_bias": 1.5, "weight_decay": 0.01, "every": 8, "patience": 9, "dropout": 0.5,
    "split_seed": 3, "season": 12,
    "targets": '"a,b",c', "horizon": 10, "label": "l", "group": "g", "time": "t", "fill": "mean", "skip_bad": True,
    "encoding": "cp1252", "delimiter": "tab", "quote": "none", "header": "no", "decimal": "comma", "dates": "mdy",
}  # fmt: skip


@pytest.fixture
def other_settings(monkeypatch):
    """A command whose settings are these."""

    @dataclass(frozen=True)
    class Other:
        task: str = setting("What.")
        width: int = setting("How wide.", least=2, most=5)
        form: str = setting("Which form.", default="round", choices=("round", "square"))
        depth: float = setting("How deep.", default=1.0, above=0, tasks=("pool",))

    monkeypatch.setattr(options, "SETTINGS", settings_of(Other))
    other, given = typer.Typer(), []

    @other.command()
    @options.options_of_settings(form="Which of the two.")
    def command(task: str, config: str = "", last: bool = False, **settings):
        given.append((task, config, last, settings))

    return lambda *words: (CliRunner().invoke(other, words, env={"COLUMNS": "120"}), given)


def test_the_options_stand_after_config_and_are_none_if_not_given(other_settings):
    result, given = other_settings("swim", "--width", "3")
    assert (result.exit_code, given) == (0, [("swim", "", False, {"width": 3, "form": None, "depth": None})])
    help = other_settings("--help")[0].output
    assert re.findall(r"--(config|width|form|depth|last)\b", help)[:5] == ["config", "width", "form", "depth", "last"]
    assert "[2<=x<=5]" in help and "<round|square>" in help and "Which of the two." in help
    assert "pool: how deep." in help


@pytest.mark.parametrize("words", [["--width", "1"], ["--width", "6"], ["--form", "oval"], ["--task", "x"]])
def test_typer_refuses_what_is_out_of_range_or_no_choice(words, other_settings):
    assert other_settings("swim", *words)[0].exit_code == 2


def test_a_config_made_by_hand_knows_the_same_settings():
    assert list(Config.of("adding").as_dict()) == [name for name in SETTINGS if name in Config.of("adding").as_dict()]
