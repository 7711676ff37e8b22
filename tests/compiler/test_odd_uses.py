"""Odd but legal uses: the same gradients by both engines, and the same refusals."""

import copy
import pickle
import threading

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.errors import TinygradError

T, B, N = 4, 3, 4
X = np.random.default_rng(0).normal(size=(T, B, N))
MAKE = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}


def loss_of(out):
    return tg.sum(tg.sin(out) * np.random.default_rng(1).normal(size=out.shape))


def of(layer, x, out=None):
    """The gradients of x and of what is not frozen."""
    out = layer(x)[0] if out is None else out
    return tg.grad(loss_of(out), [x, *(p for p in layer.parameters() if p.requires_grad)])


def leaf(array=X):
    return tg.Tensor(array, requires_grad=True)


def one_tensor_as_x_and_h0(layer):
    x = leaf(X[:1])
    return of(layer, x, layer(x, (x, x) if isinstance(layer, nn.LSTM) else x)[0])


def some_frozen(layer):
    first, *_, last = layer.parameters()
    first.requires_grad = last.requires_grad = False
    return of(layer, leaf())


def one_cell_in_two_layers(layer):
    return of(nn.Recurrent([layer.cell, layer.cell], engine=layer.engine), leaf())


def called_twice(layer):
    x = leaf()
    out, state = layer(x)
    return of(layer, x, tg.concat([out, layer(out, state)[0]]))


def a_slice_of_the_outputs(layer):
    x = leaf()
    return of(layer, x, layer(x)[0][1:3, 0, 1:])


def backward_twice(layer):
    x = leaf()
    loss = loss_of(layer(x)[0])
    loss.backward()
    loss.backward()
    return [x.grad, *(p.grad for p in layer.parameters())]


def recorded(layer):
    with tg.record():
        out, _ = layer(X)
    return tg.grad(loss_of(out), list(layer.parameters()))


def forward_in_a_thread(layer):
    x, outs = leaf(), []
    thread = threading.Thread(target=lambda: outs.append(layer(x)[0]))
    thread.start()
    thread.join()
    return of(layer, x, outs[0])


def after_float32(layer):
    layer(X)
    layer.astype(np.float32)
    layer(X.astype(np.float32))
    return of(layer.astype(np.float64), leaf())


def other_weights(layer):
    layer(X)
    layer.load_state_dict({name: array / 2 for name, array in layer.state_dict().items()})
    return of(layer, leaf())


def a_copy(layer):
    layer(X)
    return of(copy.deepcopy(layer), leaf())


def from_a_pickle(layer):
    layer(X)
    return of(pickle.loads(pickle.dumps(layer)), leaf())


def turned_and_flipped(layer):
    x = leaf(np.asfortranarray(X.transpose(1, 0, 2)))
    return of(layer, x, layer(tg.flip(tg.permute_dims(x, (1, 0, 2)), axis=2)[::-1])[0])


def second_derivatives(layer):
    x = leaf()
    found = tg.grad(loss_of(layer(x)[0]), [x, *layer.parameters()], create_graph=True)
    return tg.grad(sum(tg.sum(g * g) for g in found), [x, *layer.parameters()])


def updated_before_backward(layer):
    out, _ = layer(leaf())
    p = next(iter(layer.parameters()))
    p.assign(p.data * 2)
    return tg.grad(loss_of(out), [p])


USES = [one_tensor_as_x_and_h0, some_frozen, one_cell_in_two_layers, called_twice, a_slice_of_the_outputs,
        backward_twice, recorded, forward_in_a_thread, after_float32, other_weights, a_copy, from_a_pickle,
        turned_and_flipped, second_derivatives]  # fmt: skip
REFUSED = [updated_before_backward, lambda layer: layer(np.ones((T, B, N), int)),
           lambda layer: layer(X, np.float64(0)), lambda layer: layer(X.astype(np.float32))]  # fmt: skip


def made(kind, engine):
    with tg.seed(0):
        return MAKE[kind](N, N, dtype=np.float64, engine=engine)


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_both_engines_give_the_same_gradients(kind, use):
    eager, compiled = use(made(kind, "eager")), use(made(kind, "compiled"))
    assert len(eager) == len(compiled)
    for a, b in zip(eager, compiled, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype) and np.abs(a - b).max() < 1e-11 * max(1, np.abs(a).max())


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("use", REFUSED, ids=["updated", "whole numbers", "a single number", "float32"])
def test_both_engines_refuse_the_same(kind, use):
    kinds = []
    for engine in ("eager", "compiled"):
        with pytest.raises(TinygradError) as error:
            use(made(kind, engine))
        kinds.append(type(error.value))
    assert kinds[0] is kinds[1]


class OneOfTheOther(nn.Cell):
    """h' = tanh(x W), c' = 2h': a result that another result is computed from."""

    def __init__(self):
        super().__init__(2, 3, states=("h", "c"))
        self.W = nn.Parameter(np.linspace(-1, 1, 6).reshape(2, 3))

    def step(self, x, h, c):
        y = tg.tanh(x @ self.W)
        return y, y * 2.0


def test_a_result_that_another_result_is_computed_from_is_not_written_over():
    layer = tg.compile(nn.Recurrent(OneOfTheOther()))
    x = np.linspace(-1, 1, 12).reshape(3, 2, 2)
    out, (h, c) = layer(x)
    y = np.tanh(x @ layer.cell.W.data)
    np.testing.assert_allclose(out.data, y, rtol=1e-12)
    np.testing.assert_allclose(h.data[0], y[-1], rtol=1e-12)
    np.testing.assert_allclose(c.data[0], 2 * y[-1], rtol=1e-12)
