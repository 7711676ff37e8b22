"""Gates that start open for the past."""

import numpy as np
import pytest

from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.tasks.base import recurrent
from tinygrad_gru.training import Config, new_model

LABELS = {"words": ["", "a", "b"], "labels": ["x", "y"]}
SCALED = {"columns": ["u"], "mean": [0.0], "spread": [1.0]}
FACTS = {
    "chars": {"vocabulary": "abc"},
    "sentiment": LABELS,
    "labelled": LABELS,
    "addition": {"digits": 2},
    "table": SCALED | {"kind": "forecast", "targets": ["u"], "horizon": 1},
}
GROUPS = SCALED | {"kind": "groups", "label": "k", "group": "g", "labels": ["x", "y"]}


@pytest.mark.parametrize(
    ("cell", "name", "start"), [("gru", "b_z", -2.0), ("gru-after", "b_xz", -2.0), ("lstm", "b_f", 2.0)]
)
def test_only_the_bias_of_the_gate_that_keeps_is_moved(cell, name, start):
    plain, keeping = Config.of("adding", cell, hidden=4), Config.of("adding", cell, hidden=4, keep_bias=2.0)
    before, after = [dict(new_model(c, c.create()).named_parameters()) for c in (plain, keeping)]
    for key, p in after.items():
        if key.endswith(name):
            np.testing.assert_array_equal(p.data, np.full(4, start, np.float32))
        elif key.endswith("b_hz"):  # the second vector: what counts is the sum
            np.testing.assert_array_equal(p.data, np.zeros(4, np.float32))
        else:
            np.testing.assert_array_equal(p.data, before[key].data)


@pytest.mark.parametrize(("task", "facts"), [*((name, FACTS.get(name, {})) for name in TASKS), ("table", GROUPS)])
def test_the_model_of_every_task_takes_it(task, facts):
    model = TASKS[task].build("gru", 3, facts, keep_bias=2.0)
    (b_z,) = (p.data for name, p in model.named_parameters() if name.endswith("b_z"))
    np.testing.assert_array_equal(b_z, np.full(3, -2.0, np.float32))


def test_an_rnn_has_no_gate_for_it():
    with pytest.raises(ArgumentError, match="an rnn has no gate that could keep anything. try: 'gru'"):
        recurrent("rnn", 2, 3, keep_bias=2.0)
