"""Every public function and constructor with odd arguments: a result, or one line that is our own exception."""

import inspect
import warnings

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.entrance import explained
from tinygrad_gru.errors import ArgumentError, TinygradError

PLACES = [tg, tg.nn, tg.nn.initialisers, tg.nn.losses, tg.optim, tg.interop, tg.compiler, tg.layers, tg.models]
ODD = [
    None, "", "nonsense", -1, 0, 1.5, float("nan"), float("inf"), 10**12, 10**400, [], {}, (), object(), (0, 1), True,
    b"x", int, np.ones(2, complex), np.array(["a"]), np.array([None, 3], object), np.ones((0, 3), np.float32),
    [[1], [2, 3]], "a\0b",
]  # fmt: skip


def public():
    """Each function and class of the public packages by its name, once."""
    found = {}
    for place in PLACES:
        for name in place.__all__:
            item = getattr(place, name)
            if callable(item) and not inspect.ismodule(item):
                found.setdefault(item, f"{place.__name__}.{name}")
    return {name: item for item, name in found.items()}


def refused_badly(function, *arguments):
    """What is wrong with how a call is refused; None if it is accepted, or refused in a line of our own."""
    try:
        function(*arguments)
    except TinygradError as error:
        return None if "\n" not in str(error) and len(str(error)) <= 2000 else f"not a line: {error}"
    except TypeError as error:
        return None if "argument" in str(error) else f"TypeError: {error}"  # of a wrong number of them
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "function"), public().items(), ids=public())
def test_odd_arguments_are_a_result_or_our_own_line(name, function, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for odd in ODD:
        x = tg.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        for arguments in ([odd], [x, odd], [odd, x], [2, 3, odd]):
            assert refused_badly(function, *arguments) is None, (name, arguments)


def test_a_raw_error_is_caught():
    assert "AttributeError" in refused_badly(lambda x: x.nothing, 3)
    assert "not a line" in refused_badly(explained(_of_two_lines), 3)


def _of_two_lines(x):
    error = ArgumentError("")
    error.args = ("two\nlines",)
    raise error


def test_what_the_users_own_function_raises_passes_through():
    with pytest.raises(ZeroDivisionError):
        tg.grad_of(lambda x: x / 0 if x is None else 1 / 0)(2.0)


SAMPLES = [
    (lambda x: x + 10**400, "does not fit into float32"),
    (lambda x: tg.nn.GRU(2, 3, dtype="nonsense"), "float32 or float64, got 'nonsense'"),
    (lambda x: tg.nn.GRU(2, 10**12), "no memory for so many"),
    (lambda x: tg.jacobian(lambda t: (t, t), x), "must return a Tensor, got tuple"),
    (lambda x: tg.einsum(x, [0, 1], [1, 0]), "wants letters first"),
    (lambda x: tg.grad_of(lambda a, b: a * b, (0, 1)), "try: grad_of(f, 0)"),
    (lambda x: x.reshape(None), "try: t.reshape(-1)"),
    (lambda x: tg.grad(tg.grad(x.sum() ** 2, x), x), "create_graph=True"),
]


@pytest.mark.parametrize(("call", "want"), SAMPLES, ids=[want for _, want in SAMPLES])
def test_refusals_say_what_to_try(call, want):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TinygradError) as caught:
            call(tg.Tensor([[1.0, 2.0]], requires_grad=True))
    assert want in str(caught.value)


def test_an_array_in_a_parameters_place_is_refused():
    layer = tg.nn.Linear(2, 3)
    with pytest.raises(ArgumentError, match="wanted a Parameter"):
        layer.W = np.zeros((2, 3))
    assert len(layer.parameters()) == 2


def test_an_optimiser_is_saved_and_comes_back(tmp_path):
    layer = tg.nn.Linear(2, 1)
    adam = tg.optim.Adam(layer.parameters())
    layer(tg.Tensor([[1.0, 2.0]])).sum().backward()
    adam.step()
    tg.save(adam, tmp_path / "adam.npz")
    again = tg.load(tg.optim.Adam(layer.parameters()), tmp_path / "adam.npz")
    assert all((again.state_dict()[k] == v).all() for k, v in adam.state_dict().items())


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_the_prefixes_of_wrappers_are_recognised(prefix):
    weight, bias = np.array([[1.0, 2.0]], np.float32), np.array([3.0], np.float32)
    layer = tg.interop.from_torch(tg.nn.Linear(2, 1), {f"{prefix}weight": weight, f"{prefix}bias": bias})
    assert layer.b.data.tolist() == [3.0]
