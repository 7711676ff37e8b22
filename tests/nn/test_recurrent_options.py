"""What recurrent layers can do besides: carry a state, come in pieces, show their gates, drop; and what is refused."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.nn.test_recurrent_properties import EACH, ENGINES, GAPS, LENGTHS, B, H, I, T, as_given, inputs, made, same
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


def test_what_is_carried_is_the_state_after_the_last_step_that_counts():
    layer, plain = made("gru", stateful=True), made("gru")
    x, _ = inputs(layer)

    _, h_n = layer(x, lengths=LENGTHS)

    assert (layer(x)[0].data == plain(x, h_n.data)[0].data).all()


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: nn.truncated(made("gru", bidirectional=True), x, 2), "the layer reads backwards.*try: a forward"),
        (lambda x: nn.truncated(made("gru", go_backwards=True), x, 2), "the layer reads backwards"),
        (lambda x: nn.truncated(made("gru"), x, 0), "length must be a whole number above 0, got 0"),
        (lambda x: nn.truncated(made("gru"), x, 2.0), r"length must be a whole number above 0, got 2\.0"),
        (lambda x: nn.truncated(made("gru"), x[0], 2), r"input x \(4, 2\) does not fit, wanted three axes"),
        (lambda x: nn.truncated(made("gru"), x, 2, lengths=[9] * B), "lengths must be from 0 to 5"),
    ],
)
def test_what_cannot_be_taken_in_pieces_is_named(call, message):
    with pytest.raises(errors.TinygradError, match=f"truncated: {message}"):
        list(call(np.zeros((T, B, I))))
