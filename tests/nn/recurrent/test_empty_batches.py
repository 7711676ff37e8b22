"""Nothing to do is done: a batch without sequences, sequences without steps; every gradient is there, and 0."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, RandomCell, known
from tinygrad_gru import errors, nn

T, I, H = 5, 3, 4
EACH = pytest.mark.parametrize("kind", KNOWN)
ENGINES = pytest.mark.parametrize("engine", ["eager", "compiled"])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def layer_of(kind, engine, dtype=np.float64, layers=1, directions=1, **options):
    cells = []
    for depth in range(layers):
        width = I if depth == 0 else directions * H
        pair = tuple(known(kind, width, H, seed=10 * depth + i, dtype=dtype) for i in range(directions))
        cells.append(pair if directions == 2 else pair[0])
    return nn.Recurrent(cells, engine=engine, **options)


def gradients(layer, x, h0=None, create_graph=False, **arguments):
    """The outputs, the last states, and the gradients of x, of h0 and of every parameter."""
    states = [] if h0 is None else [tg.Tensor(h, requires_grad=True) for h in h0]
    x = tg.Tensor(x, requires_grad=True)
    out, last = layer(x, None if h0 is None else states[0] if len(states) == 1 else tuple(states), **arguments)
    results = [out, *(last if isinstance(last, tuple) else (last,))]
    wanted = [x, *states, *layer.parameters()]
    found = tg.grad(sum(tg.sum(t * t) for t in results), wanted, create_graph=create_graph)
    if create_graph:
        found = tg.grad(sum(tg.sum(g * g) for g in found), wanted)
    return results, list(zip(wanted, found, strict=True))


def assert_zeros(found):
    for t, g in found:
        assert g is not None, t.summary
        assert (g.shape, g.dtype) == (t.shape, t.dtype) and not g.any(), t.summary


@EACH
@ENGINES
@DTYPES
def test_a_batch_of_no_sequences_has_outputs_without_rows_and_gradients_of_zeros(kind, engine, dtype):
    layer = layer_of(kind, engine, dtype)
    x = np.ones((T, 0, I), dtype)
    h0 = [np.ones((1, 0, H), dtype) for _ in layer.cell.state_sizes]

    for create_graph in (False, True):
        (out, *last), found = gradients(layer, x, h0, create_graph)
        assert out.shape == (T, 0, H) and [s.shape for s in last] == [(1, 0, H)] * len(h0)
        assert_zeros(found)
    with tg.no_grad():
        assert layer(x)[0].shape == (T, 0, H)


OPTIONS = [
    {"past_end": "repeat", "recurrent_dropout": 0.3, "go_backwards": True},
    {"layers": 2, "directions": 2, "dropout": 0.2, "batch_first": True},
]


@pytest.mark.parametrize("kind", ["rnn", "gru", "gru, reset after", "lstm", "minimal gated unit"])
@ENGINES
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("counts", ["all", "lengths", "no lengths", "mask"])
def test_so_it_has_with_all_the_options(kind, engine, options, counts):
    layer = layer_of(kind, engine, **options)
    shape = (0, T) if layer.batch_first else (T, 0)
    given = {
        "lengths": {"lengths": np.zeros(0, int)},
        "no lengths": {"lengths": []},
        "mask": {"mask": np.ones(shape) > 0},
    }

    (out, *last), found = gradients(layer, np.ones((*shape, I)), **given.get(counts, {}))

    assert out.shape == (*shape, H * (1 + layer.bidirectional))
    assert {s.shape for s in last} == {(layer.num_layers * (1 + layer.bidirectional), 0, H)}
    assert_zeros(found)


def test_so_have_cells_of_random_operations(soak_size):
    for seed in range(soak_size(200)):
        eager, compiled = (
            gradients(nn.Recurrent(RandomCell(seed), engine=e), np.ones((3, 0, RandomCell(seed).input_size)))
            for e in ("eager", "compiled")
        )
        for (t, one), (_, two) in zip(eager[1], compiled[1], strict=True):
            assert one is None or (two is not None and one.shape == two.shape == t.shape), seed
            assert two is None or not two.any(), seed


@EACH
@ENGINES
@pytest.mark.parametrize("past_end", ["zero", "repeat"])
@pytest.mark.parametrize("backwards", [False, True])
def test_where_no_step_counts_at_all_states_stay_and_every_gradient_is_zero_and_none_is_missing(
    kind, engine, past_end, backwards
):
    layer = layer_of(kind, engine, past_end=past_end, go_backwards=backwards)
    x = np.full((T, 2, I), np.nan)
    h0 = [np.full((1, 2, H), 0.5) for _ in layer.cell.state_sizes]

    for create_graph in (False, True):
        (out, *last), found = gradients(layer, x, create_graph=create_graph, lengths=[0, 0])
        assert not out.data.any() and not any(s.data.any() for s in last)
        assert_zeros(found)
    (out, *last), found = gradients(layer, x, h0, mask=np.zeros((T, 2), bool))
    assert not out.data.any() and all((s.data == 0.5).all() for s in last)
    states, others = found[1 : 1 + len(h0)], [found[0], *found[1 + len(h0) :]]
    assert all((g == 1).all() for _, g in states)  # of Σ h²
    assert_zeros(others)


class Deaf(nn.Cell):
    """x does not matter."""

    def __init__(self):
        super().__init__(2, 2)
        self.b, self.unused = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(2))

    def step(self, x, h):
        return (tg.tanh(h * 0.5 + self.b),)


class Forgetful(Deaf):
    """The state does not matter."""

    def step(self, x, h):
        return (tg.tanh(x * 0.5 + self.b),)


@ENGINES
@pytest.mark.parametrize(("cell", "missing"), [(Deaf, ["x", "unused"]), (Forgetful, ["h0", "unused"])])
def test_what_a_step_makes_nothing_of_has_no_gradient(engine, cell, missing):
    layer = nn.Recurrent(cell(), engine=engine)
    x, h0 = tg.Tensor(np.ones((3, 1, 2)), requires_grad=True), tg.Tensor(np.ones((1, 1, 2)), requires_grad=True)
    out, _ = layer(x, h0)

    found = tg.grad(out.sum(), [x, h0, layer.cell.b, layer.cell.unused])

    assert [name for name, g in zip(["x", "h0", "b", "unused"], found, strict=True) if g is None] == missing


@ENGINES
def test_a_layer_without_steps_is_refused_and_so_are_its_pieces(engine):
    layer = nn.GRU(I, H, engine=engine)
    for batch in (0, 2):
        x = np.zeros((0, batch, I), np.float32)
        with pytest.raises(errors.ShapeError, match="no time steps"):
            layer(x)
        with pytest.raises(errors.ShapeError, match="no time steps"):
            next(nn.truncated(layer, x, 2))


@ENGINES
def test_pieces_gates_single_steps_and_carried_states_of_an_empty_batch(engine):
    layer = nn.GRU(I, H, engine=engine)
    x = np.zeros((T, 0, I), np.float32)

    assert [out.shape for _, out, _ in nn.truncated(layer, x, 2)] == [(2, 0, H), (2, 0, H), (1, 0, H)]
    assert {gate.shape for gate in layer(x, return_gates=True)[2][0].values()} == {(T, 0, H)}
    assert nn.Stepper(layer, batch=0)(x[0]).shape == (0, H)
    stateful = nn.GRU(I, H, engine=engine, stateful=True)
    assert [stateful(x)[0].shape for _ in range(2)] == [(T, 0, H)] * 2


@pytest.mark.parametrize(
    "module",
    [nn.Linear(3, 2), nn.LayerNorm(3), nn.Dropout(0.5), nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))],
    ids=["Linear", "LayerNorm", "Dropout", "Sequential"],
)
@pytest.mark.parametrize("shape", [(0, 3), (5, 0, 3)])
def test_layers_without_time_take_no_rows_too(module, shape):
    x = tg.Tensor(np.zeros(shape, np.float32), requires_grad=True)
    y = module(x)

    assert y.shape[:-1] == shape[:-1]
    wanted = [x, *module.parameters()]
    assert_zeros(zip(wanted, tg.grad(tg.sum(y * y), wanted), strict=True))


@pytest.mark.parametrize("indices", [[], np.zeros((5, 0), int)])
def test_an_embedding_of_no_words(indices):
    embedding = nn.Embedding(3, 2)
    y = embedding(indices)

    assert y.shape == (*np.shape(indices), 2)
    assert_zeros([(embedding.W, tg.grad(y.sum(), embedding.W))])
