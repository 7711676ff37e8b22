"""Recording: a step and its backward pass as a program, which holds for every batch and all numbers."""

import warnings

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.compiler.cells import known
from tests.compiler.meaning import interpreted, random_values
from tinygrad_gru import compiler, nn
from tinygrad_gru.compiler.ir import Stage
from tinygrad_gru.compiler.trace import Refused, record


def test_a_recorded_rnn_written_out():
    recording = record(nn.RNNCell(2, 4))

    assert [line.split("  #")[0].strip() for line in str(recording.program).splitlines()] == [
        "x = input",
        "h = input",
        "dh = input",
        "W_h = input",
        "b_h = input",
        "t1 = [h, x]",
        "t2 = t1 W_h",
        "t3 = t2 + b_h",
        "h_2 = tanh(t3)",
        "t4 = h_2·h_2",
        "t5 = 1 − t4",
        "t6 = dh·t5",
        "t7 = W_hᵀ",
        "t8 = t6 t7",
        "t9 = t8[:, 4:6]",
        "t10 = t8[:, 0:4]",
        "t11 = t1ᵀ t6",
        "t12 = Σ t6",
        "return new h=h_2, grad x=t9, grad h=t10, grad 0=t11, grad 1=t12",
    ]


def test_it_is_the_step_and_its_derivatives():
    program = compiler.program(known("rnn"), 0)
    v = random_values(program)
    W, b = (v[name] for name in list(program.inputs)[3:])

    h = np.tanh(np.concatenate([v["h"], v["x"]], 1) @ W + b)
    inside = v["dh"] * (1 - h * h)
    wanted = {"new h": h, "grad h": inside @ W[:4].T, "grad x": inside @ W[4:].T, "grad 1": inside.sum(0),
              "grad 0": np.concatenate([v["h"], v["x"]], 1).T @ inside}  # fmt: skip

    got = interpreted(program, v)
    assert got.keys() == wanted.keys()
    assert all(np.abs(got[name] - a).max() < 1e-14 for name, a in wanted.items())


def test_inputs_have_their_stages_and_parameters_come_first():
    cell = nn.GRUCell(2, 4)
    recording = record(cell)

    stages = {name: i.stage for name, i in recording.program.inputs.items()}
    assert [stages.pop(name) for name in ("x", "h", "dh")] == [Stage.INPUT, Stage.STATE, Stage.GRADIENT]
    assert set(stages.values()) == {Stage.FIXED}
    assert list(recording.fixed.values()) == list(cell.parameters())
    assert list(recording.fixed) == ["0 W_r", "1 W_z", "2 W_h", "3 b_r", "4 b_z", "5 b_h"]
    assert (recording.states, recording.masked) == (("h",), False)


def test_a_frozen_parameter_is_an_input_without_gradient():
    cell = nn.RNNCell(2, 4)
    cell.b_h.requires_grad = False
    recording = record(cell)

    assert list(recording.fixed) == ["0 W_h", "1 b_h"]
    assert set(recording.program.outputs) == {"new h", "grad x", "grad h", "grad 0"}


def test_a_mask_of_recurrent_dropout_is_a_fixed_input_of_the_batch():
    recording = record(nn.RNNCell(2, 4), masked=True)

    mask = recording.program.inputs["recurrent_mask"]
    assert recording.masked and (mask.dims, mask.stage) == (("B", 4), Stage.FIXED)


def test_values_have_the_names_and_the_scopes_that_the_cell_gives_them():
    lines = str(record(nn.GRUCell(2, 4)).program).splitlines()

    assert "z = t6 + ½                 # (B, 4) state, update gate" in lines
    assert any(line.endswith("gradient, candidate / backward") for line in lines)


def test_a_number_that_the_step_computes_is_a_number():
    class Half(nn.Cell):
        def step(self, x, h):
            return (h * (1 / 2) + x,)

    assert "t1 = h·½" in str(record(Half(2, 2)).program)


def test_what_the_parameters_do_not_need_has_no_gradient():
    class Keeps(nn.Cell):
        def step(self, x, h):
            return (h,)

    outputs = record(Keeps(2, 2)).program.outputs
    assert set(outputs) == {"new h", "grad h"}
    assert outputs["new h"].op == outputs["grad h"].op == "input"


class Twice(nn.Cell):
    """Another program at each recording."""

    calls = 0

    def step(self, x, h):
        type(self).calls += 1
        return (x * float(self.calls) + h,)


def test_what_differs_between_two_recordings_is_shown():
    with pytest.raises(Refused, match="recorded twice, its step was not the same: .*x·1.* and .*x·2"):
        record(Twice(2, 2))


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (lambda x, h: h, r"its step returns no tuple of its states, \(h,\)"),
        (lambda x, h: (h, h), r"its step returns no tuple of its states, \(h,\)"),
        (lambda x, h: (h[:, :1],), "the state h that its step returns is not like the one that it takes"),
        (lambda x, h: (h + np.ones(3),), "its step cannot be recorded: add: shapes do not broadcast"),
    ],
)
def test_a_step_that_returns_something_else_is_refused(result, reason):
    class Odd(nn.Cell):
        def step(self, x, h):
            return result(x, h)

    with pytest.raises(Refused, match=reason):
        record(Odd(2, 2))


def test_what_the_step_itself_raises_reaches_whoever_wrote_it():
    class Misspelt(nn.Cell):
        def step(self, x, h):
            return (self.product(x) + h,)

    with pytest.raises(AttributeError, match="product"):
        record(Misspelt(2, 2))


def test_recording_warns_of_no_numbers_that_nobody_gave():
    class Root(nn.Cell):
        """A state that is never below 0."""

        def step(self, x, h):
            return (tg.sqrt(h) + tg.square(x),)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record(Root(2, 2))


def test_recording_leaves_the_generator_and_the_parameters_alone():
    cell = nn.RNNCell(2, 4)
    before = str(tg.generator().bit_generator.state)
    record(cell)

    assert str(tg.generator().bit_generator.state) == before
    assert all(p.grad is None and p.op is None for p in cell.parameters())


class Raised(nn.Cell):
    """The state before, as a number between 0.1 and 0.9, to a power."""

    def __init__(self, exponent):
        super().__init__(2, 3)
        self.W = nn.Parameter(np.random.default_rng(0).normal(size=(5, 3)))
        self.exponent = exponent

    def step(self, x, h):
        return (tg.sigmoid(tg.concat([h, x], axis=-1) @ self.W) ** self.exponent,)


@pytest.mark.parametrize("exponent", [3, 2, 1, 0.5, -1, 2.5])
def test_a_power_whose_exponent_is_a_number_is_recorded_as_what_it_is(exponent):
    x = np.random.default_rng(1).normal(size=(4, 3, 2))
    layer = nn.Recurrent(Raised(exponent))
    out = layer(x)[0]
    out.sum().backward()
    wanted = layer.cell.W.grad
    layer.zero_grad()
    again = tg.compile(layer)(x)[0]
    again.sum().backward()
    np.testing.assert_allclose(again.data, out.data, rtol=1e-12)
    np.testing.assert_allclose(layer.cell.W.grad, wanted, rtol=1e-10)


def test_a_derivative_that_decides_by_numbers_is_refused_with_the_operation():
    with pytest.raises(
        Refused, match=r"decides by numbers \(in Pow.vjp of .*, as that of x \*\* 0 does, .* try: tg.where"
    ):
        record(Raised(0))
    with pytest.raises(Refused, match=r"its step reads the value of tensor \(1,\)"):
        record(Raised(nn.Parameter(np.array([2.0]))))
