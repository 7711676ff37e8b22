"""What recurrent layers can do besides: carry a state, come in pieces, show their gates, drop; and what is refused."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn import plain_recurrent
from tests.nn.recurrent.test_properties import (
    BOTH,
    EACH,
    ENGINES,
    GAPS,
    LENGTHS,
    B,
    H,
    I,
    T,
    as_given,
    inputs,
    made,
    same,
)
from tinygrad_gru import errors, nn


def values(last):
    return [s.data for s in last] if isinstance(last, tuple) else [last.data]


# --- a state carried from call to call -------------------------------------------------------------------------------


@EACH
@ENGINES
def test_a_stateful_layer_goes_on_where_it_ended_until_it_is_reset(kind, engine):
    layer, whole = (made(kind, engine=engine, num_layers=2, stateful=stateful) for stateful in (True, False))
    x, _ = inputs(layer)

    parts = [layer(x[:2]), layer(x[2:])]
    wanted, last = whole(x)

    assert same([np.concatenate([out.data for out, _ in parts])], [wanted.data])
    assert same(values(parts[1][1]), values(last))
    assert not same([layer(x)[0].data], [wanted.data])
    layer.reset_state()
    assert same([layer(x)[0].data], [wanted.data])


@BOTH
def test_what_is_carried_is_the_state_after_the_last_step_that_counts():
    layer, plain = made("gru", stateful=True), made("gru")
    x, _ = inputs(layer)

    _, h_n = layer(x, lengths=LENGTHS)

    assert (layer(x)[0].data == plain(x, h_n.data)[0].data).all()


@BOTH
def test_a_state_that_is_given_counts_more_than_one_that_is_carried():
    layer = made("gru", stateful=True)
    x, (h0,) = inputs(layer)
    layer(x)

    out, h_n = layer(x, h0)

    assert (out.data == made("gru")(x, h0)[0].data).all()
    assert (layer(x)[0].data == made("gru")(x, h_n.data)[0].data).all()


@EACH
@ENGINES
def test_no_gradient_flows_back_into_the_call_before(kind, engine):
    layer = made(kind, engine=engine, stateful=True)
    first, second = (tg.Tensor(inputs(layer, seed)[0], requires_grad=True) for seed in (1, 2))
    layer(first)
    layer(second)[0].sum().backward()

    assert first.grad is None and (second.grad != 0).all()


@BOTH
def test_a_carried_state_that_no_longer_fits_is_an_error_that_says_what_to_do():
    for kind in ("gru", "lstm"):
        layer = made(kind, stateful=True)
        x, _ = inputs(layer)
        layer(x)

        carried = r"the state carried from the call before is"
        with pytest.raises(errors.ShapeError, match=rf"{carried} of batch 4, the input of 2.*try: reset_state\(\)"):
            layer(x[:, :2])
        layer.astype(np.float32)
        message = rf"{carried} float64, the parameters are float32.*try: reset_state\(\)"
        with pytest.raises(errors.DtypeError, match=message) as failure:
            layer(x.astype(np.float32))
        assert "\n" not in str(failure.value)
        layer.reset_state()
        assert layer(x.astype(np.float32))[0].dtype == np.float32


# --- in pieces -------------------------------------------------------------------------------------------------------


@EACH
@ENGINES
@pytest.mark.parametrize("length", [1, 2, T, 9])
@pytest.mark.parametrize("way", [{}, {"lengths": LENGTHS}, {"mask": GAPS}], ids=["all steps", "lengths", "gaps"])
def test_the_outputs_of_the_pieces_are_those_of_the_whole(kind, engine, length, way):
    layer = made(kind, engine=engine, num_layers=2)
    x, states = inputs(layer)

    pieces = list(nn.truncated(layer, x, length, as_given(states), **way))
    wanted, last = layer(x, as_given(states), **way)

    assert same([np.concatenate([out.data for _, out, _ in pieces])], [wanted.data])
    assert same(values(pieces[-1][2]), values(last))
    assert [piece.start for piece, _, _ in pieces] == list(range(0, T, length))


@BOTH
def test_pieces_of_a_batch_first_layer_are_along_its_axis_of_time():
    layer = made("gru", batch_first=True)
    x = inputs(layer)[0].swapaxes(0, 1)

    pieces = [out.data for _, out, _ in nn.truncated(layer, x, 2, mask=GAPS.T)]

    assert [out.shape for out in pieces] == [(B, 2, H), (B, 2, H), (B, 1, H)]
    assert same([np.concatenate(pieces, axis=1)], [layer(x, mask=GAPS.T)[0].data])


@EACH
@ENGINES
def test_gradients_stop_where_a_piece_begins(kind, engine):
    layer = made(kind, engine=engine)
    x, states = inputs(layer)
    x = tg.Tensor(x, requires_grad=True)
    found = []

    for piece, out, _ in nn.truncated(layer, x, 2, as_given(states)):
        x.grad = None
        layer.zero_grad()
        out.sum().backward()
        assert [t for t in range(T) if (x.grad[t] != 0).any()] == list(range(T))[piece]
        found.append([p.grad for p in layer.parameters()])

    for start, got in zip((0, 2, 4), found, strict=True):  # by hand: the state before as if it were given
        before = as_given(states) if start == 0 else as_given(values(layer(x.data[:start], as_given(states))[1]))
        layer.zero_grad()
        layer(x.data[start : start + 2], before)[0].sum().backward()
        assert same([p.grad for p in layer.parameters()], got)


@BOTH
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: nn.truncated(made("gru", bidirectional=True), x, 2), "the layer reads backwards.*try: a forward"),
        (lambda x: nn.truncated(made("gru", go_backwards=True), x, 2), "the layer reads backwards"),
        (lambda x: nn.truncated(made("gru"), x, 0), "length must be a whole number from 1 up, got 0"),
        (lambda x: nn.truncated(made("gru"), x, 2.0), r"length must be a whole number from 1 up, got 2\.0"),
        (lambda x: nn.truncated(made("gru"), x[0], 2), r"input x \(4, 2\) does not fit, wanted three axes"),
        (lambda x: nn.truncated(made("gru"), x, 2, lengths=[9] * B), "lengths must be from 0 to 5"),
    ],
)
def test_what_cannot_be_taken_in_pieces_is_named(call, message):
    with pytest.raises(errors.TinygradError, match=f"truncated: {message}"):
        list(call(np.zeros((T, B, I))))


# --- the gates -------------------------------------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize("kind", ["gru", "gru, reset after"])
@pytest.mark.parametrize("way", [{}, {"lengths": LENGTHS}, {"mask": GAPS}], ids=["all steps", "lengths", "gaps"])
def test_the_states_of_a_gru_follow_from_its_gates(kind, engine, way):
    layer = made(kind, engine=engine, num_layers=2, bidirectional=True)
    x, (h0,) = inputs(layer)

    out, h_n, gates = layer(x, h0, return_gates=True, **way)

    counts = np.arange(T)[:, None] < LENGTHS if "lengths" in way else way.get("mask", np.ones((T, B), bool))
    outs = []
    assert len(gates) == 4 and all(list(one) == ["r", "z", "candidate"] for one in gates)
    for place, (start, one) in enumerate(zip(h0, gates, strict=True)):
        h, states = start, np.zeros((T, B, H))
        for t in reversed(range(T)) if place % 2 else range(T):
            z, candidate = one["z"].data[t], one["candidate"].data[t]
            h = np.where(counts[t][:, None], (1 - z) * h + z * candidate, h)
            states[t] = np.where(counts[t][:, None], h, 0)
        assert same([h], [h_n.data[place]])
        outs.append(states)
        assert all((gate.data[~counts] == 0).all() for gate in one.values())
        assert all(((gate.data > 0) & (gate.data < 1))[counts].all() for gate in (one["r"], one["z"]))
    assert same([np.concatenate(outs[2:], axis=-1)], [out.data])


@ENGINES
def test_the_states_of_an_lstm_follow_from_its_gates(engine):
    layer = made("lstm", engine=engine)
    x, (h0, c0) = inputs(layer)

    out, (_, c_n), (gates,) = layer(x, (h0, c0), return_gates=True)

    i, f, g, o = (gate.data for gate in gates.values())
    assert list(gates) == ["i", "f", "g", "o"]
    c, states = c0[0], []
    for t in range(T):
        c = f[t] * c + i[t] * g[t]
        states.append(o[t] * np.tanh(c))
    assert same([np.stack(states), c[None]], [out.data, c_n.data])


@EACH
@ENGINES
def test_asking_for_the_gates_changes_no_number(kind, engine):
    layer = made(kind, engine=engine)
    if not layer.cell.gate_names:
        with pytest.raises(errors.ArgumentError, match="RNNCell has no gates. try: a gates"):
            layer(np.zeros((T, B, I)), return_gates=True)
        return
    x, states = inputs(layer)
    with_gates, last, _ = layer(x, as_given(states), return_gates=True)
    out, wanted = layer(x, as_given(states))

    assert (with_gates.data == out.data).all() and same(values(last), values(wanted), 0)


@ENGINES
def test_gradients_flow_through_the_gates(engine):
    layer = made("gru", engine=engine)
    x, (h0,) = inputs(layer)

    def total(x):
        return sum((gate * gate).sum() for gate in layer(x, h0, return_gates=True)[2][0].values())

    tg.gradcheck(total, x)


# --- holes -----------------------------------------------------------------------------------------------------------


def passing_on(units, layers=1, **options):
    """Layers of h = h before + x, without weights of any interest."""
    layer = nn.RNN(units, units, layers, nonlinearity="linear", bias=False, dtype=np.float64, **options)
    for cells in layer.layers:
        cells["forward"].W_h.assign(np.concatenate([np.eye(units)] * 2))
    return layer


@ENGINES
def test_recurrent_dropout_has_one_mask_for_all_steps(engine):
    layer, steps = passing_on(100, recurrent_dropout=0.5, engine=engine), 6
    with tg.seed(0):
        out, _ = layer(np.zeros((steps, 2, 100)), np.ones((1, 2, 100)))

    assert set(np.unique(out.data[-1])) == {0.0, 2.0**steps}  # had it changed, nearly all would be 0
    assert ((out.data[0] == 0) == (out.data[-1] == 0)).all()
    assert 0.3 < (out.data[-1] == 0).mean() < 0.7 and (out.data[-1, 0] != out.data[-1, 1]).any()
    layer.eval()
    assert (layer(np.zeros((steps, 2, 100)), np.ones((1, 2, 100)))[0].data == 1).all()


@ENGINES
@pytest.mark.parametrize("kind", ["gru", "gru, reset after"])
def test_recurrent_dropout_makes_holes_in_what_the_products_see_and_not_in_the_state_kept(kind, engine):
    layer = made(kind, recurrent_dropout=0.5, engine=engine)
    x, (h0,) = inputs(layer)
    with tg.seed(3):
        out, _, (gates,) = layer(x, h0, return_gates=True)
    with tg.seed(3):
        mask = 2.0 * (tg.core.support.random.generator().random((B, H)) >= 0.5)

    w, h = layer.cell.state_dict(), h0[0]
    for t in range(T):
        rows = [plain_recurrent.gru_gates(w, x[t, b], h[b] * mask[b]) for b in range(B)]
        r, z, candidate = (np.stack(gate) for gate in zip(*rows, strict=True))
        h = (1 - z) * h + z * candidate
        assert same([gate.data[t] for gate in gates.values()], [r, z, candidate])
        assert same([out.data[t]], [h])
    assert (mask == 0).any() and (mask == 2).any()


@ENGINES
def test_recurrent_dropout_of_an_lstm_leaves_its_memory_alone(engine):
    layer = made("lstm", recurrent_dropout=0.5, engine=engine)
    x, (h0, c0) = inputs(layer)
    with tg.seed(3):
        out, (_, c_n) = layer(x, (h0, c0))
    with tg.seed(3):
        mask = 2.0 * (tg.core.support.random.generator().random((B, H)) >= 0.5)

    w, h, c = layer.cell.state_dict(), h0[0], c0[0]
    for t in range(T):
        rows = [plain_recurrent.lstm_step(w, x[t, b], h[b] * mask[b], c[b]) for b in range(B)]
        h, c = (np.stack(state) for state in zip(*rows, strict=True))
        assert same([out.data[t]], [h])
    assert same([c_n.data[0]], [c])


@ENGINES
@pytest.mark.parametrize("kind", ["gru", "gru, reset after", "lstm", "rnn"])
def test_gradients_through_recurrent_dropout_are_those_of_the_same_mask(kind, engine):
    layer = made(kind, recurrent_dropout=0.5, engine=engine)
    x, states = inputs(layer)

    def outputs(x, *states):
        with tg.seed(3):
            return layer(x, as_given(states))[0]

    tg.gradcheck(outputs, x, *states)


@ENGINES
def test_dropout_is_between_the_layers_and_nowhere_else(engine):
    layer = passing_on(100, layers=3, dropout=0.5, engine=engine)
    with tg.seed(0):
        out, h_n = layer(np.ones((1, 2, 100)))

    below, middle, above = h_n.data
    assert (below == 1).all()  # the state itself has no holes: what the layer above reads has
    assert set(np.unique(middle)) == {0.0, 2.0} and set(np.unique(above)) == {0.0, 4.0}
    assert ((above != 0) <= (middle != 0)).all() and ((above != 0) != (middle != 0)).any()
    assert (out.data[0] == above).all()  # none after the last layer
    layer.eval()
    assert (layer(np.ones((1, 2, 100)))[0].data == 1).all()


@ENGINES
def test_dropout_between_the_layers_is_another_at_each_step(engine):
    layer = passing_on(100, layers=2, dropout=0.5, engine=engine)
    for cells in layer.layers:
        cells["forward"].W_h.assign(np.concatenate([np.zeros((100, 100)), np.eye(100)]))
    out, _ = layer(np.ones((2, 1, 100)))

    assert (out.data[0] != out.data[1]).any()


# --- what is refused -------------------------------------------------------------------------------------------------


class Plain(nn.Cell):
    def step(self, x, h):
        return (x + h,)


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: nn.GRU(2, 3, dropout=0.5), errors.ArgumentError, "dropout=0.5 is between layers.*only one. try: num_"),
        (lambda: nn.GRU(2, 3, 2, dropout=1), errors.ArgumentError, "dropout must be at least 0 and below 1, got 1"),
        (lambda: nn.GRU(2, 3, recurrent_dropout=-0.1), errors.ArgumentError, "recurrent_dropout must be .* got -0.1"),
        (lambda: nn.GRU(2, 3, recurrent_dropout="a"), errors.ArgumentError, "recurrent_dropout must be .* got 'a'"),
        (lambda: nn.GRU(2, 3, 0), errors.ArgumentError, "num_layers must be a whole number above 0, got 0"),
        (lambda: nn.GRU(2, 3, past_end="last"), errors.ArgumentError, "got .last., wanted one of zero, repeat"),
        (lambda: nn.GRU(2, 3, engine="fast"), errors.ArgumentError, 'engine: got \'fast\', wanted "eager" or "comp'),
        (lambda: nn.GRU(2, 3, keep_order=True), errors.ArgumentError, "keep_order is for go_backwards. try: go_back"),
        (lambda: nn.GRU(2, 3, go_backwards=True, bidirectional=True), errors.ArgumentError, "go_backwards and bidirec"),
        (lambda: nn.GRU(2, 3, stateful=True, bidirectional=True), errors.ArgumentError, "stateful and bidirectional"),
        (lambda: nn.GRU(2, 3, activation="tahn"), errors.ArgumentError, "unknown activation 'tahn'. did you mean tanh"),
        (lambda: nn.LSTM(2, 3, gate_activation="sigmod"), errors.ArgumentError, "'sigmod'. did you mean sigmoid"),
        (lambda: nn.RNN(2, 3, nonlinearity="rellu"), errors.ArgumentError, "'rellu'. did you mean relu"),
        (lambda: nn.RNN(2, 3, nonlinearity="xyzzy"), errors.ArgumentError, "unknown activation 'xyzzy'. try: tanh"),
        (lambda: nn.GRU(2, 3, init="xavier"), errors.ArgumentError, "init.*'xavier'"),
        (lambda: nn.Recurrent([]), errors.ArgumentError, "Recurrent: cells: got \\[\\], wanted a cell, or a list"),
        (
            lambda: nn.Recurrent([nn.GRUCell(2, 3), nn.GRUCell(2, 3)]),
            errors.ShapeError,
            r"layer 2 has input size 2 and state sizes \(3,\), wanted 3 and \(3,\)",
        ),
        (
            lambda: nn.Recurrent([(nn.GRUCell(2, 3), nn.GRUCell(2, 3)), nn.GRUCell(6, 3)]),
            errors.ArgumentError,
            "layer 2 has 1 directions",
        ),
        (
            lambda: nn.Recurrent(Plain(2, 2), recurrent_dropout=0.5),
            errors.ArgumentError,
            r"recurrent_dropout: Plain.step: is in one piece. try: gates\(self, x, h\) and update",
        ),
    ],
)
def test_a_layer_that_cannot_be_is_named(make, kind, message):
    with pytest.raises(kind, match=message) as failure:
        make()
    assert "\n" not in str(failure.value)


@BOTH
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"lengths": [5, 4, 6, 1]}, errors.ArgumentError, "lengths must be from 0 to 5, the number of steps, got 6"),
        ({"lengths": [5, -1, 3, 1]}, errors.ArgumentError, "lengths must be from 0 to 5, the number of steps, got -1"),
        ({"lengths": [5.0, 4.0, 3.0, 1.0]}, errors.DtypeError, "lengths must be whole numbers, got float64"),
        ({"lengths": [True] * 4}, errors.DtypeError, "lengths must be whole numbers, got bool"),
        ({"lengths": [5, 4, 3]}, errors.ShapeError, r"lengths has shape \(3,\), wanted \(4,\), one per sequence"),
        ({"lengths": [[5, 4, 3, 1]]}, errors.ShapeError, r"lengths has shape \(1, 4\), wanted \(4,\)"),
        ({"lengths": 5}, errors.ShapeError, r"lengths has shape \(\), wanted \(4,\)"),
        ({"mask": np.ones((3, 3), bool)}, errors.ShapeError, r"mask has shape \(3, 3\), wanted (\(5, 4\)|\(4, 5\))"),
        ({"mask": np.ones(4, bool)}, errors.ShapeError, r"mask has shape \(4,\), wanted (\(5, 4\)|\(4, 5\))"),
        ({"mask": np.ones((5, 4))}, errors.DtypeError, r"mask must be of bools, got float64.*try: mask.astype\(bool\)"),
        ({"mask": np.ones((5, 4), bool), "lengths": [5] * 4}, errors.ArgumentError, "got lengths and mask.*try: one"),
        ({"h0": np.zeros((2, 4, 3))}, errors.ShapeError, r"state h is float64 \(2, 4, 3\), wanted \(1, 4, 3\)"),
        ({"h0": np.zeros((1, 3, 3))}, errors.ShapeError, r"state h is float64 \(1, 3, 3\), wanted \(1, 4, 3\)"),
        ({"h0": np.zeros((4, 3))}, errors.ShapeError, r"state h is float64 \(4, 3\), wanted \(1, 4, 3\)"),
        ({"h0": (np.zeros((1, 4, 3)),) * 2}, errors.ArgumentError, "got 2 states, wanted 1: h"),
    ],
)
def test_what_a_call_cannot_use_is_named(batch_first, given, kind, message):
    layer = made("gru", batch_first=batch_first)
    x = np.zeros((B, T, I) if batch_first else (T, B, I))
    with pytest.raises(kind, match=f"^GRU: {message}") as failure:
        layer(x, **given)
    assert "\n" not in str(failure.value) and "test_options.py" in str(failure.value)


@BOTH
def test_the_mask_of_a_batch_first_layer_is_not_taken_the_other_way_round():
    x = np.zeros((B, T, I))
    with pytest.raises(errors.ShapeError, match=r"GRU: mask has shape \(5, 4\), wanted \(4, 5\)"):
        made("gru", batch_first=True)(x, mask=GAPS)
    with pytest.raises(errors.ShapeError, match=r"GRU: mask has shape \(4, 5\), wanted \(5, 4\)"):
        made("gru")(x.swapaxes(0, 1), mask=GAPS.T)
