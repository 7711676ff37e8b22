"""Cells compared: equal budgets, paired seeds, a winner only where there is one, finished runs not repeated."""

import csv
import json
import math
import signal
import sys

import pytest

from tinygrad_gru.cli import main
from tinygrad_gru.errors import ConfigError, MissingExtraError
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Config, finishing
from tinygrad_gru.training.comparison import Comparison, Outcome, Stopped, compare, matched, plan, sign_flip_test
from tinygrad_gru.training.comparison_reports import write_reports


def base(**options):
    return Config.of("adding", **({"hidden": 8, "updates": 20, "batch": 4, "length": 5} | options))


def outcome(cell, seed, best, to_goal=None, failed=""):
    return Outcome(cell, seed, 100, best, 2.0, ((10, best),), to_goal, failed)


def of(**cells):
    outcomes = {cell: [outcome(cell, k, best) for k, best in enumerate(values)] for cell, values in cells.items()}
    return Comparison("adding", "test MSE", 0.001, {"always answering 1": 1 / 6}, outcomes)


def test_the_sign_flip_test_by_hand():
    assert sign_flip_test([1.0]) == 1.0
    assert sign_flip_test([1.0, 1.0]) == 0.5  # + + and − −, of four
    assert sign_flip_test([3.0, -1.0]) == 1.0  # every choice of signs has a sum of 2 or 4
    assert sign_flip_test([1.0] * 5) == 2 / 32


def test_a_winner_is_named_only_if_it_is_better_by_more_than_the_runs_differ():
    assert (
        of(gru=[0.1, 0.2, 0.3], rnn=[0.5, 0.6, 0.7])
        .verdict()
        .startswith("the winner is gru, before rnn: difference 0.4")
    )
    assert of(gru=[0.1, 0.9, 0.2], rnn=[0.5, 0.3, 0.6]).verdict().startswith("no winner: gru and rnn differ by less")
    assert "one seed says little" in of(gru=[0.1], rnn=[0.2]).verdict()
    assert "nothing to compare" in of(gru=[0.1]).verdict()


def test_runs_that_diverged_are_counted_and_left_out():
    c = of(gru=[0.1, 0.2], rnn=[0.5, 0.6])
    c.outcomes["rnn"].append(outcome("rnn", 2, math.inf, failed="the run diverged"))
    c.outcomes["gru"].append(outcome("gru", 2, 0.0005, to_goal=(10, 1.5)))
    gru, rnn = c.rows()
    assert (gru["cell"], gru["goal reached"], gru["updates to goal"], gru["seconds to goal"]) == ("gru", 1, 10, 1.5)
    assert (rnn["runs"], rnn["diverged"], rnn["test MSE"]) == (3, 1, 0.55)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_state_is_as_large_as_gives_the_wanted_number_of_parameters(cell):
    task = TASKS["adding"].create(5)
    for wanted in (30, 1000, 5000):
        hidden = matched(task, cell, wanted)
        misses = [abs(task.model(cell, h).num_parameters - wanted) for h in (max(1, hidden - 1), hidden, hidden + 1)]
        assert misses[1] == min(misses)


def test_all_cells_get_the_same_seeds_and_by_default_as_many_parameters():
    configs = plan(base(), ["rnn", "gru"], 2)
    task = TASKS["adding"].create(5)
    assert [(c.cell, c.seed) for c in configs] == [("rnn", 0), ("rnn", 1), ("gru", 0), ("gru", 1)]
    counts = {c.cell: task.model(c.cell, c.hidden).num_parameters for c in configs}
    assert abs(counts["rnn"] - counts["gru"]) < 0.1 * counts["gru"]
    assert {c.hidden for c in plan(base(), ["rnn", "gru"], 1, match="hidden")} == {8}


@pytest.mark.parametrize(
    ("cells", "seeds", "match", "message"),
    [
        (["gru"], 0, "params", "seeds: got 0"),
        (["gru", "gru"], 1, "params", "cells: got gru,gru, wanted different ones"),
        (["gru", "grw"], 1, "params", "did you mean gru?"),
        (["gru"], 1, "weights", "match: got 'weights', wanted params or hidden"),
    ],
)
def test_what_is_wrong_is_said(cells, seeds, match, message):
    with pytest.raises(ConfigError) as caught:
        plan(base(), cells, seeds, match)
    assert message in str(caught.value)


def test_runs_in_several_processes_are_those_of_train_and_finished_ones_are_not_repeated(tmp_path):
    configs = plan(base(), ["rnn", "gru"], 2)
    seen = []
    first = compare(configs, tmp_path, jobs=2, watch=seen.append)
    assert sorted((o.cell, o.seed) for o in seen) == [("gru", 0), ("gru", 1), ("rnn", 0), ("rnn", 1)]
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    for name in ("last.npz", "best.npz"):  # as if killed before its first checkpoint
        (tmp_path / "gru-8-seed1" / name).unlink()

    again = compare(configs, tmp_path, jobs=2)

    assert again.rows()[0]["test MSE"] == first.rows()[0]["test MSE"]
    changed = {path.parent.name for path, time in files.items() if path.stat().st_mtime_ns != time}
    assert changed == {"gru-8-seed1"}
    single = compare(configs[:1], tmp_path / "other", jobs=1)
    assert single.outcomes["rnn"][0].best == first.outcomes["rnn"][0].best

    written = write_reports(first, tmp_path)
    assert [path.name for path in written] == ["compare.md", "compare.csv", "compare.html", "curves.png"]
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "data:image/png;base64," in page and first.verdict().split(",")[0] in page
    with (tmp_path / "compare.csv").open(newline="") as file:
        assert len(list(csv.reader(file))) == 5


def test_an_rnn_has_no_gates_to_open_for_the_past():
    assert [config.keep_bias for config in plan(base(keep_bias=2.0), ["rnn", "gru", "lstm"], 1)] == [None, 2.0, 2.0]


def test_a_run_that_diverges_is_an_outcome(tmp_path):
    found = compare(plan(base(lr=1e30), ["rnn"], 1), tmp_path, jobs=1)
    assert "diverged" in found.outcomes["rnn"][0].failed


def test_a_folder_with_other_settings_is_refused(tmp_path):
    compare(plan(base(), ["gru"], 1), tmp_path, jobs=1)
    with pytest.raises(ConfigError, match="holds a run with other settings. try: --out with another folder"):
        compare(plan(base(updates=30), ["gru"], 1), tmp_path, jobs=1)


def test_the_command_prints_the_table_and_the_verdict(tmp_path, capsys):
    words = [
        "compare",
        "adding",
        "--cells",
        "rnn,gru",
        "--seeds",
        "1",
        "--hidden",
        "4",
        "--updates",
        "10",
        "--length",
        "5",
    ]
    assert main([*words, "--jobs", "1", "--out", str(tmp_path / "c")]) == 0
    printed = capsys.readouterr()
    assert "| cell | parameters |" in printed.out and "one seed says little" in printed.out
    assert "2/2 · " in printed.err
    assert main([*words, "--jobs", "1", "--out", str(tmp_path / "c"), "--json", "--quiet"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 2


def test_without_joblib_the_way_to_get_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(MissingExtraError, match=r"try: pip install \"tinygrad_gru\[sweep\]\""):
        compare(plan(base(), ["gru"], 1), tmp_path)


def test_a_file_is_named_so_that_workers_in_another_folder_find_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("abcd " * 500)
    (config,) = plan(Config.of("chars", file="a.txt", hidden=4), ["gru"], 1)
    assert config.path == tmp_path / "a.txt"
    with pytest.raises(ConfigError, match="several workers cannot read the same stdin"):
        plan(Config.of("chars", file="-", hidden=4), ["gru"], 1)


def test_threads_bring_what_processes_bring(tmp_path):
    configs = plan(base(), ["gru"], 2)
    threads = compare(configs, tmp_path / "t", jobs=2, backend="threading")
    processes = compare(configs, tmp_path / "p", jobs=2)
    assert [o.curve for o in threads.outcomes["gru"]] == [o.curve for o in processes.outcomes["gru"]]


@pytest.mark.parametrize("updates", [3, 20], ids=["on the way", "at the end"])
def test_a_signal_to_a_run_stops_the_comparison_and_half_of_a_run_is_no_outcome(updates, tmp_path, monkeypatch):
    """With one job the run is in this very process, and takes the signal."""
    configs, seen, real = plan(base(), ["rnn", "gru"], 1), [], finishing.train_run

    def signalled(config, run, quiet, watch, again):
        def press(progress, stop):
            if progress.update == updates:
                stop.signal = signal.SIGTERM

        return real(config, run, quiet=quiet, watch=press, again=again)

    with monkeypatch.context() as patched, pytest.raises(Stopped) as stopped:
        patched.setattr(finishing, "train_run", signalled)
        compare(configs, tmp_path / "c", jobs=1, watch=seen.append)
    assert stopped.value.signal == signal.SIGTERM and seen == []
    again, whole = compare(configs, tmp_path / "c", jobs=1), compare(configs, tmp_path / "w", jobs=1)
    assert [o.curve for o in again.outcomes["rnn"]] == [o.curve for o in whole.outcomes["rnn"]]
