"""The trace: every operation forward in creation order, then every contribution of the backward pass."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.playback.test_page import loss_of
from tinygrad_gru import nn
from tinygrad_gru.diagram.explore.trace import places, trace_of


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_the_contributions_add_up_to_the_engines_gradients(kind):
    layer, loss = loss_of(kind)
    trace = trace_of(loss)
    sums = {}
    for event in trace.events[trace.turn :]:
        for to, g in event.passed:
            sums[to] = sums.get(to, 0) + g
    for p, wanted in zip(layer.parameters(), tg.grad(loss, layer.parameters()), strict=True):
        np.testing.assert_allclose(sums[p], wanted, rtol=1e-5, atol=1e-7)


def test_forward_comes_in_the_order_of_making_and_back_from_the_loss():
    _, loss = loss_of()
    trace = trace_of(loss)
    forward = [event.tensor.serial for event in trace.events[: trace.turn]]
    back = [event.tensor.serial for event in trace.events[trace.turn :]]
    assert forward == sorted(forward) and trace.events[trace.turn].tensor is loss
    assert back == sorted(back, reverse=True)
    assert all(trace.rule(event.tensor) for event in trace.events)


def test_a_weight_used_in_three_steps_gets_three_contributions():
    layer, loss = loss_of()
    trace = trace_of(loss)
    to = [to for event in trace.events[trace.turn :] for to, _ in event.passed]
    for W in (layer.cell.W_r, layer.cell.W_z, layer.cell.W_h):
        assert sum(t is W for t in to) == 3


def test_a_contribution_to_what_was_broadcast_is_summed_as_the_engine_does():
    with tg.record():
        b = tg.Tensor([1.0, 2.0], requires_grad=True, name="b")
        loss = tg.sum(tg.Tensor(np.ones((3, 2)), requires_grad=True, name="x") + b).named("L")
    events = trace_of(loss).events
    contributions = [g for event in events if event.passed for to, g in event.passed if to is b]
    assert [g.tolist() for g in contributions] == [[3.0, 3.0]]


def test_a_tensor_is_called_by_its_name_or_its_formula():
    with tg.record():
        x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
        half = 0.5 * x
        loss = tg.sum(half * x).named("L")
    trace = trace_of(loss)
    assert [trace.called(t) for t in (x, half, half.inputs[0], loss)] == ["x", "½ x", "0.5", "L"]
    assert trace.formula(x) == "" and trace.turn == 3


def test_a_tensor_without_a_node_is_where_its_user_is():
    with tg.record():
        x = tg.Tensor([[1.0]], requires_grad=True, name="x")
        W = tg.Tensor([[2.0]], requires_grad=True, name="W")
        product = x @ W
        loss = tg.sum(tg.tanh(product).named("h")).named("L")
    trace = trace_of(loss)
    gate = tg.draw(loss).graph
    assert places(gate, trace.tensors)[product] == "h" and places(trace.graph, trace.tensors)[product] == "matmul"
