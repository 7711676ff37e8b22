"""Cells compared: equal budgets, paired seeds, a winner only where there is one, finished runs not repeated."""

import csv
import itertools
import json
import math
import operator
import re
import signal
import sys
import time

import numpy as np
import pytest

from tinygrad_gru.cli import main
from tinygrad_gru.errors import ConfigError, MissingExtraError
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Config, session
from tinygrad_gru.training.experiments import compare as comparison
from tinygrad_gru.training.experiments.compare import (
    Comparison,
    Outcome,
    Stopped,
    compare,
    matched,
    plan,
    sign_flip_test,
)
from tinygrad_gru.training.reports.comparison import write_reports


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


def test_the_sign_flip_test_counts_all_choices_up_to_fifteen_and_draws_beyond():
    """For differences of 1 the sum of n signs is binomial, so p is known for any n."""
    for n, minus in ((15, 3), (16, 4), (25, 8), (1000, 470)):
        ones = [-1.0] * minus + [1.0] * (n - minus)
        tail = sum(math.comb(n, k) for k in range(minus + 1))
        p = min(1.0, 2 * tail / 2**n)
        bound = 1e-12 if n <= 15 else 5 * math.sqrt(p * (1 - p) / 20_000)  # five standard errors of what is drawn
        assert abs(sign_flip_test(ones) - p) < bound + 1 / 20_001 * (n > 15)
        assert sign_flip_test(ones) == sign_flip_test(ones)
    assert sign_flip_test([1.0] * 1000) == 1 / 20_001  # never 0


def enumerated(differences):
    """The share of all choices of signs with a mean at least as large, one choice after the other."""
    observed = abs(math.fsum(differences))
    sums = [abs(math.fsum(map(operator.mul, signs, differences)))
            for signs in itertools.product([1, -1], repeat=len(differences))]  # fmt: skip
    return sum(total >= observed - 1e-12 for total in sums) / len(sums)


@pytest.mark.parametrize("n", range(1, 11))
def test_the_exact_sign_flip_test_is_the_enumeration_of_all_choices(n):
    differences = np.random.default_rng(n).normal(0.4, 1, n).tolist()
    assert sign_flip_test(differences) == enumerated(differences)
    assert sign_flip_test([-d for d in differences]) == enumerated(differences)  # two-sided


@pytest.mark.parametrize("shift", [0.0, 0.4, 0.8])
def test_the_drawn_sign_flip_test_is_within_its_sampling_error_of_the_enumeration(shift):
    differences = np.random.default_rng(0).normal(shift, 1, 16).tolist()
    p = enumerated(differences)
    assert abs(sign_flip_test(differences) - p) < 5 * math.sqrt(p * (1 - p) / 20_000) + 1 / 20_001


def test_a_one_sided_count_is_no_enumeration():
    assert enumerated([1.0, 2.0, 3.0]) == 2 / 8  # and one-sided 1/8


def test_the_sign_flip_test_is_made_once_for_all_reports(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(comparison, "sign_flip_test", lambda d: calls.append(d) or 0.5)
    c = of(gru=[0.1, 0.2], rnn=[0.5, 0.6])
    write_reports(c, tmp_path)
    c.verdict()
    assert len(calls) == 1


def test_what_few_seeds_can_never_give_is_said():
    assert "p = 0.25, which 3 seeds can never bring below 0.25" in of(gru=[1, 2, 3], rnn=[5, 7, 9]).verdict()
    assert "never" not in of(gru=[1, 2, 3, 4, 5, 6], rnn=[5, 7, 9, 11, 13, 15]).verdict()


def test_a_winner_stands_beside_the_best_baseline_which_may_be_better():
    won = of(gru=[0.1, 0.1, 0.1], rnn=[0.5, 0.6, 0.7]).verdict()
    assert won.startswith("the winner is gru") and won.endswith(
        "; 3 of 3 runs of gru are below always answering 1 (0.1667)"
    )
    lost = of(gru=[0.16, 0.2, 0.21], rnn=[0.5, 0.6, 0.7]).verdict()
    assert lost.endswith("; 1 of 3 runs of gru are below always answering 1 (0.1667), its mean is not: 0.19")
    even = of(gru=[0.1, 0.9, 0.2], rnn=[0.5, 0.3, 0.6]).verdict()
    assert (
        even.startswith("no winner")
        and "1 of 3 runs of gru are below" in even
        and even.endswith("its mean is not: 0.4")
    )


def diverged(**cells):
    """So many of each cell's three runs diverged."""
    outcomes = {
        cell: [outcome(cell, k, math.inf if k < n else 0.5, failed="diverged" if k < n else "") for k in range(3)]
        for cell, n in cells.items()
    }
    return Comparison("adding", "test MSE", 0.001, {"always answering 1": 1 / 6}, outcomes)


def test_runs_without_a_result_win_nothing_and_are_valid_json(tmp_path):
    for c, verdict in (
        (
            diverged(gru=3, rnn=3),
            "no winner: no cell has a measurement (3 of 3 runs of gru diverged, 3 of 3 runs of rnn",
        ),
        (diverged(gru=3, rnn=0), "no winner: rnn alone has a measurement; left out: 3 of 3 runs of gru diverged"),
        (diverged(gru=1, rnn=0), "no winner: gru and rnn differ by less than their runs do (difference 0 ± 0 over 2"),
        (diverged(gru=2, rnn=0), "had the lowest test MSE; 1 seeds measured in both say little; left out: 2 of 3"),
    ):
        assert verdict in c.verdict()
        assert "Infinity" not in json.dumps(c.rows(), allow_nan=False)
        for path in write_reports(c, tmp_path):
            assert path.suffix == ".png" or not re.search(r"\b(inf|nan)\b", path.read_text(encoding="utf-8"))
    assert not diverged(gru=3, rnn=3).has_result and diverged(gru=3, rnn=2).has_result


def test_a_run_that_lost_its_measurements_does_not_end_the_comparison():
    c = of(gru=[0.1, 0.2, math.inf], rnn=[0.5, 0.6, 0.7])
    assert c.rows()[0]["test MSE"] == pytest.approx(0.15) and c.rows()[0]["diverged"] == 0
    assert "over 2 seeds" in c.verdict() and "left out: 1 of 3 runs of gru without a measurement" in c.verdict()


@pytest.mark.parametrize("lines", ["", "torn", '{"update": 20, "test": "low"}', '{"update": 20, "test": 1e999}'])
def test_neither_does_a_metrics_file_that_is_gone_or_wrong(lines, tmp_path):
    configs = plan(base(), ["rnn", "gru"], 2)
    first = compare(configs, tmp_path, jobs=1)
    (tmp_path / "gru-8-seed0" / "metrics.jsonl").write_text(lines)
    again = compare(configs, tmp_path, jobs=1)
    assert again.outcomes["gru"][0].best == first.outcomes["gru"][0].best
    assert again.verdict() == first.verdict()


@pytest.mark.parametrize("is_warm", [True, False])
def test_seconds_leave_out_what_the_first_loss_of_a_process_compiles(is_warm, tmp_path, monkeypatch):
    """Compiling is played by a second of sleep; without the warm-up it is in the seconds."""
    kind, compiled = type(base().create()), []
    real = kind.loss

    def first_is_slow(self, *args):
        if not compiled:
            compiled.append(time.sleep(1.0))
        return real(self, *args)

    monkeypatch.setattr(kind, "loss", first_is_slow)
    if not is_warm:
        monkeypatch.setattr(comparison, "warm_up", lambda config: None)
    (result,) = compare(plan(base(updates=2), ["gru"], 1), tmp_path, jobs=1).outcomes["gru"]
    assert compiled and (result.seconds < 1.0) == is_warm


def test_warming_up_changes_no_number_of_the_run(tmp_path, monkeypatch):
    configs = plan(base(), ["gru"], 1)
    warm = compare(configs, tmp_path / "warm", jobs=1)
    monkeypatch.setattr(comparison, "warm_up", lambda config: None)
    assert compare(configs, tmp_path / "cold", jobs=1).outcomes["gru"][0].curve == warm.outcomes["gru"][0].curve


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
    assert [path.name for path in written] == ["compare.md", "compare.csv", "compare.html", "curves.svg"]
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert page.count('<polyline class="run') == 4 and first.verdict().split(",")[0] in page
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


def test_the_command_fails_when_every_run_diverged(tmp_path, capsys):
    words = ["compare", "adding", "--cells", "rnn,gru", "--seeds", "2", "--hidden", "4", "--updates", "10"]
    words += ["--length", "5", "--lr", "1e30", "--jobs", "1", "--out", str(tmp_path / "c"), "--json"]
    assert main(words) == 1
    printed = capsys.readouterr()

    def refuse(constant):
        raise ValueError(constant)  # Python reads Infinity and NaN, and nobody else does

    told = json.loads(printed.out, parse_constant=refuse)
    assert [row["test MSE"] for row in told["rows"]] == [None, None]
    assert told["verdict"].startswith("no winner: no cell has a measurement")


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
    configs, seen, real = plan(base(), ["rnn", "gru"], 1), [], session.train_run

    def signalled(config, run, quiet, watch, again):
        def press(progress, stop):
            if progress.update == updates:
                stop.signal = signal.SIGTERM

        return real(config, run, quiet=quiet, watch=press, again=again)

    with monkeypatch.context() as patched, pytest.raises(Stopped) as stopped:
        patched.setattr(session, "train_run", signalled)
        compare(configs, tmp_path / "c", jobs=1, watch=seen.append)
    assert stopped.value.signal == signal.SIGTERM and seen == []
    again, whole = compare(configs, tmp_path / "c", jobs=1), compare(configs, tmp_path / "w", jobs=1)
    assert [o.curve for o in again.outcomes["rnn"]] == [o.curve for o in whole.outcomes["rnn"]]
