"""The trainer alone: it yields steps, and writes nothing."""

import math

import numpy as np
import pytest

from tests.training.test_loop import lines, trained
from tinygrad_gru.errors import DivergedError
from tinygrad_gru.training import Config, Trainer, new_model

SIZES = {"length": 5, "hidden": 6, "updates": 25, "batch": 4}


def trainer(**options):
    config = Config.of("adding", **{**SIZES, **options})
    task = config.create()
    return Trainer(task, new_model(config, task), config)


def test_there_is_a_step_for_each_update_and_no_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    steps = list(trainer(every=10).updates())
    assert [step.update for step in steps] == list(range(1, 26))
    assert [step.update for step in steps if step.measured] == [10, 20, 25]
    assert [step.update for step in steps if step.logged] == [10, 20, 25]
    assert all(math.isfinite(step.loss) and step.norm > 0 for step in steps)
    assert list(tmp_path.iterdir()) == [] and capsys.readouterr() == ("", "")


def test_a_step_stays_as_it_was_when_the_next_ones_come():
    updates = trainer().updates()
    first = next(updates)
    loss = first.loss
    assert next(updates).loss != loss and (first.update, first.loss) == (1, loss)


def test_what_was_measured_and_logged_last_stays_until_the_next_time():
    steps = {step.update: step for step in trainer(every=7).updates()}
    assert steps[8].test == steps[7].test and steps[8].best == steps[7].best and steps[8].best_update in (0, 7)
    assert steps[13].ratio == steps[10].ratio != steps[14].ratio and math.isnan(steps[6].test)
    assert steps[9].curve is steps[1].curve and steps[9].seconds >= steps[8].seconds


def test_its_figures_are_those_that_a_run_writes_down(tmp_path):
    trained(tmp_path / "run", **SIZES)
    written = {line["update"]: line for line in lines(tmp_path / "run")}
    steps = {step.update: step for step in trainer().updates() if step.logged}
    assert steps.keys() == written.keys()
    for update, line in written.items():
        assert (steps[update].loss, steps[update].norm) == (line["loss"], line["grad_norm"])
        assert steps[update].ratio == line["update_ratio"] and steps[update].best == line["best"]


def test_who_leaves_the_loop_may_enter_it_again():
    whole, parts = trainer(), trainer()
    wanted = [step.loss for step in whole.updates()]
    losses = []
    for step in parts.updates():
        losses.append(step.loss)
        if step.update == 7:
            break
    losses += [step.loss for step in parts.updates()]
    assert losses == wanted and parts.position.ended_by == "updates"


def test_from_a_checkpoint_it_goes_on_as_if_it_had_not_stopped():
    whole = trainer()
    for step in whole.updates():
        if step.update == 10:
            kept = whole.checkpoint()
            weights = kept.model.state_dict()
    again = trainer()
    again.model.load_state_dict(weights)
    resumed = Trainer(again.task, again.model, again.config, kept)
    assert [step.update for step in resumed.updates()] == list(range(11, 26))
    for name, array in whole.model.state_dict().items():
        np.testing.assert_array_equal(array, again.model.state_dict()[name])


def test_it_ends_early_when_nothing_gets_better():
    impatient = trainer(lr=1e-12, updates=400, every=5, patience=3)
    *_, last = impatient.updates()
    assert last.update - last.best_update == 15 and impatient.position.ended_by == "patience"


def test_numbers_that_are_not_finite_end_it_with_the_operation_that_made_the_first():
    far = trainer(lr=1e30)
    with pytest.raises(
        DivergedError, match=r"diverged at update 2: .* the first was where .* at adding.py:.* try: --lr"
    ):
        list(far.updates())
    assert far.diverged
