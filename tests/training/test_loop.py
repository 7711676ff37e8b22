"""The loop: the same seed gives the same bits, what is measured is written down, and nothing good is lost."""

import json
import math
import shutil

import numpy as np
import pytest

from tinygrad_gru.errors import DivergedError, FileError
from tinygrad_gru.tasks import Adding, Chars
from tinygrad_gru.training import Config, StopOnSignal, load_checkpoint, new_model, train

TEXT = "one fish two fish red fish blue fish. " * 20


def trained(run, watch=lambda progress: None, stop=None, task=None, **options):
    run.mkdir()
    config = Config.of("adding", **{"length": 5, "hidden": 6, "updates": 25, "batch": 4, **options})
    task = task or Adding(config.length)
    return train(config, task, new_model(config, task), run, stop, watch)


def lines(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_same_seed_gives_the_same_bits(cell, tmp_path):
    for name, seed in [("a", 3), ("b", 3), ("c", 4)]:
        trained(tmp_path / name, cell=cell, seed=seed)
    a, b, c = [(tmp_path / name / "last.npz").read_bytes() for name in "abc"]
    assert a == b != c


def test_the_same_seed_gives_the_same_bits_on_text(tmp_path):
    for name in ("a", "b"):
        run = tmp_path / name
        run.mkdir()
        task, config = Chars(TEXT, 5), Config.of("chars", hidden=6, updates=12, batch=3, length=5)
        train(config, task, new_model(config, task), run)
    assert (tmp_path / "a" / "best.npz").read_bytes() == (tmp_path / "b" / "best.npz").read_bytes()


def test_a_gru_learns_to_add(tmp_path):
    result = trained(tmp_path / "run", length=6, hidden=16, updates=400, batch=32, lr=0.02)
    assert result.best < 0.01 < 0.1 < result.task.baselines["always answering 1"]
    assert result.reached == (result.best < 0.001) and result.stopped is None
    kept = load_checkpoint(tmp_path / "run" / "best.npz")
    assert result.task.evaluate(kept.model) == result.best


def test_the_loss_and_the_metric_of_text_are_in_bits(tmp_path):
    seen = []
    (tmp_path / "run").mkdir()
    task, config = Chars(TEXT, 5), Config.of("chars", hidden=4, updates=1, batch=3, length=5)
    train(config, task, new_model(config, task), tmp_path / "run", watch=lambda p: seen.append((p.loss, p.test)))
    for bits in seen[0]:
        assert bits == pytest.approx(math.log2(len(task.vocabulary)), abs=0.7)  # as good as nothing learned


def test_a_line_is_written_every_ten_updates_and_at_each_measurement(tmp_path):
    trained(tmp_path / "run", updates=35)  # measured every third
    updates = [line["update"] for line in lines(tmp_path / "run")]
    assert updates == sorted({*range(3, 36, 3), *range(10, 36, 10), 35})
    measured = [line for line in lines(tmp_path / "run") if "test" in line]
    assert [line["best"] for line in measured] == np.minimum.accumulate([line["test"] for line in measured]).tolist()


def test_lines_are_on_the_disk_while_the_run_goes_on(tmp_path):
    counts = []
    trained(tmp_path / "run", updates=10, watch=lambda p: counts.append(len(lines(tmp_path / "run"))))
    assert counts == list(range(1, 11))


def test_the_best_checkpoint_is_that_of_the_lowest_metric(tmp_path):
    class Script(Adding):
        """Reports what it is told to."""

        metrics = iter([3.0, 1.0, 2.0])

        def evaluate(self, model):
            return next(self.metrics)

    result = trained(tmp_path / "run", updates=3, task=Script(5))
    assert result.best == 1.0
    assert load_checkpoint(tmp_path / "run" / "best.npz").update == 2
    assert load_checkpoint(tmp_path / "run" / "last.npz").update == 3


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
    class Explodes(Adding):
        def batches(self, rng, batch):
            for i, good in enumerate(super().batches(rng, batch), 1):
                yield good._replace(y=good.y * np.inf) if i == 8 else good

    with pytest.raises(DivergedError, match=r"update 8: loss inf.* keeps best.npz and last.npz. try: --lr 0.0015, or"):
        trained(tmp_path / "run", updates=30, task=Explodes(5))
    assert load_checkpoint(tmp_path / "run" / "last.npz").update == 6
    assert lines(tmp_path / "run")[-1] == {"update": 8, "event": "diverged"}


def test_an_absurd_learning_rate_diverges_without_a_warning(tmp_path):
    with pytest.raises(DivergedError, match="try: --lr 0.015, or --clip 0.1"):
        trained(tmp_path / "run", lr=1e30)


def test_a_signal_stops_after_the_update_and_saves(tmp_path):
    stop = StopOnSignal()

    def press(progress):
        if progress.update == 7:
            stop.signal = 2

    result = trained(tmp_path / "run", watch=press, stop=stop, updates=100)  # measured at 10 for the first time
    assert (result.updates, result.stopped, result.best) == (7, 2, math.inf)
    assert load_checkpoint(tmp_path / "run" / "last.npz").update == 7
    json.dumps(result.as_dict(), allow_nan=False)


def test_a_run_directory_that_disappears_is_told(tmp_path):
    def remove(progress):
        shutil.rmtree(tmp_path / "run", ignore_errors=True)

    with pytest.raises(FileError, match="cannot write"):
        trained(tmp_path / "run", watch=remove, updates=1000)


def test_a_run_ends_early_when_nothing_gets_better(tmp_path):
    result = trained(tmp_path / "run", lr=1e-12, updates=400, every=5, patience=3)
    measured = [line for line in lines(tmp_path / "run") if "test" in line]
    best = min(range(len(measured)), key=lambda i: measured[i]["test"])
    assert result.early and result.updates == measured[-1]["update"] < 400
    assert len(measured) - 1 - best == 3  # three in a row brought nothing better
    assert load_checkpoint(tmp_path / "run" / "last.npz").update == result.updates
    assert not trained(tmp_path / "other", updates=20, every=5, patience=3).early


def test_how_far_the_weights_move_is_written_down(tmp_path):
    before, after = {}, {}
    config = Config.of("adding", length=5, hidden=6, updates=1, batch=4)
    task = Adding(5)
    model = new_model(config, task)
    before = {name: p.data for name, p in model.named_parameters()}
    (tmp_path / "run").mkdir()
    train(config, task, model, tmp_path / "run")
    after = {name: p.data for name, p in model.named_parameters()}
    moved = math.sqrt(sum(((after[n] - before[n]) ** 2).sum() for n in before))
    size = math.sqrt(sum((before[n] ** 2).sum() for n in before))
    assert lines(tmp_path / "run")[0]["update_ratio"] == pytest.approx(moved / size, rel=1e-5)
    assert moved > 0


def test_the_learning_rate_can_stay_as_it_is(tmp_path):
    ends = [trained(tmp_path / str(final), final_lr=final, lr=0.01, updates=20) for final in (1.0, 0.1)]
    ratios = [lines(result.run)[-1]["update_ratio"] for result in ends]
    assert ratios[0] > 3 * ratios[1]


def test_weight_decay_counts_in_a_run_and_none_is_as_0(tmp_path):
    for name, decay in [("none", None), ("zero", 0), ("some", 0.5)]:
        trained(tmp_path / name, weight_decay=decay)
    none, zero, some = [load_checkpoint(tmp_path / name / "last.npz") for name in ("none", "zero", "some")]
    size = [sum(float((w**2).sum()) for w in c.model.state_dict().values()) for c in (none, zero, some)]
    assert size[0] == size[1] > size[2] and some.config.weight_decay == 0.5
