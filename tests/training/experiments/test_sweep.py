"""Sweeps: the same seed gives the same trials, and whatever is killed goes on, nothing lost, nothing counted twice."""

import json
import math
import sqlite3
import sys
from contextlib import closing

import pytest

from tinygrad_gru.errors import ConfigError, FileError, MissingExtraError, TinygradError
from tinygrad_gru.training import Config, load_checkpoint, train_run
from tinygrad_gru.training.experiments import optuna_study as studies
from tinygrad_gru.training.experiments import sweep as sweeping
from tinygrad_gru.training.experiments.optuna_study import open_study, remembered
from tinygrad_gru.training.experiments.search_space import read_space
from tinygrad_gru.training.experiments.sweep import sweep
from tinygrad_gru.training.runs.lock import Claim


def space(*params, **changes):
    return read_space(
        "adding", params or ["lr=log:1e-3:1e-1", "hidden=4,8"], dict(updates=20, every=5, batch=4, length=5) | changes
    )


def tried(found):
    """What a sweep tried, and what came of it, without times."""
    return sorted((t.number, tuple(sorted(t.values.items())), t.state, t.best, t.updates) for t in found.trials)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Seven trials, one after the other."""
    folder = tmp_path_factory.mktemp("sweeps") / "whole"
    return sweep(space(), folder, 7, jobs=1, seed=3)


def test_trials_are_ordinary_runs_with_the_values_that_were_drawn(whole):
    assert len(whole.trials) == 7 and [t.best for t in whole.trials] == sorted(t.best for t in whole.trials)
    for trial in whole.trials:
        assert trial.run.name == f"trial-{trial.number:04}"
        kept = load_checkpoint(trial.run / "last.npz")
        assert kept.config == whole.space.config(trial.values)
        assert 1e-3 <= trial.values["lr"] <= 1e-1 and trial.values["hidden"] in (4, 8)
        assert (trial.run / "metrics.jsonl").exists() and (trial.run / "config.toml").exists()
    assert len({trial.values["lr"] for trial in whole.trials}) == 7


def test_the_winner_is_what_its_command_line_trains(whole, tmp_path):
    words = whole.command.split()
    given = dict(zip([w.removeprefix("--").replace("-", "_") for w in words[3::2]], words[4::2], strict=True))
    kinds = {"cell": str, "lr": float}
    config = Config.of(words[2], **{name: kinds.get(name, int)(value) for name, value in given.items()})
    assert train_run(config, tmp_path / "again", quiet=True).best == whole.best.best == whole.trials[0].best


def test_the_same_seed_and_one_job_give_the_same_trials_also_when_interrupted_in_between(whole, tmp_path):
    sweep(space(), tmp_path / "s", 3, jobs=1, seed=3)
    sweep(space(), tmp_path / "s", 5, jobs=1, seed=3)
    again = sweep(space(), tmp_path / "s", 7, jobs=1, seed=3)
    assert tried(again) == tried(whole)
    assert tried(sweep(space(), tmp_path / "other", 2, jobs=1, seed=4)) != tried(whole)[:2]


def test_finished_trials_are_not_repeated(whole):
    before = {path: path.stat().st_mtime_ns for path in whole.trials[0].run.parent.rglob("*.npz")}
    seen = []
    again = sweep(space(), whole.trials[0].run.parent, 7, jobs=1, seed=3, watch=lambda *told: seen.append(told))
    assert tried(again) == tried(whole) and not seen
    assert before == {path: path.stat().st_mtime_ns for path in before}


@pytest.mark.parametrize("when", ["taken", "half way", "not told"])
def test_a_trial_that_was_interrupted_goes_on_and_counts_once(when, whole, tmp_path, monkeypatch):
    folder = tmp_path / "s"
    sweep(space(), folder, 2, jobs=1, seed=3)
    study = open_study(folder)
    with Claim(folder) as claim:  # a process takes the third, and is gone
        order = study.take(space(), 4, 3, claim.path, True, 0)
        if when == "half way":
            claim.give_up()
            monkeypatch.setattr(sweeping, "LOOK_EVERY", 0.0)
            assert sweeping._work(order)[1] is not None
        elif when == "not told":
            train_run(order.config, order.run, quiet=True)
    (row,) = [t for t in sweeping.read_sweep(space(), study).trials if t.number == order.number]
    assert row.state == "interrupted"
    assert row.updates == {"taken": 0, "half way": 1, "not told": 20}[when] or row.updates < 20

    assert tried(sweep(space(), folder, 4, jobs=1, seed=3)) == tried(whole)[:4]


def test_a_trial_that_another_process_works_on_is_left_to_it(tmp_path):
    sweep(space(), tmp_path, 1, jobs=1)
    study = open_study(tmp_path)
    with Claim(tmp_path) as other, Claim(tmp_path) as ours:
        theirs = study.take(space(), 3, 0, other.path, True, 0)
        mine = study.take(space(), 3, 0, ours.path, True, 0)
        assert (theirs.number, mine.number) == (1, 2)
        assert study.take(space(), 3, 0, ours.path, True, 0) is None
        found = sweep(space(), tmp_path, 3, jobs=1)
        assert found.counts == {"finished": 1, "running": 2}
        other.give_up()
        assert study.take(space(), 3, 0, ours.path, True, 0).number == 1


def test_a_work_order_that_was_done_already_is_not_done_again(whole, tmp_path):
    study = open_study(tmp_path, space=space())
    with Claim(tmp_path) as claim:
        order = study.take(space(), 1, 3, claim.path, True, 0)
        first, second = sweeping._work(order), sweeping._work(order)
    assert first == second


@pytest.mark.parametrize("prune", [True, False])
def test_hopeless_trials_are_pruned_but_not_before_a_quarter_of_the_run(prune, tmp_path):
    wide = space("lr=log:1e-5:1e-1", updates=24, every=4)
    with closing(open_study(tmp_path, space=wide)) as study:  # what Optuna would draw depends on its version
        for lr in (0.01, 0.02, 0.03, 0.015, 0.025, 1e-5, 1e-5):
            study.optuna.enqueue_trial({"lr": lr})
    found = {t.number: t for t in sweep(wide, tmp_path, 7, jobs=1, prune=prune).trials}
    for number in range(5):
        assert (found[number].state, found[number].updates) == ("finished", 24)
    for number in (5, 6):  # 8 is the first measurement after a quarter of 24 updates
        assert (found[number].state, found[number].updates) == (("pruned", 8) if prune else ("finished", 24))
        assert found[number].best > max(found[good].best for good in range(5))


def test_a_trial_that_diverges_is_told_and_never_the_best(tmp_path):
    found = sweep(space("lr=0.01,1e30", cell="rnn"), tmp_path, 6, jobs=1)
    assert found.counts["diverged"] >= 1 and found.best.values == {"lr": 0.01}
    assert all(t.values == {"lr": 1e30} for t in found.trials if t.state == "diverged")


@pytest.fixture
def waves(tmp_path):
    """A table of noise about a wave, long enough for rows that choose."""
    rows = [f"{math.sin(t / 3) + math.sin(7.1 * t * t):.3f}" for t in range(200)]
    (tmp_path / "waves.csv").write_text("\n".join(["y", *rows, ""]))
    return str(tmp_path / "waves.csv")


def of_table(file):
    return read_space("table", ["lr=0.001,0.1", "hidden=2,8"], dict(file=file, updates=20, every=5, batch=4, length=5))


def test_where_validation_chooses_the_weights_it_chooses_the_settings_and_what_is_held_out_is_only_told(
    waves, tmp_path
):
    found = sweep(of_table(waves), tmp_path / "s", 5, jobs=1)
    lines = {t.number: (t.run / "metrics.jsonl").read_text().splitlines() for t in found.trials}
    for trial in found.trials:
        measured = [m for m in map(json.loads, lines[trial.number]) if "test" in m]
        assert trial.best == min(m["validation"] for m in measured)
        assert trial.test == next(m["test"] for m in measured if m["validation"] == trial.best) != trial.best
    assert found.best.best == min(t.best for t in found.trials)
    assert list(found.rows[0])[:3] == ["trial", "validation", found.metric]
    with closing(open_study(tmp_path / "s")) as study:  # and Optuna learned of nothing else
        told = {t.number: (t.value, t.intermediate_values) for t in study.trials()}
    assert {n: value for n, (value, _) in told.items()} == {t.number: t.best for t in found.trials}
    for number, (_, reported) in told.items():
        by_validation = {m["update"]: m["validation"] for m in map(json.loads, lines[number]) if "test" in m}
        assert reported == by_validation


def test_trials_that_were_judged_by_what_is_held_out_are_not_mixed_with_others(waves, tmp_path):
    space = of_table(waves)
    (tmp_path / "s").mkdir()
    with closing(open_study(tmp_path / "s", space=space)) as study, Claim(tmp_path / "s") as claim:
        order = study.take(space, 1, 0, claim.path, True, 0)
        run = train_run(order.config, order.run, quiet=True)
        study.optuna.tell(order.number, run.best)
    with pytest.raises(ConfigError, match="judged by what is held out, which flatters. try: another --out"):
        sweep(space, tmp_path / "s", 2, jobs=1)


def test_processes_and_threads_bring_what_one_job_brings(tmp_path):
    only = space("hidden=4,5")
    for backend in ("loky", "threading"):
        found = sweep(only, tmp_path / backend, 3, jobs=2, prune=False, backend=backend)
        for trial in found.trials:
            alone = train_run(only.config(trial.values), tmp_path / f"{backend}-{trial.number}", quiet=True)
            assert alone.best == trial.best


def test_a_folder_of_another_sweep_is_refused(whole):
    folder = whole.trials[0].run.parent
    for other, seed in ((space("lr=1e-3:1e-1"), 3), (space(), 4), (space(updates=30), 3)):
        with pytest.raises(ConfigError, match="holds a sweep of other settings: .* try: --out with another folder"):
            sweep(other, folder, 8, jobs=1, seed=seed)


def test_what_a_sweep_was_made_for_is_remembered(whole, tmp_path):
    folder = whole.trials[0].run.parent
    found, seed = remembered(folder, None, "adding")
    assert (found.as_dict(), seed) == (whole.space.as_dict(), 3)
    assert remembered(tmp_path, None, "adding") == (None, 0)
    with pytest.raises(ConfigError, match="holds a sweep of adding, not of order"):
        remembered(folder, None, "order")


def test_another_storage_of_optunas_serves_too_under_the_folders_name(tmp_path):
    url = f"sqlite:///{tmp_path / 'all.db'}"
    found = sweep(space(), tmp_path / "mine", 2, jobs=1, storage=url)
    assert len(found.trials) == 2 and not (tmp_path / "mine" / "study.db").exists()
    with closing(sqlite3.connect(tmp_path / "all.db")) as file:
        names = "SELECT study_name FROM studies JOIN trials USING (study_id)"
        assert file.execute(names).fetchall() == [("mine",), ("mine",)]


def test_folders_may_have_any_name(tmp_path):
    assert len(sweep(space(), tmp_path / "a b?c%41#é", 1, jobs=1).trials) == 1


def test_what_is_wrong_is_said(tmp_path):
    for words, kind, message in (
        ({"trials": 0}, ConfigError, "trials: got 0"),
        ({"jobs": 0}, ConfigError, "jobs: got 0, wanted a whole number from 1 to 1000, or -1"),
        ({"backend": "loki"}, ConfigError, "did you mean loky?"),
        ({"backend": "multiprocessing"}, ConfigError, "try: --backend loky"),
        ({"backend": "dask"}, ConfigError, "scheduler: dask needs its address"),
        ({"scheduler": "tcp://127.0.0.1:1"}, ConfigError, "scheduler: loky has none"),
        ({"storage": "nonsense"}, ConfigError, "storage: nonsense is no address of a database"),
        ({"storage": "sqlite://"}, ConfigError, "storage: sqlite:// is in memory, where no worker sees it. try: "),
        ({"storage": "sqlite:////nowhere/at/all.db"}, FileError, "cannot open the study in sqlite:////nowhere"),
    ):
        with pytest.raises(kind) as caught:
            sweep(space(), tmp_path / "s", **words)
        assert message in str(caught.value)
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot make .*file"):
        sweep(space(), tmp_path / "file" / "s", 1, jobs=1)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "study.db").write_bytes(b"no database" * 100)
    with pytest.raises(FileError, match="file is not a database. try: another --out"):
        sweep(space(), tmp_path / "broken", 1, jobs=1)


@pytest.fixture
def connections(monkeypatch):
    """All connections to SQLite that are made, and whether each is closed."""
    made = []

    class Connection(sqlite3.Connection):
        is_closed = False

        def close(self):
            super().close()
            self.is_closed = True

    def connect(*args, **options):
        made.append(sqlite3.Connection.__new__(Connection))
        made[-1].__init__(*args, **options)
        return made[-1]

    monkeypatch.setattr(sqlite3.dbapi2, "connect", connect)
    return made


def test_no_connection_to_the_database_stays_open(tmp_path, connections):
    sweep(space(), tmp_path / "s", 2, jobs=1)
    study = open_study(tmp_path / "s")  # and is not closed here
    assert len(study.trials()) == 2
    with pytest.raises(ConfigError, match="holds a sweep of other settings"):
        open_study(tmp_path / "s", space=space(updates=30))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "study.db").write_bytes(b"no database" * 100)
    with pytest.raises(FileError, match="file is not a database"):
        open_study(tmp_path / "broken")
    assert len(connections) > 4 and all(connection.is_closed for connection in connections)


def test_what_fails_while_orders_are_made_is_not_waited_for(tmp_path, monkeypatch):
    def fails(self, *given):
        raise FileError("the study is gone")

    monkeypatch.setattr(studies.Study, "take", fails)
    for backend in ("loky", "threading"):
        with pytest.raises(TinygradError, match="the study is gone"):
            sweep(space(), tmp_path, 4, jobs=2, backend=backend)


@pytest.mark.parametrize("package", ["joblib", "optuna"])
def test_without_the_extra_the_way_to_get_it_is_said(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"{package}. try: pip install \"tinygrad_gru\[sweep\]\""):
        sweep(space(), tmp_path, 1, jobs=1)


def test_a_best_that_was_not_measured_is_no_number():
    row = sweeping.Trial(0, "diverged", {"lr": 1.0}, math.inf, 0, 0.0, None).as_row("test MSE")
    assert row["test MSE"] is None


@pytest.mark.parametrize("drawn", [0, 1])
def test_a_trial_that_was_interrupted_while_it_was_drawn_gets_the_values_it_would_have_got(
    drawn, tmp_path, monkeypatch
):
    wide = space("lr=log:1e-5:1e-1", "clip=0.1:2", "hidden=4:64")
    with Claim(tmp_path) as claim:
        whole = open_study(tmp_path, space=wide).take(wide, 1, 3, claim.path, True, 0)
    real, calls = studies._suggest, []

    def killed(*given):
        if len(calls) == drawn:
            raise KeyboardInterrupt
        calls.append(given)
        return real(*given)

    folder = tmp_path / "killed"
    folder.mkdir()
    study = open_study(folder, space=wide)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt), Claim(folder) as claim:
        patched.setattr(studies, "_suggest", killed)
        study.take(wide, 1, 3, claim.path, True, 0)
    with Claim(folder) as claim:
        again = study.take(wide, 1, 3, claim.path, True, 0)
    assert (again.number, again.config) == (0, whole.config)
