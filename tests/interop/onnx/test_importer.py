"""Our layers against onnxruntime, live, over a grid; and thirteen faults that such a grid must catch.

ONNX's own node cases are weak: no initial state that matters, no lengths, symmetric weights. They are run too.
"""

import importlib
import itertools

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from onnx.backend.test.case import node as cases

from tests.interop.onnx.models import H, I, flat, model, run, weights
from tests.nn.reference import error
from tinygrad_gru.errors import FileError
from tinygrad_gru.interop import from_onnx

with np.errstate(all="ignore"):  # onnx computes its cases as it is imported, by products in which BLAS may raise a flag
    for module in ("gru", "lstm", "rnn"):
        importlib.import_module(f"onnx.backend.test.case.node.{module}")

T, B = 6, 5
DIRECTIONS = {"forward": 1, "reverse": 1, "bidirectional": 2}
KINDS = [("RNN", {}), ("GRU", {"linear_before_reset": 0}), ("GRU", {"linear_before_reset": 1}), ("LSTM", {})]
LENGTHS = {"whole": None, "short": [6, 2, 4, 1, 3], "zero": [6, 0, 4, 0, 3]}
GRID = [
    (kind, attributes, direction, lengths, start)
    for (kind, attributes), direction, lengths, start in itertools.product(KINDS, DIRECTIONS, LENGTHS, [False, True])
    if not (lengths == "zero" and start)  # there onnxruntime ends in zeros, and not in the state it started from
]


def case(kind, attributes, direction, lengths, start, seed=0):
    """The model, its inputs, and what onnxruntime makes of them."""
    rng = np.random.default_rng(seed + 1)
    D = DIRECTIONS[direction]
    proto = model(kind, weights(kind, D, seed), lengths is not None, start, direction, **attributes)
    inputs = {"x": rng.normal(size=(T, B, I)).astype(np.float32)}
    if lengths is not None:
        inputs["lengths"] = np.array(lengths, np.int32)
    if start:
        for name in ("h0", "c0")[: 2 if kind == "LSTM" else 1]:
            inputs[name] = rng.normal(0, 0.5, (D, B, H)).astype(np.float32)
    return proto, inputs, run(proto, inputs)


def ours(layer, inputs):
    """Outputs and last states of a layer of ours."""
    start = tuple(inputs[name] for name in ("h0", "c0") if name in inputs)
    h0 = None if not start else start if len(start) > 1 else start[0]
    out, last = layer(inputs["x"], h0, lengths=inputs.get("lengths"))
    return [out.data, *(s.data for s in (last if isinstance(last, tuple) else (last,)))]


def difference(layer, inputs, wanted) -> float:
    """The largest difference in outputs and states."""
    out, *states = ours(layer, inputs)
    return max(error(a, b) for a, b in zip([out, *states], [flat(wanted[0]), *wanted[1:]], strict=True))


@pytest.mark.parametrize("engine", ["compiled", "eager"])
@pytest.mark.parametrize(
    ("kind", "attributes", "direction", "lengths", "start"), GRID, ids=lambda v: str(v).replace(" ", "")
)
def test_a_layer_from_onnx_computes_what_onnxruntime_does(kind, attributes, direction, lengths, start, engine):
    proto, inputs, wanted = case(kind, attributes, direction, LENGTHS[lengths], start)
    layer = from_onnx(proto)
    layer.engine = engine
    assert difference(layer, inputs, wanted) < 1e-5


# --- thirteen faults -------------------------------------------------------------------------------------------------

Z, R_, C = slice(0, H), slice(H, 2 * H), slice(2 * H, 3 * H)  # ONNX's blocks of rows


def changed(name, rule):
    """A fault in the weights: `rule(array)` instead of the array."""

    def plant(arrays, attributes, inputs, direction):
        return arrays | {name: rule(arrays[name].copy())}, attributes, inputs, direction

    return plant


def negated_z(W):
    W[:, Z] *= -1
    return W


def swapped(W):
    W[:, Z], W[:, R_] = W[:, R_].copy(), W[:, Z].copy()
    return W


def all_of(*plants):
    def plant(*given):
        for p in plants:
            given = p(*given)
        return given

    return plant


def no_recurrent_bias(B):
    B[:, 3 * H :] = 0
    return B


def b_hn_outside(B):
    B[:, 2 * H : 3 * H] += B[:, 5 * H :]
    B[:, 5 * H :] = 0
    return B


def saturated_reset(B):
    B[:, R_] = 40.0
    return B


FAULTS = {
    "z and 1 − z swapped": all_of(
        changed("W", negated_z), changed("R", negated_z),
        changed("B", lambda B: np.concatenate([-B[:, :H], B[:, H : 3 * H], -B[:, 3 * H : 4 * H], B[:, 4 * H :]], 1)),
    ),
    "the reset on the other side of the product": lambda a, o, i, d: (
        a, {"linear_before_reset": 1 - o["linear_before_reset"]}, i, d),
    "the reset dropped": changed("B", saturated_reset),
    "r and z swapped": all_of(changed("W", swapped), changed("R", swapped)),
    "the recurrent matrix transposed": changed(
        "R", lambda R: np.concatenate([R[:, block].transpose(0, 2, 1) for block in (Z, R_, C)], 1)),
    "the recurrent bias ignored": changed("B", no_recurrent_bias),
    "b_hn outside r": changed("B", b_hn_outside),
    "h0 ignored": lambda a, o, i, d: (a, o, i | {"h0": np.zeros_like(i["h0"])}, d),
    "lengths ignored": lambda a, o, i, d: (a, o, {k: v for k, v in i.items() if k != "lengths"}, d),
    "reverse ignored": lambda a, o, i, d: (a, o, i, "forward" if d == "reverse" else d),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(fault):
    found = []
    for after, direction in itertools.product([0, 1], ["forward", "reverse"]):
        attributes = {"linear_before_reset": after}
        _, inputs, wanted = case("GRU", attributes, direction, LENGTHS["short"], True)
        a, o, i, d = FAULTS[fault](weights("GRU", 1), attributes, inputs, direction)
        found.append(difference(from_onnx(model("GRU", a, True, True, d, **o)), i, wanted))
    assert max(found) > 1e-3


@pytest.mark.parametrize(
    ("fault", "direction", "options"),
    [
        ("padding repeats instead of 0", "forward", {"past_end": "repeat"}),
        ("reverse not turned back", "reverse", {"keep_order": False}),
    ],
)
def test_a_fault_of_the_layer_is_caught(fault, direction, options):
    proto, inputs, wanted = case("GRU", {"linear_before_reset": 1}, direction, LENGTHS["short"], True)
    layer = from_onnx(proto)
    for name, value in options.items():
        assert getattr(layer, name) != value
        setattr(layer, name, value)
    assert difference(layer, inputs, wanted) > 1e-3


def test_reversing_the_whole_row_instead_of_the_valid_part_is_caught():
    forward = from_onnx(model("GRU", weights("GRU", 1), False, True, "forward", linear_before_reset=1))
    for lengths, same in (([T] * B, True), (LENGTHS["short"], False)):  # where all rows are whole it is no fault
        _, inputs, wanted = case("GRU", {"linear_before_reset": 1}, "reverse", lengths, True)
        out, _ = forward(inputs["x"][::-1], inputs["h0"])
        found = out.data[::-1] * (np.arange(T)[:, None, None] < inputs["lengths"][:, None])
        assert error(found, flat(wanted[0])) < 1e-5 if same else error(found, flat(wanted[0])) > 1e-3


# --- ONNX's own cases ------------------------------------------------------------------------------------------------

BACKEND = {
    case.name: case for case in cases._NodeTestCases if case.model.graph.node[0].op_type in ("GRU", "LSTM", "RNN")
}
REFUSED = {"test_lstm_with_peepholes": "peepholes"}


def test_there_are_all_of_onnx_s_cases():
    assert len(BACKEND) >= 18


@pytest.mark.parametrize("name", sorted(BACKEND))
def test_onnx_s_own_case(name):
    proto = onnx.ModelProto()
    proto.CopyFrom(BACKEND[name].model)
    (node,) = proto.graph.node
    ((inputs, outputs),) = BACKEND[name].data_sets
    given = dict(zip([n for n in node.input if n], inputs, strict=True))
    wanted = dict(zip([n for n in node.output if n], outputs, strict=True))
    for weight in node.input[1:4]:  # the cases hand weights in: here they are stored
        proto.graph.initializer.append(numpy_helper.from_array(given[weight], weight))
    if name in REFUSED:
        with pytest.raises(FileError, match=REFUSED[name]):
            from_onnx(proto)
        return

    layer = from_onnx(proto)
    out, last = layer(given[node.input[0]])
    states = [s.data for s in (last if isinstance(last, tuple) else (last,))]
    got = dict(zip(node.output, [out.data, *states], strict=False))
    for output, value in wanted.items():
        if output == "Y":
            D = layer.cell.hidden_size
            batches, steps, width = got["Y"].shape
            found = got["Y"].reshape(batches, steps, width // D, D)  # (T, B, D, H), or (B, T, D, H) as layout=1 has it
            found = found if layer.batch_first else found.transpose(0, 2, 1, 3)
        else:
            found = got[output].transpose(1, 0, 2) if layer.batch_first else got[output]
        assert found.shape == value.shape
        assert error(found, value) < 1e-5
