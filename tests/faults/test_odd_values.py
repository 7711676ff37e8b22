"""Odd arguments of functions and constructors: refused in one line that is our own exception and says what to try."""

import warnings

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.faults.session import complaint, good_run
from tinygrad_gru.errors import ArgumentError, TinygradError


def test_what_the_users_own_function_raises_passes_through():
    with pytest.raises(ZeroDivisionError):
        tg.grad_of(lambda x: x / 0 if x is None else 1 / 0)(2.0)


SAMPLES = [
    (lambda x: x + 10**400, "does not fit into float32"),
    (lambda x: tg.nn.GRU(2, 3, dtype="nonsense"), "float32 or float64, got 'nonsense'"),
    (lambda x: tg.nn.GRU(2, 10**12), "no memory for so many"),
    (lambda x: tg.jacobian(lambda t: (t, t), x), "must return a Tensor, got tuple"),
    (lambda x: tg.einsum(x, [0, 1], [1, 0]), "wants letters first"),
    (lambda x: tg.grad_of(lambda a, b: a * b, "a"), "try: (0, 1)"),
    (lambda x: x.reshape(None), "try: t.reshape(-1)"),
    (lambda x: tg.grad(tg.grad(x.sum() ** 2, x), x), "create_graph=True"),
]


@pytest.mark.parametrize(("call", "want"), SAMPLES, ids=[want for _, want in SAMPLES])
def test_refusals_say_what_to_try(call, want):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TinygradError) as caught:
            call(tg.Tensor([[1.0, 2.0]], requires_grad=True))
    assert want in str(caught.value) and "\n" not in str(caught.value)


WORDS = {
    "inspect RUN --seed -1": "seed: got -1, wanted a whole number of at least 0",
    "explain --seed -1": "seed: got -1, wanted a whole number of at least 0",
    "play --seed 99999999999999999999 -o a.html": "seed: got 99999999999999999999, wanted a whole number of at most",
    "graph -o /": "picture /: it is a folder, wanted a file",
    "play -o /": "output: / is a folder, wanted a file",
    "eval RUN --length 1111111111111111111": "length: got 1111111111111111111, wanted a whole number from 1",
    "eval RUN --length 0": "length: got 0, wanted a whole number of at least 1",
    "eval RUN --length 900000000": "length 900000000 need more than",
}


@pytest.mark.parametrize("words", WORDS)
def test_a_command_refuses_odd_values_in_one_line(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = str(good_run(tmp_path / "run")) if "RUN" in words else ""
    assert WORDS[words] in complaint(capsys, 2, *words.replace("RUN", run).split())


@pytest.mark.parametrize("number", ["9" * 5000, "1" * 400])
def test_a_run_of_many_digits_is_not_found(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert "no such run" in complaint(capsys, 1, "eval", number)


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
