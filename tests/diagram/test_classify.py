"""Classification: which tensor is a box, an operation, a tag, or a piece of a formula."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram.classify import classify, role_of, step_of


def parts_of(loss, level="gate"):
    """The part of each named tensor and of each operation without a name."""
    classes = classify([loss], level)
    return [(t.name or (t.op.name if t.op else str(t.item())), classes.part[t]) for t in classes.tensors]


def test_a_product_with_a_parameter_is_inside_the_activation_it_ends_in():
    x = tg.Tensor(np.ones((1, 2)), name="x")
    W, b = (tg.Tensor(np.ones(s), requires_grad=True, name=n) for n, s in (("W", (2, 2)), ("b", 2)))
    assert parts_of(tg.tanh(x @ W + b).named("h")) == [
        ("x", "box"), ("W", "tag"), ("b", "tag"), ("matmul", "inside"), ("add", "inside"), ("h", "box"),
    ]  # fmt: skip


def test_a_number_is_mentioned_and_a_factor_is_written_into_its_product():
    z, h = (tg.Tensor([[0.5, 0.25]], requires_grad=True, name=name) for name in "zh")
    assert dict(parts_of(((1 - z) * h + z).named("y"))) == {
        "z": "box", "h": "box", "1.0": "mention", "subtract": "inside", "multiply": "op", "y": "split",
    }  # fmt: skip


def test_at_level_op_every_operation_is_one():
    classes = classify([gru_loss(1)], "op")
    assert {classes.part[t] for t in classes.tensors if t.op is not None} == {"op"}


def test_a_leaf_that_several_steps_use_is_a_tag():
    loss = gru_loss(3)
    classes = classify([loss], "gate")
    assert {t.name for t in classes.tensors if classes.part[t] == "tag"} == {"W_r", "W_z", "W_h", "b_r", "b_z", "b_h"}


@pytest.mark.parametrize("role", ["reset", ""])
def test_step_and_role_are_those_of_the_innermost_scope_that_has_one(role):
    with tg.scope("step", 3), tg.scope("gate", role=role), tg.scope("inner"):
        t = tg.Tensor([1.0], requires_grad=True) * 2
    assert step_of(t).index == 3 and role_of(t) == role
