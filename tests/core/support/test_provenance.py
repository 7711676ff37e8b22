"""Which line made a tensor: the reader's own, never one of ours."""

import inspect
from pathlib import Path

import tinygrad_gru as tg
from tinygrad_gru.core import op
from tinygrad_gru.core.support.provenance import ours, outermost_of_ours, source_line, where_made
from tinygrad_gru.tasks import base


def here():
    return inspect.currentframe().f_back.f_lineno


def test_a_tensor_names_the_line_of_this_file():
    x = tg.Tensor([1.0], requires_grad=True)
    y, line = tg.tanh(x), here()
    assert source_line(y._code, y._lasti, y.scope) == (__file__, line)


def test_what_a_layer_makes_is_of_the_line_that_called_it():
    layer = tg.nn.Linear(2, 3)
    y, line = layer(tg.Tensor([[1.0, 2.0]])), here()
    assert source_line(y._code, y._lasti, y.scope) == (__file__, line)


def test_the_package_is_ours_but_tasks_are_written_as_users_write():
    assert ours(op.apply.__code__) and not ours(test_the_package_is_ours_but_tasks_are_written_as_users_write.__code__)
    assert not ours(base.Task.batches.__code__)


def test_the_frame_of_whoever_called_the_package():
    frame = inspect.currentframe()
    assert outermost_of_ours(frame) is frame


def test_the_end_of_a_sentence_names_scope_and_line():
    with tg.scope("step", 3), tg.scope("reset gate"):
        y = tg.tanh(tg.Tensor([1.0], requires_grad=True))
    assert where_made(y._code, y._lasti, y.scope).startswith(f" in step 3 / reset gate, at {Path(__file__).name}:")
