"""Settings in a file."""

import tomllib

import pytest

from tinygrad_gru.errors import ConfigError, FileError
from tinygrad_gru.nn.files.formats import FORMATS
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.tasks.data.tables.dates import ORDERS
from tinygrad_gru.tasks.data.tables.form import DELIMITERS, FILLS, HEADERS, QUOTES
from tinygrad_gru.tasks.data.tables.numerals import DECIMALS
from tinygrad_gru.training import Config, commented, read_settings, settled
from tinygrad_gru.training.config import SETTINGS


@pytest.mark.parametrize("task", list(TASKS))
def test_the_commented_settings_are_the_defaults(task, tmp_path):
    path = tmp_path / "it.toml"
    path.write_text(commented(task), encoding="utf-8")
    assert settled(path) == Config.of(task)
    every = "\n".join(line.removeprefix("# ") if " = " in line else line for line in path.read_text().splitlines())
    told = tomllib.loads("\n".join(line for line in every.splitlines() if " = " in line and line[0] != "#"))
    assert told.pop("format") == FORMATS["settings"]
    names = set(told) - {"label", "group"} if "horizon" in told else set(told)
    assert Config.of(**{name: told[name] for name in names}).task == task  # the examples are allowed, too


def test_options_win_over_the_file_and_the_file_over_the_defaults(tmp_path):
    path = tmp_path / "it.toml"
    path.write_text('task = "order"\nhidden = 7\nlr = 0.5\nfinal_lr = 1\n')
    config = settled(path, hidden=9, batch=None)
    assert (config.task, config.hidden, config.lr, config.final_lr) == ("order", 9, 0.5, 1)
    assert config.batch == TASKS["order"].defaults["batch"]
    assert settled(path, "adding").task == "adding"


def test_a_file_that_the_settings_name_is_beside_them(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "it.toml"
    path.write_text('task = "chars"\nfile = "a.txt"\n')
    assert settled(path).file == str(tmp_path / "in" / "a.txt")
    assert settled(path, file="b.txt").file == "b.txt"  # on the command line it is where one stands
    path.write_text('task = "chars"\nfile = "-"\n')
    assert settled(path).file == "-"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hiden = 3", "holds the unknown setting 'hiden'. did you mean hidden?"),
        ("hidden = ", "is not TOML"),
        ("hidden = 3\nhidden = 4", "is not TOML"),
        ("\udcff", "is not TOML"),
        ('hidden = "many"', "hidden: got many, wanted a whole number"),
        ("options = 3", "holds the unknown setting 'options'"),
        ("task = 3", "task: got 3, wanted a name"),
        ("cell = [1]", r"cell: got \[1\]"),
        ("lr = nan", "lr: got nan"),
        ("horizon = 3", "horizon is a setting of table"),
    ],
)
def test_what_cannot_be_used_is_told(text, complaint, tmp_path):
    path = tmp_path / "it.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=complaint):
        settled(path, None if text.startswith("task") else "adding")


def test_a_file_that_is_not_there_or_far_too_long_is_told(tmp_path):
    with pytest.raises(FileError, match="cannot read .*: No such file.* try: tinygrad-gru init"):
        read_settings(tmp_path / "none.toml")
    (tmp_path / "long.toml").write_text("#" * 2_000_000)
    with pytest.raises(ConfigError, match="larger than settings can be"):
        read_settings(tmp_path / "long.toml")
    with pytest.raises(ConfigError, match="task: not given"):
        settled(None)


def test_what_a_setting_of_reading_may_be_is_what_the_reader_knows():
    known = {
        "delimiter": DELIMITERS, "quote": QUOTES, "header": HEADERS, "decimal": DECIMALS, "dates": ORDERS,
        "fill": FILLS,
    }  # fmt: skip
    assert {name: SETTINGS[name].choices for name in known} == {name: tuple(words) for name, words in known.items()}
