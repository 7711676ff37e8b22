"""Graphs that are long, deep, wide, or shared between threads."""

import gc
import threading
import weakref

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.ops.indexing import Scatter


def test_a_chain_of_a_million_operations_is_built_differentiated_printed_and_freed_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        x = tg.Tensor(np.float64(1.0), requires_grad=True)
        y = x
        for _ in range(1_000_000):
            y = y + 1.0
        y.backward()

        assert x.grad.item() == 1.0
        assert repr(y) == "Tensor(1000001., dtype=float64, op=add)"
        middle = weakref.ref(y.inputs[0])
        del y
        assert middle() is None
    finally:
        gc.enable()


def test_a_diamond_sixty_deep_is_walked_in_linear_time():
    x = tg.Tensor(np.float64(1.0), requires_grad=True)
    y = x
    for _ in range(60):
        y = y + y
    steps = []
    g = tg.grad(y, x, watch=lambda *contribution: steps.append(1))

    assert g.item() == 2.0**60
    assert len(steps) == 120


def test_a_graph_is_freed_when_its_result_is():
    gc.disable()
    try:
        w = tg.Tensor(np.ones((3, 3)), requires_grad=True)
        h = tg.Tensor(np.ones((1, 3)))
        inner = []
        for _ in range(5):
            h = tg.tanh(h @ w)
            inner.append(weakref.ref(h))
        h.sum().backward()
        del h
        assert all(ref() is None for ref in inner)
    finally:
        gc.enable()


def test_modes_belong_to_their_thread():
    """Four threads train and four infer; a switch shared between them would lose graphs, as it does elsewhere."""
    recorded, inferred, failures = [], [], []
    graphs = 3_000

    def train():
        x = tg.Tensor([1.0, 2.0], requires_grad=True)
        count = 0
        for _ in range(graphs):
            y = (x * 2).sum()
            count += y.requires_grad and y.op is not None
            if y.requires_grad and tg.grad(y, x).tolist() != [2, 2]:
                failures.append("gradient")
        recorded.append(count)

    def infer():
        x = tg.Tensor([1.0, 2.0], requires_grad=True)
        count = 0
        for _ in range(graphs):
            with tg.no_grad():
                count += not (x * 2).requires_grad
        inferred.append(count)

    threads = [threading.Thread(target=f) for f in (train, infer) * 4]
    for t in threads:
        t.start()
    for t in threads:
        t.join()

    assert recorded == [graphs] * 4 and inferred == [graphs] * 4 and not failures


def test_a_new_thread_starts_with_gradients_on_at_the_top_scope():
    found = []

    def look():
        y = tg.Tensor([1.0], requires_grad=True) * 2
        found.append((y.requires_grad, y.scope.path))

    with tg.no_grad(), tg.scope("outer"):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    assert found == [(True, ())]


@pytest.mark.parametrize("steps", [100_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_a_loop_over_the_rows_of_x_is_linear(steps, monkeypatch):
    """Each x[t] sends back one row and its place; an array as large as x is made once, for all of them."""
    x = tg.Tensor(np.arange(steps, dtype=np.float64), requires_grad=True)
    total = x[0]
    for t in range(1, steps):
        total = total + x[t]
    made = []
    scatter = Scatter.forward
    monkeypatch.setattr(Scatter, "forward", lambda op, *pieces: made.append(len(pieces)) or scatter(op, *pieces))
    total.backward()

    assert made == [steps]
    assert (x.grad == 1).all()
