"""Run directories are numbered, never shared, never written over, and found again."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tinygrad_gru.errors import ConfigError, FileError
from tinygrad_gru.training import (
    Checkpoint,
    Config,
    checkpoint_of,
    find_run,
    load_checkpoint,
    new_run,
    save_checkpoint,
    train_run,
)  # fmt: skip


def test_runs_are_numbered_whatever_the_task(tmp_path):
    names = [new_run(task, root=tmp_path).name for task in ("adding", "chars", "adding")]
    assert names == ["adding-0001", "chars-0002", "adding-0003"]


def test_a_number_is_not_given_twice_after_a_run_was_deleted_in_between(tmp_path):
    runs = [new_run("adding", root=tmp_path) for _ in range(3)]
    runs[1].rmdir()
    assert new_run("adding", root=tmp_path).name == "adding-0004"


def test_numbers_go_on_beyond_four_digits(tmp_path):
    (tmp_path / "adding-9999").mkdir()
    assert new_run("adding", root=tmp_path).name == "adding-10000"
    assert find_run("last", tmp_path).name == "adding-10000"


def test_many_that_ask_at_once_get_different_directories(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        runs = list(pool.map(lambda _: new_run("adding", root=tmp_path), range(64)))
    assert len(set(runs)) == 64


def test_out_may_be_new_or_empty_and_nothing_else(tmp_path):
    assert new_run("adding", tmp_path / "a" / "b").is_dir()
    assert new_run("adding", tmp_path / "a" / "b") == tmp_path / "a" / "b"
    (tmp_path / "a" / "b" / "note").write_text("mine")
    with pytest.raises(ConfigError, match="is not empty, wanted a new folder"):
        new_run("adding", tmp_path / "a" / "b")


@pytest.mark.parametrize("options", [{"out": Path("file/run")}, {"root": Path("file")}, {"out": Path("file")}])
def test_a_folder_that_cannot_be_made_is_told(options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    with pytest.raises(FileError, match="cannot make a run in file"):
        new_run("adding", **options)


def test_a_run_is_found_by_path_name_number_and_as_last(tmp_path):
    first, second = new_run("adding", root=tmp_path), new_run("chars", root=tmp_path)
    assert find_run(str(first), tmp_path) == first
    assert find_run("adding-0001", tmp_path) == first
    assert find_run("1", tmp_path) == find_run("0001", tmp_path) == first
    assert find_run("last", tmp_path) == second


def test_files_and_folders_of_other_names_are_no_runs(tmp_path):
    (tmp_path / "adding-0007").write_text("a file")
    (tmp_path / "notes").mkdir()
    assert new_run("adding", root=tmp_path).name == "adding-0001"
    assert find_run("last", tmp_path).name == "adding-0001"


def test_a_number_that_two_runs_share_is_refused(tmp_path):
    (tmp_path / "adding-0001").mkdir()
    (tmp_path / "chars-0001").mkdir()
    with pytest.raises(ConfigError, match="run 1 is ambiguous: .*adding-0001, .*chars-0001"):
        find_run("1", tmp_path)
    os.utime(tmp_path / "adding-0001", (10**9, 10**9))
    assert find_run("last", tmp_path).name == "chars-0001"


def test_a_run_that_is_not_there_brings_the_nearest(tmp_path):
    with pytest.raises(FileError, match="there is no run in .* yet. try: tinygrad-gru train adding"):
        find_run("last", tmp_path)
    new_run("adding", root=tmp_path)
    with pytest.raises(FileError, match="no such run: ading-0001 .* did you mean adding-0001?"):
        find_run("ading-0001", tmp_path)


def test_the_best_checkpoint_is_taken_and_the_last_if_there_is_no_best(tmp_path):
    with pytest.raises(FileError, match="holds no checkpoint"):
        checkpoint_of(tmp_path)
    (tmp_path / "last.npz").touch()
    assert checkpoint_of(tmp_path).name == "last.npz"
    (tmp_path / "best.npz").touch()
    assert checkpoint_of(tmp_path).name == "best.npz"


@pytest.mark.parametrize("run", ["²", "٣", "１", "1_0", "9" * 5000, "-1", "+1"])
def test_what_is_no_number_of_a_run_is_not_found_in_one_line(run, tmp_path):
    (tmp_path / "adding-0001").mkdir()
    with pytest.raises(FileError, match="^no such run"):
        find_run(run, tmp_path)


def test_a_better_one_that_is_not_in_best_yet_is_in_last(tmp_path):
    run = train_run(
        Config.of("adding", hidden=4, updates=4, batch=2, length=5, every=2, lr=1e-4), tmp_path, quiet=True
    ).run
    kept = load_checkpoint(run / "last.npz")
    assert kept.training.best_update == kept.update and checkpoint_of(run).name == "best.npz"
    save_checkpoint(run / "best.npz", Checkpoint(kept.model, kept.config, kept.facts, 2))  # killed between the two
    assert checkpoint_of(run).name == "last.npz"
    (run / "best.npz").write_bytes(b"damaged")
    assert checkpoint_of(run).name == "best.npz"
