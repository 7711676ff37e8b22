"""The modes: what is recorded, where, and for how long."""

import threading

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.errors import AnomalyError, ArgumentError

x = tg.Tensor([1.0], requires_grad=True)
constant = tg.Tensor([1.0])


def test_without_gradients_nothing_is_recorded():
    with tg.no_grad():
        y = tg.tanh(x)
        with tg.enable_grad():
            z = tg.tanh(x)
    assert y.op is None and not y.requires_grad and z.op is not None


def test_recording_shows_what_requires_no_gradient():
    assert tg.tanh(constant).op is None
    with tg.record():
        assert tg.tanh(constant).op is not None


def test_a_function_can_be_decorated_and_so_can_a_generator():
    @tg.no_grad()
    def plain():
        return tg.tanh(x)

    @tg.no_grad()
    def lazily():
        yield tg.tanh(x)
        yield tg.tanh(x)

    assert plain().op is None
    steps = lazily()
    assert next(steps).op is None and tg.tanh(x).op is not None and next(steps).op is None


def test_only_functions_are_decorated():
    with pytest.raises(ArgumentError, match="no_grad: decorates"):
        tg.no_grad()(3)


def test_an_error_inside_ends_the_mode():
    with pytest.raises(KeyError), tg.no_grad():
        raise KeyError
    assert tg.tanh(x).op is not None


def test_anomaly_mode_stops_at_the_first_nan():
    with tg.detect_anomaly(), np.errstate(invalid="ignore"), pytest.raises(AnomalyError, match="log.* made NaN"):
        tg.log(tg.Tensor([-1.0], requires_grad=True))


def test_a_new_thread_starts_with_gradients_on():
    recorded = []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: recorded.append(tg.tanh(x).op is not None))
        thread.start()
        thread.join()
    assert recorded == [True]
