"""What is written as TOML reads back as the same, whatever it is; so does the command that repeats a run."""

import dataclasses
import os
import shlex
import shutil
import sys
import threading
import tomllib
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_gru.cli import main
from tinygrad_gru.errors import ConfigError
from tinygrad_gru.nn.files.formats import FORMATS
from tinygrad_gru.tasks import CELLS, TASKS
from tinygrad_gru.training import Config, commented, read_facts, settled, train_run
from tinygrad_gru.training.config import SETTINGS
from tinygrad_gru.training.declaration import words_of
from tinygrad_gru.training.toml import from_toml, toml_of

CONTROLS = [chr(code) for code in [*range(1, 32), *range(0x7F, 0xA1)]]
STRANGE = ["a'b", 'a"b', "a\\b", "\\u0041", "-x", "--file", "~", "~root/x", " a ", "$HOME", "a,b", "a=b", "#", "é",
           "日本", "\u2028", "\u2029", "\u202e", "\ufeff", "\U0001f600", "\U000e0001", "a\nb", "a\r\nb", "[x]",
           "'''", '"""', "%s{}", "a/../b", "./a", "a//b", "a/"]  # fmt: skip
NOT_UTF8 = ["caf\udce9.txt", "\udc80", "\udcff\udcfe/x", "é\udce9", "\x7f\udc85\n"]

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
words |= st.sampled_from([*CONTROLS, *STRANGE, ""])
byte_names = st.binary(min_size=1, max_size=12).filter(lambda b: b"\0" not in b)
files = (words | st.sampled_from([*NOT_UTF8, "-", "./-"])).filter(bool)
files |= byte_names.map(lambda b: b.decode("utf-8", "surrogateescape"))
whole = st.integers(1, 10**9)


def fractions(most):
    return st.floats(0, most, exclude_min=True) | st.integers(1, max(1, int(min(most, 10**300)))).map(float)


@st.composite
def configs(draw):
    """Any settings that are allowed."""
    task = draw(st.sampled_from(list(TASKS)))
    cell = draw(st.sampled_from(list(CELLS)))
    keep = st.none() if cell == "rnn" else st.none() | fractions(100)
    kinds = {str: words, bool: st.booleans(), list: st.lists(words, min_size=1, max_size=4)}
    options = {
        name: st.sampled_from(setting.choices)
        if setting.choices
        else st.integers(setting.least, setting.most)
        if setting.kind is int
        else kinds[setting.kind]
        for name, setting in SETTINGS.items()
        if setting.tasks and setting.known_to(task)
    }
    return Config(
        task, cell, *(draw(whole) for _ in range(3)), lr=draw(fractions(sys.float_info.max)), length=draw(whole),
        seed=draw(st.integers(0, 2**63 - 1)), file=draw(st.none() | files), final_lr=draw(fractions(1)),
        clip=draw(fractions(sys.float_info.max)), keep_bias=draw(keep),
        weight_decay=draw(st.none() | st.just(0.0) | fractions(sys.float_info.max)), every=draw(st.none() | whole),
        patience=draw(st.none() | whole), **draw(st.fixed_dictionaries({}, optional=options)),
    )  # fmt: skip


class Parsed(Exception):
    """What a command line would have trained."""

    def __init__(self, config):
        self.config = config


def parsed(command):
    """The settings of a command line, as the shell and the app read it."""

    def train_run(config, *more, **options):
        raise Parsed(config)

    name, *arguments = shlex.split(command)
    assert name == "tinygrad-gru"
    with patch("tinygrad_gru.training.train_run", train_run), pytest.raises(Parsed) as caught:
        main(arguments)
    return caught.value.config


@given(configs())
def test_settings_read_back_from_toml_as_the_same_settings(config):
    text = config.as_toml()
    assert Config.of(**tomllib.loads(text)) == config
    assert text.encode("utf-8").decode() == text
    assert all(c.isprintable() for c in text.replace("\n", "")) and text.count("\n") == len(config.as_dict())


@given(configs())
def test_the_command_that_repeats_a_run_means_the_same_settings(config):
    assert parsed(config.command) == config


@given(configs())
def test_settings_read_back_from_what_a_checkpoint_holds(config):
    assert Config.of(**config.as_dict()) == config


@pytest.mark.parametrize("name", [*CONTROLS, *STRANGE, *NOT_UTF8])
def test_each_strange_name_by_itself(name):
    config = Config.of("chars", file=name)
    assert Config.of(**tomllib.loads(config.as_toml())) == config
    assert parsed(config.command) == config
    if name not in NOT_UTF8:
        config = Config.of("table", file="t.csv", targets=[name, "x", name], label=name, group=name)
        assert Config.of(**tomllib.loads(config.as_toml())) == config
        assert parsed(config.command) == config


def test_a_name_that_is_no_utf8_is_written_in_characters_that_stand_for_its_bytes():
    assert toml_of("caf\udce9.txt") == '{ latin1 = "café.txt" }'
    assert from_toml({"latin1": "café.txt"}) == "caf\udce9.txt" == os.fsdecode(b"caf\xe9.txt")
    assert toml_of("é\udce9") == '{ latin1 = "Ã©é" }'


FORBIDDEN_RAW = [
    chr(code) for code in [*range(9), *range(0x0A, 0x20), 0x7F, *map(ord, '"\\')]
]  # by TOML 1.0 in a string


@pytest.mark.parametrize("character", FORBIDDEN_RAW, ids=lambda c: f"U+{ord(c):04X}")
def test_a_character_that_toml_does_not_take_as_it_is_is_read_back_by_tomllib(character):
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(f'word = "a{character}b"' if character != "\\" else 'word = "a\\_b"')
    assert tomllib.loads(f"word = {toml_of(f'a{character}b')}") == {"word": f"a{character}b"}


def test_every_character_is_read_back_by_tomllib():
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
    for start in range(0, len(characters), 1000):
        text = "".join(characters[start : start + 1000])
        assert tomllib.loads(f"word = {toml_of(text)}") == {"word": text}


@pytest.mark.parametrize("file", [{"latin1": "日"}, {"latin1": 3}, {"latin1": "a", "x": 1}, {}, "", "a\0b", "\ud800"])
def test_what_is_no_name_of_a_file_is_refused(file):
    with pytest.raises(ConfigError, match=r"^file: got .*, wanted a path. try: --file text.txt$"):
        Config.of("chars", file=file)


@pytest.mark.parametrize("word", ["\udce9", "\ud800", "a\0"])
def test_words_that_no_table_holds_are_refused(word):
    for options in ({"label": word}, {"targets": ["a", word]}, {"group": word}):
        with pytest.raises(ConfigError, match="wanted a"):
            Config.of("table", file="t.csv", **options)


def test_a_list_of_words_with_commas_and_quotes():
    assert words_of("a,b") == ["a", "b"] and words_of("a") == ["a"] and words_of("") == [""]
    assert words_of('"wind, north",load') == ["wind, north", "load"] and words_of('5" pipe') == ['5" pipe']
    config = Config.of("table", file="t.csv", targets=["a,b", "c"])
    assert """--targets '"a,b",c'""" in config.command


def test_a_task_with_a_keep_bias_of_its_own_can_do_without():
    config = Config.of("adding", length=100, keep_bias=0)
    assert config.keep_bias is None and Config.of("adding", length=100).keep_bias == 2.0
    assert config == dataclasses.replace(Config.of("adding", length=100), keep_bias=None)
    assert "keep_bias = 0\n" in config.as_toml() and "--keep-bias 0" in config.command
    assert "keep_bias" not in Config.of("adding", length=50).as_toml()
    assert Config.of("adding", "rnn", length=100, keep_bias=0).keep_bias is None


@pytest.mark.parametrize("task", list(TASKS))
def test_the_commented_settings_hold_what_the_task_has(task):
    settings = tomllib.loads(commented(task))
    assert settings.pop("format") == FORMATS["settings"]
    assert Config.of(**settings) == Config.of(task)


# --- a file beside ---------------------------------------------------------------------------------------------------

SIZES = {"hidden": 2, "updates": 1, "batch": 1, "length": 4}


def data(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("to be, or not to be. " * 40)
    return path


def test_a_runs_settings_mean_its_file_from_anywhere_and_after_both_have_moved(tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    text = data(Path("in/a.txt"))
    run = train_run(Config.of("chars", file=str(text), **SIZES), quiet=True).run
    assert tomllib.loads((run / "config.toml").read_text())["file"] == "../../in/a.txt"
    assert settled(run / "config.toml") == Config.of("chars", file="in/a.txt", **SIZES)

    monkeypatch.chdir(tmp_path)
    assert settled(Path("project") / run / "config.toml").file == "project/in/a.txt"
    again = train_run(settled(Path("project") / run / "config.toml"), Path("again"), quiet=True).run
    assert (again / "best.npz").exists()
    shutil.move("project", "moved")
    assert settled(Path("moved") / run / "config.toml").path.read_text().startswith("to be")
    shutil.move(again, "moved")  # alone, it is not found any more
    assert not settled(Path("moved/again/config.toml")).path.exists()


def test_a_file_named_by_its_whole_path_stays_so_and_stdin_stays_stdin(tmp_path):
    text = data(tmp_path / "a.txt")
    assert tomllib.loads(Config.of("chars", file=text).as_toml(tmp_path / "runs"))["file"] == str(text)
    assert tomllib.loads(Config.of("chars", file="-").as_toml(tmp_path))["file"] == "-"
    assert "file" not in tomllib.loads(Config.of("chars").as_toml(tmp_path))


def test_a_file_that_is_called_like_stdin_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data(tmp_path / "-")
    config = Config.of("chars", file="./-", **SIZES)
    run = train_run(config, Path("run"), quiet=True).run
    for folder in (tmp_path, run):
        (folder / "it.toml").write_text(config.as_toml(folder))
        again = settled(folder / "it.toml")
        assert again.file != "-" and again.create().facts == config.create().facts
    Path("it.toml").write_text('file = "./-"\ntask = "chars"\n')
    assert settled(Path("it.toml")).path == tmp_path / "-"


def test_a_run_behind_a_link_finds_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data(tmp_path / "a.txt")
    (tmp_path / "large" / "disk").mkdir(parents=True)
    (tmp_path / "runs").symlink_to("large/disk")
    run = train_run(Config.of("chars", file="a.txt", **SIZES), quiet=True).run
    assert settled(run / "config.toml").path.read_text().startswith("to be")


@pytest.mark.parametrize(
    "name", ["caf\udce9.txt", "a\x7fb.txt", "a\nb.txt", "-x.txt", "~.txt", "a'\"\\.txt", "é\x85.txt"]
)
def test_a_run_on_a_file_of_a_strange_name_is_trained_again(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        data(tmp_path / name)
    except OSError:
        pytest.skip("this file system has no such names")
    config = Config.of("chars", file=name, **SIZES)
    run = train_run(config, Path("run"), quiet=True).run
    assert settled(run / "config.toml") == config == parsed(config.command)
    assert read_facts(run).config == config and read_facts(run).state == "finished"
    assert main(["train", "--config", str(run / "config.toml"), "--quiet", "--out", "again"]) == 0
    assert read_facts(Path("again")).curve == read_facts(run).curve


def test_a_run_of_version_0_1_means_the_file_from_where_it_was_trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data(tmp_path / "a.txt")
    run = train_run(Config.of("chars", file="a.txt", **SIZES), quiet=True).run
    text = (run / "config.toml").read_text().replace("../../a.txt", "a.txt")
    (run / "config.toml").write_text(text)
    assert settled(run / "config.toml").file == read_facts(run).config.file == "a.txt"


def test_settings_that_come_through_a_pipe_name_a_file_as_seen_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    thread = threading.Thread(target=lambda: Path("pipe").write_text('task = "chars"\nfile = "a.txt"\n'))
    thread.start()
    assert settled(Path("pipe")).file == "a.txt"
    thread.join()


def test_settings_without_end_are_refused():
    if not Path("/dev/zero").exists():
        pytest.skip("there is no such device")
    with pytest.raises(ConfigError, match="larger than settings can be"):
        settled(Path("/dev/zero"))
