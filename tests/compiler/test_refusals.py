"""What no program stands for runs eagerly, with the right numbers, and `why` says at which line."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import both, difference, results
from tinygrad_gru import compiler, errors, nn

X = np.random.default_rng(0).uniform(-1, 1, (4, 3, 2))
HERE = Path(__file__)
COUNTS: list[int] = []


class Own(nn.Cell):
    """Two units, one matrix."""

    def __init__(self):
        super().__init__(2, 2)
        self.W = nn.Parameter(np.random.default_rng(1).normal(size=(4, 2)))

    def product(self, x, h):
        return tg.tanh(tg.concat([h, x], axis=-1) @ self.W)  # (B, 2)


class ReadsData(Own):
    def step(self, x, h):
        return (self.product(x, h) * x.data.max(),)  # here


class AsksForAFloat(Own):
    def step(self, x, h):
        y = self.product(x, h)
        return (y * 0.5 if float(tg.sum(y)) > 0 else y,)  # here


class AsksForABool(Own):
    def step(self, x, h):
        if (h[0, 0] > x[0, 0]).item():  # here
            return (self.product(x, h),)
        return (0.5 * self.product(x, h),)


class AsksForTruth(Own):
    def step(self, x, h):
        y = self.product(x, h)
        while tg.sum(y * y) > 4:  # here
            y = y * 0.5
        return (y,)


class MakesAnArray(Own):
    def step(self, x, h):
        return (self.product(x, h) + 0 * np.asarray(h.detach()).max(),)  # here


class ReadsAParameter(Own):
    def step(self, x, h):
        return (self.product(x, h) * float(self.W[0, 0]),)  # here


class Draws(Own):
    def step(self, x, h):
        return (tg.nn.Dropout(0.5)(self.product(x, h)),)  # here


class HasNoRule(Own):
    def step(self, x, h):
        return (tg.logsumexp(self.product(x, h), axis=-1, keepdims=True) * h,)  # here


class SumsTheBatch(Own):
    def step(self, x, h):
        return (self.product(x, h) - 0.1 * tg.sum(h, axis=0, keepdims=True),)  # here


NAMED = [ReadsData, AsksForAFloat, AsksForABool, AsksForTruth, MakesAnArray, ReadsAParameter, Draws, HasNoRule]


class Counts(Own):
    def __init__(self):
        super().__init__()
        self.steps = 0

    def step(self, x, h):
        self.steps += 1
        return (self.product(x, h) * (1 / self.steps),)


class CountsElsewhere(Own):
    def step(self, x, h):
        COUNTS.append(1)
        return (self.product(x, h) + 1.0 / len(COUNTS),)


class DependsOnTheBatch(Own):
    def step(self, x, h):
        return (self.product(x, h) * (1 / len(x)),)


class MakesNumbers(Own):
    def step(self, x, h):
        return (self.product(x, h) + np.arange(2.0),)


REST = [Counts, CountsElsewhere, DependsOnTheBatch, MakesNumbers, SumsTheBatch]


def line_of(cell):
    """The line of its class that is marked."""
    lines = HERE.read_text(encoding="utf-8").splitlines()
    start = lines.index(f"class {type(cell).__name__}(Own):")
    return next(n for n in range(start, len(lines)) if lines[n].endswith("# here")) + 1


@pytest.mark.parametrize("kind", NAMED)
def test_why_says_at_which_line(kind):
    cell = kind()

    assert re.search(rf"test_refusals\.py:{line_of(cell)}\b", compiler.why(cell)), compiler.why(cell)


@pytest.mark.parametrize("kind", [*NAMED, *REST])
def test_it_runs_eagerly_with_the_right_numbers(kind):
    found = []
    for looked_at in (True, False):
        cell = kind()
        layer = nn.Recurrent(cell)
        if looked_at:
            assert compiler.why(cell) != ""
        COUNTS.clear()
        found.append(results(layer, X, [np.ones((1, 3, 2))]))

    assert difference(*found)[0] == 0


@pytest.mark.parametrize("kind", [*NAMED, *REST])
def test_compiled_or_nothing_is_an_error_that_says_why(kind):
    layer = nn.Recurrent(kind(), engine="compiled")

    with pytest.raises(errors.ArgumentError) as caught:
        layer(X)

    assert str(caught.value).startswith(f"Recurrent: {kind.__name__} cannot be compiled: ")
    assert "\n" not in str(caught.value)
    with pytest.raises(errors.ArgumentError, match="cannot be compiled"):
        compiler.program(kind())


def test_looking_for_a_program_leaves_no_trace_in_the_cell():
    cell = Counts()

    compiler.why(cell)
    compiler.why(cell)

    assert cell.steps == 0


def test_shapes_and_plain_numbers_may_be_read():
    class Reads(Own):
        factors = (0.5, 2.0)

        def step(self, x, h):
            scale = self.factors[0] / h.shape[1] if x.ndim == 2 else 1.0
            return (self.product(x, h) * scale * np.float64(len(self.factors)),)

    cell = Reads()

    assert compiler.why(cell) == ""
    assert difference(*both(cell, X, [np.ones((1, 3, 2))]))[0] < 1e-11


def test_a_tensor_of_the_cell_is_an_input_and_not_a_number_for_ever():
    class Scaled(Own):
        def __init__(self):
            super().__init__()
            self.scale = tg.Tensor(np.full((2,), 0.5))

        def step(self, x, h):
            return (self.product(x, h) * self.scale,)

    class Reads(Scaled):
        def step(self, x, h):
            return (self.product(x, h) * float(self.scale[0]),)

    for cell, engine in ((Scaled(), "compiled"), (Scaled(), "eager"), (Reads(), "eager")):
        layer = nn.Recurrent(cell, engine=engine)
        before = layer(X)[0].data
        cell.scale.assign(np.full((2,), 0.25))
        after = layer(X)[0].data
        assert np.abs(after[0] - 0.5 * before[0]).max() < 1e-15
    assert compiler.why(Scaled()) == ""
    assert "reads the value" in compiler.why(Reads())


def test_a_cell_that_changes_its_mind_is_compiled_again():
    class Scaled(Own):
        scale = 1.0

        def step(self, x, h):
            return (self.product(x, h) * self.scale,)

    cell = Scaled()
    before = nn.Recurrent(cell, engine="compiled")(X)[0].data
    cell.scale = 0.5
    after = nn.Recurrent(cell, engine="compiled")(X)[0].data

    assert difference(*both(cell, X))[0] < 1e-11
    assert np.abs(after[0] - 0.5 * before[0]).max() < 1e-15


def test_new_numbers_in_a_parameter_need_no_new_program():
    cell = nn.GRUCell(2, 2, dtype=np.float64)
    layer = nn.Recurrent(cell, engine="compiled")
    first = compiler.compiled(cell)
    for p in cell.parameters():
        p.assign(p.data * 2)

    assert compiler.compiled(cell) is first
    assert difference(*both(cell, X))[0] < 1e-11
    assert layer(X)[0].shape == (4, 3, 2)


def test_no_steps_are_refused():
    for engine in ("compiled", "eager"):
        with pytest.raises(errors.ShapeError, match="has no time steps"):
            nn.GRU(2, 2, engine=engine)(np.zeros((0, 3, 2), np.float32))


# --- names that people choose ----------------------------------------------------------------------------------------

HOSTILE = [
    "a\nimport os\n", "b\rraise SystemExit", "c\u2028x = 1", "T\n    B = 0", "x'] or \"", '"""', "\\", "#", "{}", "",
    "class", "None", "match", "lambda", "np", "print", "range", "zip", "max", "t", "T", "B", "x", "h", "dh", "t1",
    "h_2", "memory", "stay", "stays", "chunk", "outside", "want_x", "half", "zero", "one", "start", "stop", "new_h",
    "all_h", "before_h", "after_h", "some_h", "from_outside", "carried_dh", "past_dh", "then_dh", "d_x", "number_1",
    "backward", "0", "1.5", "_", "ünï", "ĥ", "h̃", "重み", "🙂", "a" * 500, "b b", "b-b", "b.b",
]  # fmt: skip


class Hostile(nn.Cell):
    def __init__(self, matrix, vector, place, inside):
        super().__init__(2, 3)
        self.names = (matrix, vector, place, inside)
        rng = np.random.default_rng(0)
        setattr(self, matrix, nn.Parameter(rng.normal(size=(5, 3))))
        setattr(self, vector, nn.Parameter(rng.normal(size=(3,))))

    def step(self, x, h):
        matrix, vector, place, inside = self.names
        with tg.scope(place):
            u = tg.tanh(tg.concat([h, x], axis=-1) @ getattr(self, matrix) + getattr(self, vector)).named(inside)
            r = tg.sigmoid(u * u - 0.5).named(place)
        return ((0.5 * h + 0.5 * u * r).named(matrix),)


@pytest.mark.parametrize("place", range(len(HOSTILE)), ids=[ascii(name)[:20] for name in HOSTILE])
def test_hostile_names_run_and_stay_names(place):
    names = [HOSTILE[(place + step) % len(HOSTILE)] for step in (0, 7, 19, 31)]
    cell = Hostile(*names)

    assert difference(*both(cell, X, [np.full((1, 3, 3), 0.1)]))[0] < 1e-11

    texts = compiler.compiled(cell).code.texts
    source = "\n".join(text for name, text in texts.items() if name != "imports")
    code = [re.sub(r"  # .*", "", line) for line in source.splitlines()]  # without the comments, it is plain ASCII
    assert all(line.isascii() for line in code)
    tree = list(ast.walk(ast.parse(source)))
    assert not any(isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.Global) for node in tree)
    called = {ast.unparse(node.func) for node in tree if isinstance(node, ast.Call)}
    imported = texts["imports"].removeprefix("from numpy import ").split(", ")
    ours = {*imported, "zip", "range", "max", "abs", "float"}
    methods = (".reshape", ".swapaxes", ".item", ".copy", ".reduce")
    assert all(name.startswith(("np.", "memory.")) or name in ours or name.endswith(methods) for name in called)
    plain = nn.Recurrent(Hostile("U", "v", "place", "inside"), engine="compiled")
    assert source.count("\n") == "\n".join(compiler.compiled(plain.cell).code.texts.values()).count("\n") - 1


def two_states(state):
    class Two(nn.Cell):
        def __init__(self):
            super().__init__(2, 2, states=("h", state))
            self.W = nn.Parameter(np.random.default_rng(1).normal(size=(4, 2)))

        def step(self, x, h, c):
            y = tg.tanh(tg.concat([h, x], axis=-1) @ self.W)
            return y * c, 0.5 * c + 0.1 * y

    return Two()


@pytest.mark.parametrize("state", ["T", "memory", "stays", "np", "t1", "new h", "a\nb", "class", "🙂", "W"])
def test_hostile_names_of_states(state):
    start = [np.full((1, 3, 2), 0.3), np.full((1, 3, 2), 0.7)]

    assert difference(*both(two_states(state), X, start))[0] < 1e-11


@pytest.mark.parametrize("state", ["h", "x", "dh", "recurrent_mask", "0"])
def test_a_name_that_is_taken_runs_eagerly(state):
    assert compiler.why(two_states(state)).startswith(f"a state is called {state!r}")
    assert nn.Recurrent(two_states(state))(X)[0].shape == (4, 3, 2)


class Scaled(tg.nn.Cell):
    """A cell that reads what is no tensor: an attribute of its class, one of its own, and an array."""

    scale = 1.0

    def __init__(self):
        super().__init__(2, 2)
        self.W = tg.nn.Parameter(np.eye(2))
        self.shift = 1.0
        self.table = np.zeros(3000)

    def step(self, x, h):
        return (x @ self.W * self.scale + self.shift * float(self.table[1500]) + h,)


def changed_class(cell):
    type(cell).scale = 4.0


def changed_in_place(cell):
    cell.table[1500] = 7.0


def changed_sign(cell):
    cell.shift = -1.0
    cell.table[1500] = 2.0


@pytest.mark.parametrize("change", [changed_class, changed_in_place, changed_sign])
def test_a_program_is_made_anew_when_what_its_step_reads_has_changed(change, monkeypatch):
    monkeypatch.setattr(Scaled, "scale", 1.0)
    cell = Scaled()
    compiled, eager = (tg.nn.Recurrent(cell, engine=engine) for engine in ("compiled", "eager"))
    x = np.ones((3, 1, 2))
    before = compiled(x)[0].data

    change(cell)

    assert np.abs(compiled(x)[0].data - eager(x)[0].data).max() < 1e-12
    assert np.abs(compiled(x)[0].data - before).max() > 0.5
