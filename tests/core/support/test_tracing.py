"""The tracer is told whenever a value is read, and comparisons are recorded while it listens."""

import copy
import threading

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.scopes import Mode, current, current_mode, current_scope


class Listening:
    """`with Listening() as heard:` collects what a tracer is told."""

    def __enter__(self):
        heard = []
        self.token = current.set((current_scope(), Mode(grad=True, tracer=heard.append)))
        return heard

    def __exit__(self, *exc):
        current.reset(self.token)


def example():
    return tg.Tensor(np.array([0.5, 1.5]), requires_grad=True, name="x")


READS = {
    "data": lambda x: x.data,
    "item()": lambda x: x[0].item(),
    "float": lambda x: float(x[0]),
    "bool": lambda x: bool(x[0]),
    "if": lambda x: 1 if x[0] > 0 else 2,
    "numpy()": lambda x: x.numpy(),
    "tolist()": lambda x: x.numpy().tolist(),
    "detach()": lambda x: x.detach(),
    "np.asarray()": tg.no_grad()(np.asarray),
    "np.array()": tg.no_grad()(np.array),
    "np.tanh": lambda x: np.tanh(x.numpy()),
    "in": lambda x: 0.5 in x,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "Tensor(x)": lambda x: tg.Tensor(x, requires_grad=True),
    "isfinite": tg.isfinite,
    "argmax": tg.argmax,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_reading_a_value_is_told(read):
    x = example()

    with Listening() as heard:
        read(x)

    assert heard
    assert all(isinstance(t, tg.Tensor) for t in heard)


QUIET = {
    "shape": lambda x: (x.shape, x.ndim, len(x), x.size, x.dtype),
    "repr of its size": lambda x: x.summary,
    "arithmetic": lambda x: tg.tanh(2 * x + 1) @ x,
    "slices": lambda x: x[:1] + x[1:],
    "names": lambda x: x.named("y"),
}


@pytest.mark.parametrize("use", QUIET.values(), ids=QUIET.keys())
def test_what_needs_no_value_is_silent(use):
    x = example()

    with Listening() as heard:
        use(x)

    assert heard == []


def test_random_numbers_are_told():
    with Listening() as heard:
        tg.generator()

    assert heard == [None]


def test_comparisons_are_operations_while_somebody_listens():
    x = example()

    with Listening() as heard, tg.record():
        traced = x > 1.0
    plain = x > 1.0

    assert isinstance(traced, tg.Tensor) and traced.op is not None and not traced.requires_grad
    assert heard == []
    assert traced.data.tolist() == np.asarray(plain).tolist() == [False, True]


def test_nobody_listens_unless_asked():
    assert current_mode().tracer is None


@pytest.mark.parametrize("mode", [tg.no_grad, tg.enable_grad, tg.record, tg.detect_anomaly])
def test_a_mode_inside_leaves_the_tracer(mode):
    x = example()

    with Listening() as heard, mode():
        x.numpy()

    assert heard == [x]


def test_other_threads_are_not_heard():
    x = example()

    with Listening() as heard:
        thread = threading.Thread(target=lambda: x.data)
        thread.start()
        thread.join()

    assert heard == []


def test_a_tracer_may_stop_the_reader():
    def no(t):
        raise ValueError(t.name)

    token = current.set((current_scope(), Mode(grad=True, tracer=no)))
    try:
        with pytest.raises(ValueError, match="x"):
            example().numpy()
    finally:
        current.reset(token)
