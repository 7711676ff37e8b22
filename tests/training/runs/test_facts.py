"""What a run's directory tells, whatever state its files are in."""

import json
import math

import pytest

from tests.training.test_loop import trained
from tinygrad_gru.errors import DivergedError
from tinygrad_gru.training import (
    Config,
    checkpoint_of,
    load_checkpoint,
    loop,
    read_facts,
    read_metrics,
    train_run,
)  # fmt: skip
from tinygrad_gru.training.runs.lock import only_one_on
from tinygrad_gru.training.runs.log import MetricsFile


def short(run, **options):
    train_run(Config.of("adding", **{"length": 5, "hidden": 6, "updates": 20, "batch": 4, **options}), run, quiet=True)
    return run


def test_a_finished_run_is_told_as_it_was(tmp_path):
    facts = read_facts(short(tmp_path / "run"))
    assert (facts.state, facts.updates, facts.config.hidden, facts.told["metric"]) == ("finished", 20, 6, "test MSE")
    assert [update for update, _ in facts.curve] == list(range(2, 21, 2))
    assert facts.best == min(test for _, test in facts.curve) and facts.seconds > 0
    assert facts.goal == 0.001 and facts.reached == (facts.best < 0.001)
    json.dumps(facts.as_row(), allow_nan=False)


def test_the_states(tmp_path):
    run = short(tmp_path / "run")
    with only_one_on(run):
        assert read_facts(run).state == "running"
    (run / "metrics.jsonl").write_text("".join((run / "metrics.jsonl").read_text().splitlines(keepends=True)[:3]))
    assert read_facts(run).state == "stopped"
    assert read_facts(short(tmp_path / "early", lr=1e-12, updates=400, every=5, patience=2)).state == "finished"
    (run / "config.toml").write_text("hidden = ")
    assert read_facts(run).state == "unreadable"
    with pytest.raises(DivergedError):
        trained(tmp_path / "far", lr=1e30)
    (tmp_path / "far" / "config.toml").write_text(Config.of("adding").as_toml())
    assert read_facts(tmp_path / "far").state == "diverged"


def test_torn_and_strange_lines_are_left_out(tmp_path):
    (tmp_path / "metrics.jsonl").write_bytes(
        b'{"update": 1, "test": 0.5}\n[1]\n{"update": "x"}\n\xff\n{"update": 2, "test": NaN}\n{"update": 3, "te'
    )
    assert [m["update"] for m in read_metrics(tmp_path)] == [1, 2]
    facts = read_facts(tmp_path)
    assert facts.curve == [(1, 0.5)] and facts.best == 0.5
    assert read_metrics(tmp_path / "nowhere") == [] and math.isinf(read_facts(tmp_path / "nowhere").best)


def test_a_run_is_as_far_as_its_last_checkpoint_and_lines_beyond_it_do_not_count(tmp_path):
    run = short(tmp_path / "run", updates=20)
    lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    before = read_facts(run).best
    beyond = json.dumps({"update": 22, "test": before / 2, "best": before / 2, "seconds": 1.0})
    (run / "metrics.jsonl").write_text("".join(lines) + beyond + "\n")
    assert (read_facts(run).updates, read_facts(run).best) == (20, before)


def test_a_run_that_was_stopped_between_two_lines_is_told_as_far_as_it_came(tmp_path):
    config = Config.of("adding", length=5, hidden=6, updates=100, batch=4)
    train_run(
        config, tmp_path / "run", quiet=True, watch=lambda p, stop: setattr(stop, "signal", p.update == 7 or None)
    )
    assert (read_facts(tmp_path / "run").state, read_facts(tmp_path / "run").updates) == ("stopped", 7)


def test_whoever_looks_between_two_writes_of_a_run_sees_one_that_is_trained(tmp_path, monkeypatch):
    """After each call of the run that writes: the best is that of the lines, and of the checkpoint one would take."""
    run, seen = tmp_path / "run", []
    real_save, real_write = loop.save_checkpoint, MetricsFile.write

    def look():
        facts = read_facts(run)
        last = facts.last.best if facts.last else math.inf
        assert facts.state == "running" and facts.best <= last
        if facts.last and facts.last.best_update == facts.last.update:
            kept = load_checkpoint(checkpoint_of(run))
            assert kept.update == facts.last.update
        seen.append(facts.updates)

    def save(path, checkpoint):
        real_save(path, checkpoint)
        look()

    def write(metrics, line):
        real_write(metrics, line)
        look()

    monkeypatch.setattr(loop, "save_checkpoint", save)
    monkeypatch.setattr(MetricsFile, "write", write)
    short(run)
    assert seen == sorted(seen) and len(seen) > 20 and read_facts(run).state == "finished"
