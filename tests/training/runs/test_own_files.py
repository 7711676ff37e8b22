"""What in a folder is a run's own: nothing else is removed or written over."""

import pytest

from tinygrad_gru.errors import ConfigError, FileError
from tinygrad_gru.training import Config
from tinygrad_gru.training.runs.own_files import (
    keep_others,
    make_way,
    names_in,
    refuse_strangers,
    remove_temporaries,
)
from tinygrad_gru.training.settings import numbered

CONFIG = Config.of("adding", cell="gru", hidden=4, updates=4, batch=2, length=5)


@pytest.fixture
def run(tmp_path):
    (tmp_path / "config.toml").write_text(numbered(CONFIG.as_toml(tmp_path)))
    return tmp_path


def test_an_empty_folder_and_the_beginning_of_the_same_run_are_taken(run, tmp_path_factory):
    assert refuse_strangers(tmp_path_factory.mktemp("empty"), CONFIG) is False
    assert refuse_strangers(run, CONFIG) is True and make_way(run, CONFIG) == []


def test_a_folder_with_anything_else_is_refused_by_name(tmp_path, run):
    (run / "config.toml").unlink()
    (run / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="holds thesis.txt, and no run. try: --out with another folder"):
        refuse_strangers(run, CONFIG)


def test_another_run_is_refused(run):
    with pytest.raises(ConfigError, match="config.toml is not of this run"):
        refuse_strangers(run, Config.of("adding", cell="lstm", hidden=4, updates=4, batch=2, length=5))


def test_a_run_that_was_trained_in_the_meantime_is_not_begun_again(run):
    (run / "last.npz").write_bytes(b"")
    with pytest.raises(FileError, match="was trained by another process in the meantime"):
        make_way(run, CONFIG)


def test_only_our_own_temporary_files_are_removed(run):
    for name in (".run.json.0123abcd.tmp", ".run.json.nothex00.tmp", ".other.0123abcd.tmp"):
        (run / name).write_text("")
    remove_temporaries(run)
    assert sorted(path.name for path in run.iterdir()) == [
        ".other.0123abcd.tmp",
        ".run.json.nothex00.tmp",
        "config.toml",
    ]


def test_what_stands_in_the_way_of_a_run_that_goes_on_is_kept(run):
    (run / "metrics.jsonl").write_text("a diary\n")
    (line,) = keep_others(run, CONFIG)
    assert "it is kept as metrics-before-1.jsonl" in line
    assert (run / "metrics-before-1.jsonl").read_text() == "a diary\n"


def test_names_of_a_folder_are_cut_and_printable(tmp_path):
    for name in ("a", "b", "c", "d", "e", "f", "g"):
        (tmp_path / name).write_text("")
    assert names_in(tmp_path) == "a, b, c, d, e, 2 more"
