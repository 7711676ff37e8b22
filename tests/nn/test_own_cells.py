"""Mistakes in a cell of one's own: one line each, with what came, what was wanted, and the fix."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors, nn
from tinygrad_gru.core.backward import toposort

X = np.ones((3, 2, 2), np.float32)


class ReturnsATensor(nn.Cell):
    def step(self, x, h):
        return 0.5 * h + x


class ReturnsTwoStates(nn.Cell):
    def step(self, x, h):
        return h, x


class ReturnsAList(nn.Cell):
    def step(self, x, h):
        return [h + x]


class ReturnsNothing(nn.Cell):
    def step(self, x, h):
        pass


class ReturnsAnArray(nn.Cell):
    def step(self, x, h):
        return (x.data + h.data,)


class ReturnsAnotherSize(nn.Cell):
    def step(self, x, h):
        return (tg.concat([h, x], axis=-1),)


class ReturnsAnotherDtype(nn.Cell):
    def step(self, x, h):
        return (h + x * np.array([1.0, 2.0]),)


class ForgetsItsMemory(nn.Cell):
    def __init__(self, *sizes):
        super().__init__(*sizes, states=("h", "c"))

    def step(self, x, h, c):
        return (h + c,)


@pytest.mark.parametrize("whole", [True, False], ids=["layer", "cell"])
@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        (
            ReturnsATensor,
            errors.ArgumentError,
            r"returned tensor \(2, 2\), wanted a tuple of 1 state: h.*try: return \(h,\)",
        ),
        (ReturnsTwoStates, errors.ArgumentError, "returned 2 states, wanted a tuple of 1 state: h"),
        (ReturnsAList, errors.ArgumentError, "returned a list, wanted a tuple of 1 state: h"),
        (ReturnsNothing, errors.ArgumentError, "returned a NoneType, wanted a tuple of 1 state: h"),
        (
            ReturnsAnArray,
            errors.ArgumentError,
            "state h came back as an ndarray, which carries no gradient, wanted a Ten",
        ),
        (
            ReturnsAnotherSize,
            errors.ShapeError,
            r"state h went in as \(2, 2\) and came back as \(2, 4\), wanted the same",
        ),
        (
            ReturnsAnotherDtype,
            errors.DtypeError,
            "state h went in as float32 and came back as float64.*try: constants of",
        ),
        (
            ForgetsItsMemory,
            errors.ArgumentError,
            r"returned 1 states, wanted a tuple of 2 states: h, c.*try: return \(h, c\)",
        ),
    ],
)
def test_a_step_that_returns_something_else_is_named(kind, error, message, whole):
    cell = kind(2, 2)
    with pytest.raises(error, match=rf"^{kind.__name__}.step:? {message}") as failure:
        nn.Recurrent(cell)(X) if whole else cell(X[0])
    assert "\n" not in str(failure.value) and "test_own_cells.py" in str(failure.value)


class Fatherless(nn.Cell):
    def __init__(self, input_size, hidden_size):
        self.W = nn.Parameter(np.zeros((input_size, hidden_size), np.float32))

    def step(self, x, h):
        return (h + x @ self.W,)


class TooLate(nn.Cell):
    def __init__(self, input_size, hidden_size):
        (self.W,) = self.weights(1)
        super().__init__(input_size, hidden_size)


@pytest.mark.parametrize(
    "make",
    [lambda: nn.Recurrent(Fatherless(2, 2)), lambda: Fatherless(2, 2)(X[0]), lambda: TooLate(2, 2)],
    ids=["layer", "cell", "too late"],
)
def test_a_missing_super_init_is_named(make):
    with pytest.raises(
        errors.ArgumentError, match=r"has no \w+: its __init__ has not called.*try: super\(\).__init__\("
    ):
        make()


def test_any_other_attribute_that_is_missing_is_an_attribute_error_as_ever():
    with pytest.raises(AttributeError, match="'GRUCell' object has no attribute 'W_q'"):
        nn.GRUCell(2, 2).W_q  # noqa: B018
    assert not hasattr(nn.GRUCell(2, 2), "W_q")


@pytest.mark.parametrize(
    ("cells", "got"),
    [
        (nn.Linear(2, 2), "a Linear"),
        (nn.GRU(2, 2), "a GRU"),
        ([nn.Linear(2, 2)], "a Linear"),
        ([nn.GRUCell(2, 2), (nn.GRUCell(2, 2), nn.Linear(2, 2))], "a Linear"),
        ([(nn.GRUCell(2, 2),)], "1 cell for two directions"),
        (nn.GRUCell, "<class .*GRUCell.>"),
        (3, "3"),
        (None, "None"),
    ],
)
def test_what_is_no_cell_is_named(cells, got):
    with pytest.raises(errors.ArgumentError, match=rf"^Recurrent: cells: got {got}, wanted .* try: ") as failure:
        nn.Recurrent(cells)
    assert "\n" not in str(failure.value)


def test_without_a_step_it_says_both_ways_to_write_one():
    with pytest.raises(
        NotImplementedError, match=r"Cell needs a step\(self, x, \*state\) method, or gates\(self, x, h\) and up"
    ):
        nn.Recurrent(nn.Cell(2, 2))(X)


class WithSeen(nn.Cell):
    """As tinygrad_gru 0.1 wanted it for recurrent dropout."""

    def step(self, x, h, seen=None):
        return (tg.tanh(h if seen is None else seen) + x,)


def test_the_old_argument_for_recurrent_dropout_names_the_new_form():
    with pytest.raises(errors.ArgumentError) as failure:
        nn.Recurrent(WithSeen(2, 2), recurrent_dropout=0.5)

    assert str(failure.value) == (
        "Recurrent: recurrent_dropout: WithSeen.step: its argument seen is gone. try: gates(self, x, h) and "
        "update(self, gates, *state) in its place: the gates see h with holes, the update h itself"
    )
    assert nn.Recurrent(WithSeen(2, 2))(X)[0].shape == X.shape  # without it, it runs as ever


def test_a_step_of_ones_own_over_gates_of_another_is_in_one_piece():
    class Residual(nn.GRUCell):
        def step(self, x, h):
            return (super().step(x, h)[0] + h,)

    with pytest.raises(errors.ArgumentError, match="Residual.step: is in one piece"):
        nn.Recurrent(Residual(2, 2), recurrent_dropout=0.5)


def test_a_subclass_of_the_gru_says_of_which_dialect_it_is():
    class Mine(nn.GRUCell):
        pass

    with pytest.raises(errors.ArgumentError, match=r"Mine: got reset_after=True.*try: tg.nn.ResetAfterGRUCell"):
        Mine(2, 2, reset_after=True)
    with pytest.raises(errors.ArgumentError, match=r"ResetAfterGRUCell: got reset_after=False.*try: tg.nn.GRUCell"):
        nn.ResetAfterGRUCell(2, 2, reset_after=False)
    assert type(nn.GRUCell(2, 2, reset_after=True)) is nn.ResetAfterGRUCell and isinstance(
        nn.ResetAfterGRUCell(2, 2), nn.GRUCell
    )


class Letters(nn.Cell):
    b_f = tg.nn.equations.Bias()

    def __init__(self, *sizes, bias="single"):
        super().__init__(*sizes)
        self.bias = bias
        self.W_f, self.W_h = self.weights(2)
        (self.b_f,) = self.biases("f")

    @nn.equation("forget gate", role="forget")
    def f(self, hx):
        return tg.sigmoid(hx @ self.W_f + self.b_f)

    @nn.equation("candidate", name="h̃")
    def candidate(self, hx):
        return tg.tanh(hx @ self.W_h)

    def gates(self, x, h):
        hx = tg.concat([h, x], axis=-1)
        return self.f(hx), self.candidate(hx)

    def update(self, gates, h):
        f, candidate = gates
        return (f * h + (1 - f) * candidate,)


def test_an_equation_names_its_result_by_the_methods_letter_or_by_another_name_in_a_scope_of_its_own():
    cell = Letters(2, 3)
    f, candidate = cell.gates(tg.Tensor(X[0]), tg.Tensor(np.zeros((2, 3), np.float32)))

    assert (f.name, repr(f.scope), f.scope.role) == ("f", "forget gate", "forget")
    assert (candidate.name, repr(candidate.scope), candidate.scope.role) == ("h̃", "candidate", None)
    assert f.where_made == f" in forget gate, at test_own_cells.py:{Letters.f.__wrapped__.__code__.co_firstlineno + 2}"


@pytest.mark.parametrize(
    ("bias", "names"), [("single", ["b_f"]), ("double", ["b_xf", "b_hf"]), ("none", [])], ids=["one", "two", "none"]
)
def test_weights_and_biases_of_a_cell_of_ones_own_start_as_those_of_ours(bias, names):
    cell = Letters(2, 3, bias=bias)

    assert {key: p.shape for key, p in cell.named_parameters()} == {"W_f": (5, 3), "W_h": (5, 3)} | dict.fromkeys(
        names, (3,)
    )
    assert all(0 < np.abs(p.data).max() <= 1 / np.sqrt(3) for p in cell.parameters())


def test_with_gates_and_update_recurrent_dropout_works_by_both_engines():
    found = []
    for engine in ("eager", "compiled"):
        with tg.seed(0):
            layer = nn.Recurrent(Letters(2, 3), recurrent_dropout=0.5, engine=engine)
            found.append(layer(X, np.ones((1, 2, 3), np.float32))[0].data)
    layer.eval()

    assert np.abs(found[0] - found[1]).max() < 1e-6
    assert np.abs(found[0] - layer(X, np.ones((1, 2, 3), np.float32))[0].data).max() > 1e-3


def test_a_state_that_only_a_later_step_makes_of_another_size_is_told():
    class Late(tg.nn.Cell):
        """From the third step on its memory is one number for all: it would be broadcast in silence."""

        def __init__(self):
            super().__init__(2, 3, states=("h", "c"))
            self.W = tg.nn.Parameter(np.ones((2, 3), np.float32))
            self.taken = 0

        def step(self, x, h, c):
            self.taken += 1
            h = tg.tanh(x @ self.W + h + c)
            return h, h if self.taken < 3 else tg.mean(h, axis=1, keepdims=True)

    with pytest.raises(errors.ShapeError, match=r"Late.step: state c went in as \(1, 3\) and came back as \(1, 1\)"):
        tg.nn.Recurrent(Late())(np.ones((4, 1, 2), np.float32))


class Oscillator(nn.Cell):
    """A spring h and its speed v, without names of its own."""

    def __init__(self, size):
        super().__init__(size, size, states=("h", "v"))

    def step(self, x, h, v):
        v = v + 0.3 * (x - h)
        return h + 0.3 * v, v


@pytest.mark.parametrize("lengths", [None, [3, 2]])
def test_states_without_a_name_get_theirs_at_every_step(lengths):
    x = tg.Tensor(np.ones((3, 2, 1), np.float32), requires_grad=True)
    out, (h_n, v_n) = nn.Recurrent(Oscillator(1))(x, lengths=lengths)
    names = [t.name for t in toposort([out, h_n, v_n]) if t.op is not None and t.scope.label == "step" and t.name]

    assert names.count("h") == names.count("v") >= 3


def test_an_input_that_a_step_hands_on_keeps_its_own_name():
    class Delay(nn.Cell):
        """The state is the input before."""

        def step(self, x, h):
            return (x,)

    x = tg.Tensor(np.ones((1, 1, 2), np.float32), requires_grad=True, name="x")
    nn.Recurrent(Delay(2, 2))(x)
    assert x.name == "x"


def test_a_later_step_that_returns_no_tuple_is_told_in_words():
    class Forgetful(nn.Cell):
        def step(self, x, h):
            return (h + x,) if float(h.sum()) == 0 else None

    with pytest.raises(errors.ArgumentError, match="Forgetful.step"):
        nn.Recurrent(Forgetful(2, 2))(np.ones((2, 1, 2), np.float32))
