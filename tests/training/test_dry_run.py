"""A rehearsal tells what a run will need, and leaves nothing behind."""

import numpy as np
import pytest

from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Config, rehearse


def test_it_tells_the_sizes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = rehearse(Config.of("adding", length=5, hidden=6, batch=4))
    assert found.shapes == {"x": (5, 4, 2), "y": (4, 1)}
    assert found.parameters == 3 * ((6 + 2) * 6 + 6) + 7
    assert found.weights == 4 * 4 * found.parameters  # float32; weights, gradients, two moments
    assert found.seconds > 0 and np.isfinite(found.loss) and found.norm > 0
    assert list(tmp_path.iterdir()) == []


def test_a_larger_batch_takes_more_memory():
    small, large = [rehearse(Config.of("adding", length=20, hidden=16, batch=batch)).peak for batch in (8, 64)]
    assert large > 4 * small > 20 * 16 * 8 * 4  # at least the outputs of every step


@pytest.mark.parametrize("task", [name for name in TASKS if name not in ("labelled", "table", "chars")])
def test_every_task_that_makes_its_own_data_can_be_rehearsed(task):
    assert rehearse(Config.of(task, hidden=4, batch=2)).as_dict()["parameters"] > 0
