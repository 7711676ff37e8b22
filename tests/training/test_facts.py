"""What a run's directory tells, whatever state its files are in."""

import json
import math

import pytest

from tests.training.test_loop import trained
from tinygrad_gru.errors import DivergedError
from tinygrad_gru.training import Config, read_facts, read_metrics, train_run
from tinygrad_gru.training.lock import only_one_on


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
