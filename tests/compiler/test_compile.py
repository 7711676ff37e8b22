"""The cache of programs: what is compiled once, what is prepared when parameters have changed, and steps in chunks."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, RandomCell, both, difference, known, results
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler import compile as compiling
from tinygrad_gru.errors import ArgumentError

# --- compiled once ---------------------------------------------------------------------------------------------------


def test_equal_cells_have_one_code_and_their_own_parameters():
    one, other = (compiler.compiled(known("gru", seed=seed)) for seed in (0, 1))

    assert one is not other and one.code is other.code
    assert one.fixed[0] is not other.fixed[0]


@pytest.mark.parametrize(
    "cell",
    [known("gru", 3, 5), known("gru", 2, 4), known("gru", dtype=np.float32), known("lstm"), known("gru, reset after"),
     known("gru, no biases")],
    ids=lambda cell: f"{type(cell).__name__} {cell.input_size} {cell.hidden_size} {cell.dtype}",
)  # fmt: skip
def test_another_cell_has_another_code(cell):
    assert compiler.compiled(cell).code is not compiler.compiled(known("gru")).code


def test_a_cell_is_compiled_when_it_is_first_asked_for_and_looked_at_again(monkeypatch):
    made = []
    compile_ = compiling._compile
    monkeypatch.setattr(compiling, "_compile", lambda *args: made.append(args) or compile_(*args))
    cell = known("gru")
    first = compiler.compiled(cell)

    assert all(compiler.compiled(cell) is first for _ in range(3)) and len(made) == 1
    assert compiler.compiled(cell, masked=True) is not first and len(made) == 2
    assert compiler.compiled(cell) is first and len(made) == 2


def test_a_cell_that_died_leaves_no_program_in_its_name():
    cell = known("gru")
    compiler.compiled(cell)
    count = len(compiling._of_cell), len(compiling._at_a_glance)
    del cell
    gc.collect()

    assert len(compiling._of_cell) < count[0] and len(compiling._at_a_glance) < count[1]


def test_a_cell_that_changes_for_ever_keeps_a_few_programs():
    class Scaled(nn.Cell):
        scale = 1.0

        def step(self, x, h):
            return (x * self.scale + h,)

    cell = Scaled(2, 2)
    for n in range(40):
        cell.scale = float(n)
        compiler.compiled(cell)

    assert len(compiling._of_cell[cell]) < 12


def test_a_refusal_is_remembered_too(monkeypatch):
    made = []
    compile_ = compiling._compile
    monkeypatch.setattr(compiling, "_compile", lambda *args: made.append(args) or compile_(*args))

    class Hasty(nn.Cell):
        def step(self, x, h):
            return (h if float(h.sum()) > 0 else x,)

    cell = Hasty(2, 2)
    assert compiler.why(cell) == compiler.why(cell) != "" and len(made) == 1


# --- prepared when parameters have changed ---------------------------------------------------------------------------


@pytest.fixture(name="prepared")
def fixture_prepared(monkeypatch):
    """An RNN, and how often each of its two functions of parameters was called."""
    cell = known("rnn", 3, 6)
    code, calls = compiler.compiled(cell).code, []
    for name in ("prepare", "prepare_back"):
        function = getattr(code, name)
        monkeypatch.setattr(code, name, lambda *a, name=name, function=function: calls.append(name) or function(*a))
    return nn.Recurrent(cell, engine="compiled"), calls


def test_what_depends_on_parameters_alone_is_computed_when_they_have_changed(prepared):
    layer, calls = prepared
    x = np.ones((4, 2, 3))
    for _ in range(3):
        results(layer, x)
    assert calls == ["prepare", "prepare_back"]

    layer.cell.b_h.assign(layer.cell.b_h.data * 2)
    results(layer, x)
    assert calls == ["prepare", "prepare_back"] * 2


def test_a_mask_of_recurrent_dropout_is_another_at_each_call():
    layers = [nn.Recurrent(known("gru"), engine=engine, recurrent_dropout=0.5) for engine in ("compiled", "eager")]
    x = np.ones((4, 3, 3))
    for seed in range(3):
        assert difference(*(results(layer, x, seed=seed) for layer in layers))[0] < 1e-11


@pytest.mark.parametrize("optimiser", [tg.optim.SGD, tg.optim.Adam])
def test_training_sees_the_parameters_of_each_update(optimiser):
    """An optimiser may move them all at once, in one vector: what is prepared must not be that of the update before."""
    found = []
    for engine in ("compiled", "eager"):
        layer = nn.Recurrent(known("gru"), engine=engine)
        parameters = list(layer.parameters())
        steps = optimiser(parameters, lr=0.05)
        for n in range(5):
            layer.zero_grad()
            out, _ = layer(np.random.default_rng(n).uniform(-1, 1, (4, 2, 3)))
            tg.sum(out * out).backward()
            steps.step()
        found.append([p.data for p in parameters])

    assert all(np.abs(a - b).max() < 1e-11 for a, b in zip(*found, strict=True))


# --- chunks ----------------------------------------------------------------------------------------------------------


def test_a_chunk_fits_the_cache_or_has_a_few_steps():
    code = compiler.compiled(nn.RNNCell(2, 4)).code  # 12 numbers of a step of a sequence
    assert code.width == 12

    assert code.chunk(10**6, 1, 8) == compiling.CACHE // (12 * 8)
    assert code.chunk(10**6, 1, 4) == compiling.CACHE // (12 * 4)  # of float32 twice as many
    assert code.chunk(50, 1, 8) == 50
    assert code.chunk(10**6, 10**6, 8) == compiling.FEWEST
    assert code.chunk(3, 10**6, 8) == 3 and code.chunk(1, 0, 8) == 1


def errors(cell, chunk, x, h0, exact):
    """How far the results are from those of float64."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "FEWEST", chunk)
        patch.setattr(compiling, "CACHE", 1)
        got = results(nn.Recurrent(cell, engine="compiled"), x, h0)
    rounded = {name: None if a is None else a.astype(np.float32) for name, a in exact.items()}
    return difference(got, rounded)[0]


@given(kind=st.sampled_from(sorted(KNOWN)), chunk=st.integers(1, 8), T=st.integers(1, 20), seed=st.integers(0, 1000))
def test_results_do_not_depend_on_the_chunk_beyond_rounding(kind, chunk, T, seed):
    """Judged against float64: in chunks of any size they are as near to it."""
    with compiler.jit(False):
        cell, double = (known(kind, seed=seed, dtype=dtype) for dtype in (np.float32, np.float64))
        for p, q in zip(cell.parameters(), double.parameters(), strict=True):
            q.assign(p.data.astype(np.float64))
        rng = np.random.default_rng(seed)
        x, h0 = rng.uniform(-1, 1, (T, 3, 3)), [rng.uniform(-1, 1, (1, 3, 4)) for _ in cell.state_names]
        x, h0 = x.astype(np.float32), [h.astype(np.float32) for h in h0]
        exact = results(nn.Recurrent(double, engine="eager"), x.astype(float), [h.astype(float) for h in h0])

        whole, chunked = (errors(cell, steps, x, h0, exact) for steps in (T, chunk))
        assert chunked < max(3 * whole, 2e-6)


def test_in_float64_a_chunk_of_any_size_gives_the_same(monkeypatch, soak_size):
    monkeypatch.setattr(compiling, "CACHE", 1)
    for cell in [known(kind) for kind in KNOWN] + [RandomCell(seed) for seed in range(soak_size(100))]:
        rng = np.random.default_rng(0)
        x = rng.uniform(-1, 1, (7, 2, cell.input_size))
        h0 = [rng.uniform(-1, 1, (1, 2, n)) for n in cell.state_sizes]
        found = []
        for chunk in (7, 1, 3):
            monkeypatch.setattr(compiling, "FEWEST", chunk)
            found.append(results(nn.Recurrent(cell, engine="compiled"), x, h0, lengths=np.array([7, 4])))
        assert difference(found[1], found[0])[0] < 1e-12 and difference(found[2], found[0])[0] < 1e-12


def test_a_chunk_that_loses_a_step_is_caught(monkeypatch):
    cell = known("rnn")
    code = compiler.compiled(cell).code
    space = {"np": np}
    exec(code.source.replace("start = max(stop - chunk, 0)", "start = max(stop - chunk + 1, 0)"), space)
    monkeypatch.setattr(code, "backward", space["backward"])
    monkeypatch.setattr(compiling, "FEWEST", 3)
    monkeypatch.setattr(compiling, "CACHE", 1)

    assert difference(*both(cell, np.ones((7, 2, 3))))[0] > 1e-3


# --- what is asked for -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [compiler.compiled, compiler.program, compiler.why])
def test_what_is_no_cell_is_refused_with_what_to_try(ask):
    name = ask.__name__ if ask is not compiler.why else "compiled"
    with pytest.raises(ArgumentError, match=f"^{name}: got .*, wanted a recurrent cell. try: layer.cell"):
        ask(nn.GRU(2, 3))
    for other in (3, None, nn.GRUCell):
        with pytest.raises(ArgumentError, match="wanted a recurrent cell. try: nn.GRUCell"):
            ask(other)


def test_a_stage_is_a_number_of_passes_and_the_firings_are_those_of_the_last():
    cell, texts = nn.GRUCell(2, 4), set()
    for stage in range(len(compiler.PASSES) + 1):
        firings = []
        texts.add(str(compiler.program(cell, stage, firings)))
        assert bool(firings) == (stage > 0), "each pass has something to do in a GRU"
    assert len(texts) == 11 and str(compiler.program(cell)) == str(compiler.program(cell, 10))
    with pytest.raises(ArgumentError, match="program: stage"):
        compiler.program(cell, -1)


class Folded(nn.Cell):
    def step(self, x, h):
        return (x * (tg.Tensor(2.0) * 3.0) + h,)


def test_what_is_computed_of_numbers_is_a_number():
    assert "t1 = x·6" in str(compiler.program(Folded(2, 2), 2))
