"""Frequent errors: what Python and NumPy say of them is recognised, in the words of the versions that run here."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.learn.judging.advice import advice_on

H, X, W = np.ones((2, 4)), np.ones((2, 3)), np.ones((7, 4))
UNITS = {"np": np, "tg": tg, "h": H, "x": X, "W": W, "y": 2.0}
TENSORS = {"h": tg.Tensor(H), "x": tg.Tensor(X), "W": tg.Tensor(W)}


@pytest.mark.parametrize(
    "line, words",
    [
        ("np.concatenate([h, x])", "np.concatenate([h, x], axis=-1)"),
        ("[h, x] @ W", "np.concatenate([h, x], axis=-1); in Python it is a list"),
        ("y^2", "y**2"),
        ("h^2", "y**2"),
        ("y·h", "x * y"),
        ("h⊙x", "x * y"),
        ("1 − y", "sign - of the keyboard"),
        ("y²", "y**2"),
        ("print(“a”)", "Quotes are"),
        ("h @ W", "Print both shapes: the last axis of the left"),
        ("np.dot(h, W)", "Print both shapes: the last axis of the left"),
        ("h + x", "Print both shapes: seen from the end"),
        ("math.exp(y)", "import math"),
        ("float(h)", "take one number"),
        ("range(h)", "take one number"),
        ("1 if h > 0 else 2", "An if asks about one number"),
        ("(lambda g, x: g)(h)", "The arguments are those of the stub"),
        ("nobody_knows_this", ""),
    ],
)
def test_each_has_a_line_of_advice(line, words):
    with np.errstate(all="raise"):
        try:
            eval(line, dict(UNITS))
        except SyntaxError as error:
            shown = error.msg
        except Exception as error:
            shown = f"{type(error).__name__}: {error}"
        else:
            shown = ""
    assert (words in advice_on(shown)) if words else advice_on(shown) == "", shown


@pytest.mark.parametrize("line", ["tg.concat([h, x])", "[h, x] @ W"])
def test_tensors_have_theirs(line):
    with pytest.raises(tg.errors.TinygradError) as caught:
        eval(line, UNITS | TENSORS)
    assert "tg.concat([h, x], axis=-1)" in advice_on(f"{type(caught.value).__name__}: {caught.value}")


@pytest.mark.parametrize(
    "statement, words",
    [
        ("for n in d: d[n + 1] = 0", "Go through a copy"),
        ("t[0] = 1", "A tuple is never changed"),
        ("np.exp(np.array(1e3))", "more than a float can hold"),
        ("np.ones(2) / 0", "divided by 0"),
        ("f()", "Write a loop"),
    ],
)
def test_statements_and_warnings_have_theirs(statement, words):
    def f():
        return f()

    with np.errstate(all="raise"), pytest.raises(Exception) as caught:
        exec(statement, {"np": np, "d": {0: 0}, "t": (1,), "f": f})
    assert words in advice_on(f"{type(caught.value).__name__}: {caught.value}")
