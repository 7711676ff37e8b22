"""The compiled layer is the eager one: outputs, states and all gradients, array by array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compiler.cells import KNOWN, RandomCell, both, difference, known, results
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler import compile as caching

TOLERANCE = {np.float64: 1e-11, np.float32: 1e-5}
DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])
EACH = pytest.mark.parametrize("kind", KNOWN)


def agree(cells, x, h0=None, **options):
    got, wanted = both(cells, x, h0, **options)
    worst, name = difference(got, wanted)
    assert worst < TOLERANCE[x.dtype.type], f"{name}: {worst}"


def example(cell, T, B, dtype, places=1, seed=0, batch_first=False):
    """x, and the states to start from."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (B, T, cell.input_size) if batch_first else (T, B, cell.input_size)).astype(dtype)
    return x, [rng.uniform(-1, 1, (places, B, n)).astype(dtype) for n in cell.state_sizes]


@EACH
@DTYPES
@pytest.mark.parametrize(("T", "B"), [(7, 3), (1, 3), (7, 1), (1, 1)])
def test_each_cell(kind, dtype, T, B):
    cell = known(kind, dtype=dtype)
    x, h0 = example(cell, T, B, dtype)

    agree(cell, x, h0)
    agree(cell, x)
    agree(cell, x, h0, want_x=False)


@EACH
@DTYPES
@pytest.mark.parametrize("past_end", ["zero", "repeat"])
def test_lengths_and_masks(kind, dtype, past_end):
    cell = known(kind, dtype=dtype)
    x, h0 = example(cell, 6, 4, dtype)
    gaps = np.random.default_rng(1).random((6, 4)) < 0.6
    gaps[3] = False  # a step at which nothing counts
    gaps[:, 2] = False  # a sequence in which nothing does

    agree(cell, x, h0, lengths=np.array([6, 0, 3, 1]), past_end=past_end)
    agree(cell, x, h0, mask=gaps, past_end=past_end)
    agree(cell, x, h0, mask=gaps, past_end=past_end, go_backwards=True)


@EACH
@DTYPES
def test_recurrent_dropout(kind, dtype):
    cell = known(kind, dtype=dtype)
    x, h0 = example(cell, 5, 3, dtype)

    agree(cell, x, h0, recurrent_dropout=0.4)
    agree(cell, x, h0, recurrent_dropout=0.4, lengths=np.array([5, 2, 0]), go_backwards=True, keep_order=True)


@pytest.mark.parametrize("kind", ["rnn", "gru", "gru, reset after", "lstm", "minimal gated unit"])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("depth", [1, 3])
def test_layers_and_directions(kind, directions, depth):
    width = [3] + [4 * directions] * (depth - 1)
    stacked = [tuple(known(kind, width[i], 4, seed=10 * i + j) for j in range(directions)) for i in range(depth)]
    cells = [pair if directions == 2 else pair[0] for pair in stacked]
    dropout = 0.3 if depth > 1 else 0.0
    x, h0 = example(stacked[0][0], 5, 3, np.float64, places=depth * directions, batch_first=True)

    agree(cells, x, h0, batch_first=True, dropout=dropout, lengths=np.array([5, 1, 3]))
    agree(cells, x, h0, batch_first=True, dropout=dropout, recurrent_dropout=0.2)


@given(
    kind=st.sampled_from(sorted(KNOWN)),
    sizes=st.tuples(*[st.integers(1, 5)] * 4),
    seed=st.integers(0, 100),
    options=st.fixed_dictionaries(
        {
            "past_end": st.sampled_from(["zero", "repeat"]),
            "go_backwards": st.booleans(),
            "batch_first": st.booleans(),
            "recurrent_dropout": st.sampled_from([0.0, 0.5]),
        }
    ),
    lengths=st.booleans(),
    start=st.booleans(),
)
def test_any_shape_and_any_options(kind, sizes, seed, options, lengths, start):
    T, B, I, H = sizes
    cell = known(kind, I, H, seed)
    x, h0 = example(cell, T, B, np.float64, seed=seed, batch_first=options["batch_first"])
    counts = np.random.default_rng(seed).integers(0, T + 1, B) if lengths else None

    agree(cell, x, h0 if start else None, lengths=counts, **options)


ONCE_WRONG = (248, 381, 458, 1031, 1177)  # each found a fault of its own in the compiler


def in_double(cell, seed, x, h0, lengths, want_x):
    """What the eager layer gives for the same numbers in float64, rounded to float32."""
    other = RandomCell(seed, np.float64)
    for p, q in zip(cell.parameters(), other.parameters(), strict=True):
        q.assign(p.data.astype(np.float64))
    exact = both(other, x.astype(np.float64), [h.astype(np.float64) for h in h0], lengths=lengths, want_x=want_x)[1]
    return {name: None if a is None else a.astype(np.float32) for name, a in exact.items()}


def test_cells_of_random_operations(soak_size):
    for seed in (*ONCE_WRONG, *range(soak_size(500))):
        for dtype in (np.float64, np.float32):
            cell = RandomCell(seed, dtype)
            assert compiler.why(cell) == "", seed
            rng = np.random.default_rng(seed)
            x, h0 = example(cell, int(rng.integers(1, 6)), int(rng.integers(1, 4)), dtype, seed=seed)
            lengths = rng.integers(0, len(x) + 1, x.shape[1]) if seed % 3 == 0 else None
            got, wanted = both(cell, x, h0, lengths=lengths, want_x=seed % 2 == 0)
            worst, name = difference(got, wanted)
            if worst >= TOLERANCE[dtype] and dtype is np.float32:  # rounding is amplified: no more than in the other
                exact = in_double(cell, seed, x, h0, lengths, seed % 2 == 0)
                assert difference(got, exact)[0] < 3 * difference(wanted, exact)[0], f"seed {seed}, {name}: {worst}"
            else:
                assert worst < TOLERANCE[dtype], f"seed {seed}, {name}: {worst}"


@pytest.mark.parametrize("memory", [1, 600])
def test_in_chunks_of_a_step_or_a_few(memory, monkeypatch, soak_size):
    monkeypatch.setattr(caching, "CACHE", memory)
    monkeypatch.setattr(caching, "FEWEST", 1)

    for cell in [known(kind) for kind in KNOWN] + [RandomCell(seed) for seed in range(soak_size(100))]:
        x, h0 = example(cell, 7, 2, np.float64)
        agree(cell, x, h0)
        agree(cell, x, h0, lengths=np.array([7, 4]), want_x=False)


@pytest.mark.parametrize(
    "activation", ["relu", "softsign", "hard_sigmoid", "elu", "gelu_tanh", "softplus", "leaky_relu"]
)
def test_other_activations(activation):
    cell = nn.GRUCell(3, 4, activation=activation, dtype=np.float64)
    x, h0 = example(cell, 5, 2, np.float64)

    assert compiler.why(cell) == ""
    agree(cell, 0.5 * x, h0)


def test_a_frozen_parameter_and_an_input_without_gradient():
    cell = known("gru")
    cell.W_z.requires_grad = False
    x, h0 = example(cell, 4, 2, np.float64)

    agree(cell, x, h0)
    layers = [nn.Recurrent(cell, engine=engine) for engine in ("compiled", "eager")]
    out = [layer(x)[0].data for layer in layers]
    assert np.abs(out[0] - out[1]).max() < 1e-15


def test_a_planted_difference_is_seen():
    cell = known("gru")
    x, h0 = example(cell, 4, 2, np.float64)
    layer = nn.Recurrent(cell, engine="compiled")
    wanted = results(layer, x, h0)

    for name, array in wanted.items():
        wrong = {**wanted, name: array * (1 + 1e-9)}
        assert difference(wrong, wanted)[0] > 1e-11 and difference(wrong, wanted)[1] == name


@pytest.mark.parametrize(
    ("activation", "limit"),
    [("silu", 0), ("gelu_tanh", 0), ("softplus", 0), ("sigmoid", 0), ("tanh", -1), ("softsign", -1), ("elu", -1)],
)
def test_activations_have_their_limits_at_minus_infinity_in_both_engines(activation, limit):
    """The gates are ½, so that the first state is half the candidate."""
    for engine in ("eager", "compiled"):
        layer = nn.GRU(1, 1, activation=activation, dtype=np.float64, engine=engine)
        for p in layer.parameters():
            p.assign(np.zeros(p.shape))
        layer.cell.b_h.assign([-np.inf])

        assert layer(np.zeros((1, 1, 1)))[0].item() == pytest.approx(limit / 2, abs=1e-12)


@pytest.mark.parametrize("compiled_before", [False, True])
def test_a_parameter_with_a_hook_has_the_gradient_that_the_hook_returns_and_is_called_once(compiled_before):
    found = []
    for engine in ("compiled", "eager"):
        layer, calls = nn.Recurrent(known("gru"), engine=engine), []
        x, _ = example(layer.cell, 4, 2, np.float64)
        if compiled_before:
            layer(x)
        handle = layer.cell.W_z.register_hook(lambda g, calls=calls: calls.append(g.shape) or 2 * g)
        found.append(results(layer, x))
        assert calls == [layer.cell.W_z.shape]
        handle.remove()
        plain = results(layer, x)
        assert np.allclose(found[-1]["gradient of layers.0.forward.W_z"], 2 * plain["gradient of layers.0.forward.W_z"])
    worst, name = difference(*found)
    assert worst < 1e-11, name
