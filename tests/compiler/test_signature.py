"""What a program depends on: each change of a cell is seen at a glance or by the signature, and nothing else is."""

import gc
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import KNOWN, known
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.signature import Glance, signature


def double(a):
    return 2 * a


def halve(a):
    return 0.5 * a


class Reader(nn.Cell):
    """A cell that reads attributes of all kinds."""

    factor = 0.75
    steps = (1, 2)

    def __init__(self):
        super().__init__(2, 2)
        self.W = nn.Parameter(np.eye(2))
        self.shift = tg.Tensor(np.zeros(2))
        self.scale = 1.0
        self.zero = 0.0
        self.f = double
        self.name = "reader"

    def step(self, x, h):
        return (self.f(x @ self.W * self.scale * self.factor) + self.zero * h + self.shift,)


def changed(change):
    """Whether a change is seen at a glance, and by the signature: after a glance that sees it, that decides."""
    cell = Reader()
    glance, before = Glance(cell), signature(cell)
    assert glance.same(cell) and signature(cell) == before
    change(cell)
    return not glance.same(cell), signature(cell) != before


def attribute(name, value):
    def change(cell):
        setattr(cell, name, value)

    change.__name__ = f"{name} = {getattr(value, '__name__', repr(value))}"[:40]
    return change


def frozen(cell):
    cell.W.requires_grad = False


def deleted(cell):
    del cell.name


def in_evaluation(cell):
    cell.eval()


def other_dtype(cell):
    cell.astype(np.float32)


CHANGES = [
    attribute("scale", 2.0), attribute("scale", 1), attribute("zero", -0.0), attribute("f", halve),
    attribute("name", "other"), attribute("new", 1), attribute("shift", tg.Tensor(np.zeros(2))),
    attribute("W", nn.Parameter(np.eye(2))), frozen, deleted, in_evaluation, other_dtype,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_an_attribute_is_seen_by_both(change):
    assert changed(change) == (True, True)


@pytest.mark.parametrize("value", [0.5, True, (2, 3), -0.75])
def test_another_attribute_of_the_class_is_seen_by_both(value, monkeypatch):
    assert changed(lambda cell: monkeypatch.setattr(Reader, "factor", value)) == (True, True)


def test_an_array_that_is_changed_in_place_is_seen():
    cell = Reader()
    cell.table = np.zeros(3000)
    glance, before = Glance(cell), signature(cell)

    assert not glance.same(cell)  # with an array there is nothing to be seen at a glance
    assert signature(cell) == before
    cell.table[1500] = 1
    assert signature(cell) != before


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([0.5, 1.0], lambda value: value.append(2.0)),
        ({"a": 1}, lambda value: value.update(a=2)),
        (SimpleNamespace(a=1), lambda value: setattr(value, "a", 2)),
    ],
)
def test_a_list_or_the_like_that_is_changed_in_place_is_seen(value, change):
    cell = Reader()
    cell.options = value
    glance, before = Glance(cell), signature(cell)
    change(value)

    assert not glance.same(cell) and signature(cell) != before


def test_a_change_of_a_part_is_seen():
    class Whole(nn.Cell):
        def __init__(self):
            super().__init__(2, 2)
            self.inner = nn.Linear(2, 2)

        def step(self, x, h):
            return (self.inner(x) + h,)

    cell = Whole()
    glance, before = Glance(cell), signature(cell)
    assert glance.same(cell) and signature(cell) == before
    cell.inner.parameters()[0].requires_grad = False
    assert not glance.same(cell) and signature(cell) != before


@pytest.mark.parametrize("kind", KNOWN)
def test_other_numbers_are_no_change(kind):
    cell = known(kind)
    glance, before = Glance(cell), signature(cell)
    for p in cell.parameters():
        p.assign(p.data * 2)
        p.grad = np.ones(p.shape)

    assert glance.same(cell) and signature(cell) == before


def test_a_glance_holds_what_it_saw_so_that_nothing_else_gets_its_place():
    cell = Reader()
    glance = Glance(cell)
    before = id(cell.shift)
    cell.shift = tg.Tensor(np.zeros(2))
    gc.collect()

    assert before in glance.ids and any(id(t) == before for t in glance.tensors)
    assert not glance.same(cell)


# --- what is compiled with it ----------------------------------------------------------------------------------------

X = np.random.default_rng(0).uniform(-1, 1, (3, 2, 2))


def stale(cell):
    """By how much the compiled cell differs from the cell as it is now."""
    compiled, eager = (nn.Recurrent(cell, engine=engine)(X)[0].data for engine in ("compiled", "eager"))
    return np.abs(compiled - eager).max()


@pytest.mark.parametrize("change", CHANGES[:-2], ids=lambda change: change.__name__)
def test_a_cell_that_has_changed_is_compiled_anew(change):
    cell = Reader()
    assert stale(cell) < 1e-12
    change(cell)
    assert stale(cell) < 1e-12


def test_what_was_compiled_before_is_there_when_it_is_as_before():
    cell = Reader()
    first = compiler.compiled(cell)
    cell.scale = 2.0
    second = compiler.compiled(cell)
    cell.scale = 1.0

    assert second is not first and compiler.compiled(cell) is first


class OneOver(nn.Cell):
    """h' = 1 / (zero·|x|), held between −1 and 1."""

    def __init__(self, zero):
        super().__init__(2, 2)
        self.zero = zero
        self.W = nn.Parameter(np.eye(2))

    def step(self, x, h):
        return (tg.clip(1 / (tg.abs(x @ self.W) * self.zero), -1, 1) + 0 * h,)


NOTHING = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # 1 / 0


@NOTHING
def test_cells_that_differ_in_the_sign_of_nothing_have_programs_of_their_own():
    assert stale(OneOver(0.0)) == 0
    assert stale(OneOver(-0.0)) == 0


@NOTHING
def test_both_nothings_in_one_program():
    class Both(OneOver):
        def step(self, x, h):
            size = tg.abs(x @ self.W + h)
            return (tg.clip(1 / (size * 0.0), -1, 1) + 0.5 * tg.clip(1 / (size * -0.0), -1, 1) + 0 * h,)

    assert stale(Both(0.0)) == 0


class Scale:
    def __init__(self, k):
        self.k = k

    def __call__(self, a):
        return self.k * a


def test_an_object_in_the_place_of_one_that_has_died_is_another():
    cell = Reader()
    differences = []
    for k in range(30):
        cell.f = Scale(float(k))
        differences.append(stale(cell))
    assert max(differences) < 1e-9


def test_an_object_that_is_changed_in_place_is_seen():
    cell = Reader()
    cell.f = Scale(1.0)
    assert stale(cell) < 1e-12
    cell.f.k = 2.0
    assert stale(cell) < 1e-12


def test_a_method_that_is_replaced_is_seen(monkeypatch):
    cell = Reader()
    assert stale(cell) < 1e-12
    monkeypatch.setattr(Reader, "step", lambda self, x, h: (x + 0.5 * h,))
    assert stale(cell) < 1e-12


@pytest.mark.parametrize("kind", ["number", "array"])
def test_a_tensor_or_an_array_of_the_class_may_be_given_other_numbers(kind):
    class Shared(Reader):
        s = tg.Tensor(np.array(0.5))
        table = np.full(2, 0.5)

        def step(self, x, h):
            return (x * (self.s if kind == "number" else float(self.table[0])) + 0.1 * h @ self.W,)

    cell = Shared()
    assert stale(cell) < 1e-12
    Shared.s.assign(np.array(0.25))
    Shared.table[0] = 0.25
    assert stale(cell) < 1e-12
