"""What `draw` shows of a graph, and that it changes nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.diagram.examples import edges_of, gru_loss, mlp_loss, nodes_of, texts_of
from tinygrad_gru import nn

pytestmark = pytest.mark.usefixtures("each_engine")

ROOT = Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("level", ["gate", "op"])


def layer_loss(layer):
    x = tg.Tensor(np.random.default_rng(0).normal(size=(3, 1, 2)).astype(np.float32), requires_grad=True, name="x")
    out, _ = layer(x)
    return nn.losses.mse(out[-1], np.zeros((1, 4), np.float32))


# --- what is shown ---------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("grads", [False, True])
def test_an_empty_batch_is_drawn_too(level, grads):
    x = tg.Tensor(np.zeros((2, 0, 3), np.float32), requires_grad=True)
    assert "0×4" in tg.draw(tg.sum(nn.GRU(3, 4)(x)[0]), level=level, grads=grads).dot


@BOTH
def test_three_steps_are_three_boxes_with_named_gates_and_shapes(level):
    dot = tg.draw(gru_loss(), level=level).dot
    for n, digit in ((1, "₁"), (2, "₂"), (3, "₃")):
        assert dot.count(f"<B>time step {n}</B>") == 1
        assert all(f"step{n}_{name}" in nodes_of(dot) for name in ("x", "r", "z", "h"))
        assert all(f"<B>{name}{digit}</B>" in dot for name in ("x", "r", "z", "h̃", "h"))
    assert "time step 4" not in dot
    assert "<B>h₀</B>" in dot  # the state before the first step
    assert "1×4" in dot and "6×4" in dot


def test_at_gate_level_products_are_contracted_into_the_gate_they_end_in():
    dot = tg.draw(gru_loss(), level="gate").dot
    edges = edges_of(dot)
    assert ("step1_x", "step1_r") in edges and ("step1_h", "step2_r") in edges  # without a stop at concat, @ or +
    assert "σ([h₀, x₁] W" in re.sub(r"<[^>]*>", "", dot)


def test_at_op_level_there_are_gate_boxes_in_the_step_boxes():
    dot = tg.draw(gru_loss(), level="op").dot
    for title in ("reset gate", "update gate", "candidate"):
        assert dot.count(f"<B>{title}</B>") == 3


def test_at_op_level_a_parameter_is_one_tag_per_use():
    nodes = nodes_of(tg.draw(gru_loss(), level="op").dot)
    for name in ("W_r", "W_z", "W_h", "b_r", "b_z", "b_h"):
        assert [key for key in nodes if key.endswith(name)] == [f"step{n}_{name}" for n in (1, 2, 3)]


def test_each_tag_tells_its_own_share_of_the_gradient():
    w = tg.Tensor([3.0], requires_grad=True, name="w")
    with tg.scope("step", 1):
        a = (tg.Tensor([2.0], name="x") * w).named("a")  # ∂L/∂w by this use: 5
    with tg.scope("step", 2):
        b = (tg.Tensor([7.0], name="y") * w).named("b")  # and by this one: 7
    nodes = nodes_of(tg.draw((a * 2.5 + b).sum().named("L"), level="op").dot)
    assert "grad 5 " in nodes["step1_w"] and "grad 7 " in nodes["step2_w"]


@BOTH
def test_the_state_goes_from_step_to_step_on_one_thick_line(level):
    dot = tg.draw(gru_loss(), level=level).dot
    thick = [line for line in dot.splitlines() if "->" in line and "weight=60" in line]
    assert len(thick) >= 6 and all("penwidth=3.2" in line and ":e -> " in line for line in thick)


@BOTH
@pytest.mark.parametrize("make", [nn.RNN, nn.GRU, nn.LSTM, lambda i, h: nn.GRU(i, h, reset_after=True)])
def test_every_recurrent_layer_is_drawn_and_every_node_says_something(make, level):
    picture = tg.draw(layer_loss(make(2, 4)), level=level)
    texts = texts_of(picture.svg())
    assert set(texts) == set(nodes_of(picture.dot))
    assert all(texts.values())


@BOTH
def test_a_plain_network_without_scopes_is_drawn_too(level):
    dot = tg.draw(mlp_loss(), level=level).dot
    assert "time step" not in dot and "tanh" in dot and "W1" in dot.replace("<FONT", "")


def test_several_tensors_share_one_picture():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    nodes = nodes_of(tg.draw([(x * 2).named("a"), tg.tanh(x).named("b")]).dot)
    assert {"a", "b", "x"} <= set(nodes)


# --- values and gradients --------------------------------------------------------------------------------------------


def test_a_gradient_that_was_not_computed_is_not_a_zero():
    x = tg.Tensor([[1.0, 2.0]], name="x")  # requires none
    w = tg.Tensor([[0.0], [0.0]], requires_grad=True, name="w")
    y = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="y")
    nodes = nodes_of(tg.draw((x @ w + y @ w).sum().named("L")).dot)
    assert "not computed" in nodes["x"]
    assert "not computed" not in nodes["y"]  # its gradient is 0, and that is something else


def test_without_a_single_number_at_the_end_there_are_no_gradients():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    assert ">grad<" in tg.draw((x * x).sum().named("L")).dot
    assert ">grad<" not in tg.draw((x * x).named("y")).dot
    assert ">grad<" not in tg.draw((x * x).sum().named("L"), grads=False).dot


def test_what_requires_no_gradient_is_drawn_when_it_was_recorded():
    with tg.record():
        y = tg.tanh(tg.Tensor([1.0, 2.0], name="x")).named("y")
    dot = tg.draw(y).dot
    assert {"x", "y"} <= set(nodes_of(dot)) and ">grad<" not in dot


def test_not_a_number_and_infinity_are_marked():
    cells = nodes_of(tg.draw(tg.Tensor([np.nan, np.inf, -np.inf, 0.0, 1.0], name="x")).dot)["x"]
    assert ">N<" in cells and ">∞<" in cells and ">−∞<" in cells
    cells = nodes_of(tg.draw(tg.Tensor([np.nan, np.inf, -np.inf, -0.0], name="x")).dot)["x"]
    assert all(f">{number}<" in cells for number in ("NaN", "∞", "−∞", "0")) and cells.count("#FFD400") == 3


def test_long_rows_are_cut_and_of_a_batch_one_row_is_shown_and_both_are_said():
    node = nodes_of(tg.draw(tg.Tensor(np.zeros((32, 64)), name="h")).dot)["h"]
    assert node.count('FIXEDSIZE="TRUE" WIDTH="13"') <= 16
    assert re.search(r"\+ \d+ more", node) and "row 0 of 32" in node


def test_drawing_reads_no_grad_and_writes_none():
    loss = gru_loss()
    leaves = [t for t in tg.core.backward.toposort([loss], everything=True) if t.op is None]
    before = tg.draw(loss).dot
    assert all(t.grad is None for t in leaves)
    loss.backward()
    kept = {t: t.grad for t in leaves}
    assert tg.draw(loss).dot == before
    assert all(t.grad is kept[t] for t in leaves)


# --- the same every time ---------------------------------------------------------------------------------------------


@BOTH
def test_the_text_is_the_same_for_every_hash_seed(level):
    code = f"from tests.diagram.examples import *; print(tg.draw(gru_loss(), level={level!r}).dot)"
    outputs = set()
    for seed in ("0", "1", "1234"):
        env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        outputs.add(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout)
    assert len(outputs) == 1 and outputs.pop().startswith(b"digraph")


def test_no_level_but_those_known():
    with pytest.raises(tg.errors.ArgumentError, match="no level 'atom', wanted cell, gate or op"):
        tg.draw(mlp_loss(), level="atom")


@pytest.mark.parametrize("wrong", [3, [], [3], None])
def test_what_is_no_tensor_is_refused(wrong):
    with pytest.raises(tg.errors.ArgumentError, match="wants a tensor or several"):
        tg.draw(wrong)
