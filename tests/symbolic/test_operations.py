"""How each operation is written: as mathematics, in text and LaTeX, and so that it can be computed again."""

import re

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.symbolic.evaluated import Evaluation
from tinygrad_gru.core.op import Op
from tinygrad_gru.core.tools.op_samples import SAMPLES
from tinygrad_gru.symbolic.operations import function_name

NAMES = [name for name in SAMPLES if not name.startswith("astype")]

# What a formula may say, beside names of one letter with their marks: functions that are in textbooks, or in NumPy.
WORDS = set(
    "tanh exp log sin cos tan arcsin arccos arctan sinh cosh arcsinh arccosh arctanh arctan hypot erf erfc sign "
    "max min mean var std softmax relu softplus silu gelu logaddexp clip where floor ceil trunc round mod "
    "tr det inv solve chol eigvals eigvecs svd svdvals diag tril triu sort cumsum cumprod prod norm pow einsum "
    "ones zeros reshape permute stack pad tile flip roll None filled with True False".split()
)

# Lines that the reader of the tests does not compute, and why.
NOT_COMPUTED = {
    "einsum": "its letters", "tensordot": "its letters", "inner": "its letters", "outer": "its letters",
    "prod": "prod′", "cumulative_prod": "cumprod′", "sort": "sort′", "topk": "positions", "pad": "what is filled in",
    "linalg.cholesky": "chol′", "linalg.eigh": "eigvecs′", "linalg.svd": "svd′", "max": "max′", "min": "min′",
    "linalg.matrix_norm": "max′", "linalg.det": "det′", "vector_norm": "max′",
    "diff": "parts in parts", "repeat": "a place in a reshape",
}  # fmt: skip


def lines_of(sample):
    """The tensors and equations of one call of an operation, its results named y."""
    floats = [np.asarray(x).dtype == float for x in sample.xs]
    xs = [tg.Tensor(x, True, "abcdefgh"[i]) if floats[i] else x for i, x in enumerate(sample.xs)]
    made = sample(*xs)
    results = made if isinstance(made, list | tuple) else [made]
    for i, t in enumerate(results):
        if t.name is None:
            t.named("y" if len(results) == 1 else f"y_{i}")
    return tg.equations(list(results))


def sizes_of(name):
    """The samples of an operation whose arrays have more than one element each."""
    return [sample for sample in SAMPLES[name] if all(np.size(x) > 1 for x in sample.xs)]


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_is_written_in_words_of_mathematics(name):
    for sample in SAMPLES[name]:
        found = lines_of(sample)
        for line in [*found.forward, *found.backward]:
            text = str(line)
            words = set(re.findall(r"[a-zA-Z]{2,}", re.sub(r"; [a-z,]*→[a-z]*\)", ")", text)))
            assert words <= WORDS, (text, words - WORDS)
            assert "const" not in text and not re.search(r"_-|_\d*,?-\d", text), text
            assert "mathrm{const}" not in line.latex and "take" not in line.latex and "full" not in line.latex


def test_an_internal_word_would_be_found():
    class ScatterAdd(Op):
        def forward(self, x):
            return x * 2

        def vjp(self, g, y, x):
            return g * 2

    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    (line,) = tg.equations(ScatterAdd()(x).named("y")).forward
    assert not set(re.findall(r"[a-zA-Z]{2,}", str(line))) <= WORDS


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_COMPUTED])
def test_what_is_written_of_an_operation_computes_its_values_and_gradients(name):
    """By NumPy and the tests' own reader; the axes that are summed over stay or vanish, which formulas leave unsaid."""
    for sample in sizes_of(name):
        found = lines_of(sample)
        values = {name: np.asarray(value) for name, _, value in found.given}
        for line in [*found.forward, *found.backward]:
            if ", …]" in str(line):  # a long array of indices is not written out
                continue
            wanted = np.asarray(line.value)
            readings = [agrees(line, values, wanted, keepdims) for keepdims in (False, True)]
            assert any(readings), (sample.__name__, str(line))
            values[line.name] = wanted


def agrees(line, values, wanted, keepdims):
    try:
        with np.errstate(all="ignore"):
            made = np.asarray(Evaluation(str(line).partition(" = ")[2], values, wanted.shape, keepdims).value())
    except (ValueError, IndexError, np.exceptions.AxisError):
        return False
    if made.size == wanted.size:
        made = made.reshape(wanted.shape)
    elif made.ndim > wanted.ndim or any(
        m not in (1, n) for m, n in zip(made.shape[::-1], wanted.shape[::-1], strict=False)
    ):
        return False
    return np.allclose(np.broadcast_to(made, wanted.shape), wanted, rtol=2e-5, atol=1e-9, equal_nan=True)


def test_what_is_not_computed_again_is_not_more_than_is_said():
    assert set(NOT_COMPUTED) <= set(NAMES)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x: tg.softmax(x, axis=0), "softmax_0(x)"),
        (lambda x: tg.log_softmax(x, axis=-1), "log(softmax(x))"),
        (lambda x: tg.take_along_axis(x, np.array([[0], [1]]), axis=-1), "x[i, c_1]"),
        (lambda x: tg.take(x, np.array([1, 1]), axis=0), "x[c_1]"),
        (lambda x: tg.cumulative_sum(x, axis=-1), "cumsum_1(x)"),
        (lambda x: tg.roll(x, 1, axis=0), "roll_0(x; 1)"),
        (lambda x: tg.clip(x, -1, 1), "clip(x; −1, 1)"),
        (lambda x: tg.clip(x, 0.5), "max(x, ½)"),
        (lambda x: tg.vector_norm(x, axis=1), "√(Σ_1 x²)"),
        (lambda x: tg.vector_norm(x), "‖x‖"),
        (lambda x: tg.einsum("ij,kj->ik", x, x), "x xᵀ"),
        (lambda x: tg.trace(x), "tr(x)"),
        (lambda x: 2.0**x, "2^x"),
        (lambda x: tg.prod(x), "Π x"),
        (lambda x: tg.var(x, correction=1), "var(x; n − 1)"),
        (lambda x: tg.permute_dims(tg.permute_dims(x, (1, 0)), (1, 0)), "x"),
        (lambda x: (-(2 * x.T)).T, "−2 x"),
        (lambda x: tg.expand_dims(x, axis=1) * tg.expand_dims(x, axis=0), "x[:, None, :] ⊙ x"),
    ],
)
def test_an_operation_has_the_sign_that_people_know(make, text):
    x = tg.Tensor([[1.0, 2.0], [0.5, 4.0]], requires_grad=True, name="x")
    assert str(tg.equations(make(x).named("y")).forward[0]) == f"y = {text}"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x: x[0], "∂L/∂y → [0]"),
        (lambda x: tg.stack([tg.unstack(x)[1], tg.unstack(x)[0]]), "stack((∂L/∂y)[1], (∂L/∂y)[0])"),
        (lambda x: tg.sum(x, axis=1), "(∂L/∂y)[:, None]"),
        (lambda x: tg.take_along_axis(x, np.array([[0], [1]])), "∂L/∂y → [i, c_1]"),
        (lambda x: x.T, "(∂L/∂y)ᵀ"),
        (lambda x: x @ tg.Tensor([1.0, 3.0], name="v"), "∂L/∂y ⊗ v"),
        (lambda x: tg.hypot(x, 1.0), "∂L/∂y ⊙ (x / y)"),
        (lambda x: tg.arctan(x), "∂L/∂y / (x² + 1)"),
        (lambda x: tg.relu(x), "∂L/∂y ⊙ relu′(x)"),
    ],
)
def test_a_gradient_has_the_form_that_people_know(make, text):
    x = tg.Tensor([[1.0, 2.0], [0.5, 4.0]], requires_grad=True, name="x")
    with tg.record():
        (line,) = tg.equations(make(x).named("y")).backward
    assert str(line) == f"∂L/∂x = {text}"


def test_the_gradient_of_a_cross_entropy_is_what_textbooks_say():
    z = tg.Tensor([[1.0, 2.0, 0.0], [0.5, 4.0, 1.0]], requires_grad=True, name="z")
    (line,) = tg.equations(tg.nn.losses.cross_entropy(z, np.array([2, 0])).named("L")).backward
    assert str(line) == "∂L/∂z = ½ softmax(z) − ½ → [i, c_1]"


def test_the_states_of_a_layer_are_taken_out_of_their_stack():
    with tg.seed(0):
        gru = tg.nn.GRU(2, 3, num_layers=2, bidirectional=True)
    out, _ = gru(np.ones((2, 4, 2), np.float32))
    text = str(tg.equations((out * out).sum()))
    assert "stack" not in text.partition("Backward")[2] and "→" not in text and "scatter" not in text


def test_the_name_of_a_function_is_that_of_mathematics():
    assert function_name(tg.log2(tg.Tensor([1.0], requires_grad=True)).op) == "log₂"
