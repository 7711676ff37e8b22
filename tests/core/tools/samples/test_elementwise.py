"""The samples of elementwise operations are inside the range of each, off its kinks, and broadcast."""

import numpy as np
import pytest

from tinygrad_gru.core import ops
from tinygrad_gru.core.tools.samples.elementwise import ACTIVATIONS, ARITHMETIC, ELEMENTARY, ROUNDING, TRIGONOMETRIC


def arrays_of(entries):
    return [x for xs, _ in entries for x in xs]


def test_each_operation_has_samples():
    assert ARITHMETIC.keys() == set(ops.FAMILIES["arithmetic"])
    assert ELEMENTARY.keys() == set(ops.FAMILIES["elementary"])
    assert TRIGONOMETRIC.keys() == set(ops.FAMILIES["trigonometric"])
    assert ROUNDING.keys() == set(ops.FAMILIES["rounding"])
    assert ACTIVATIONS.keys() == set(ops.FAMILIES["activations"])


@pytest.mark.parametrize("name", ["arcsin", "arccos", "arctanh", "arccosh"])
def test_an_inverse_is_tried_inside_its_range_only(name):
    for x in arrays_of(TRIGONOMETRIC[name]):
        assert (x > 1.1).all() if name == "arccosh" else (np.abs(x) < 0.9).all()


def test_what_has_a_kink_or_a_jump_is_not_tried_there():
    for x in arrays_of([*ARITHMETIC["abs"], *ACTIVATIONS["relu"]]):
        assert (np.abs(x) > 0.1).all()
    for x in arrays_of([*ROUNDING["floor"], *ROUNDING["ceil"]]):
        assert (np.abs(x - np.round(x)) > 0.01).all()
    for (x, *y), options in ARITHMETIC["maximum"]:
        assert (np.abs(x - (y[0] if y else options["y"])) > 0.05).all()


def test_what_takes_two_is_tried_with_other_shapes_and_with_a_number():
    shapes = {tuple(np.shape(x) for x in xs) for xs, _ in ARITHMETIC["add"]}
    assert {((2, 3), (3,)), ((2, 1), (1, 3)), ((3,), (4, 1, 3))} <= shapes
    assert any(options == {"y": 2.0} for _, options in ARITHMETIC["add"])
