"""What a run writes down after each update."""

import pytest

from tests.training.test_loop import lines
from tinygrad_gru.training import Config, Trainer, load_checkpoint, new_model
from tinygrad_gru.training.subscribers import Checkpoints, MetricsLog


@pytest.fixture
def trainer():
    config = Config.of("adding", length=5, hidden=6, updates=25, batch=4, every=10)
    task = config.create()
    return Trainer(task, new_model(config, task), config)


def test_the_log_has_a_line_of_each_step_that_is_logged(trainer, tmp_path):
    with MetricsLog(tmp_path, trainer) as log:
        for step in trainer.updates():
            log(step)
    assert [line["update"] for line in lines(tmp_path)] == [10, 20, 25]


def test_a_checkpoint_is_saved_after_each_measurement_and_what_is_saved_is_not_saved_again(trainer, tmp_path):
    saved = []
    with MetricsLog(tmp_path, trainer) as log:
        checkpoints = Checkpoints(tmp_path, trainer, log)
        for step in trainer.updates():
            checkpoints(step)
            if (tmp_path / "last.npz").exists():
                saved.append(load_checkpoint(tmp_path / "last.npz").update)
        before = (tmp_path / "last.npz").stat().st_ino
        checkpoints.save()
    assert sorted(set(saved)) == [10, 20, 25] and (tmp_path / "last.npz").stat().st_ino == before


def test_a_checkpoint_between_two_measurements_can_be_asked_for(trainer, tmp_path):
    with MetricsLog(tmp_path, trainer) as log:
        checkpoints = Checkpoints(tmp_path, trainer, log)
        for step in trainer.updates():
            if step.update == 7:
                break
        checkpoints.save()
    assert load_checkpoint(tmp_path / "last.npz").update == 7 and not (tmp_path / "best.npz").exists()
