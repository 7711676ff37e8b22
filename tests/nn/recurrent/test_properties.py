"""What holds for recurrent layers whatever the weights: rows that know nothing of each other, lengths, gaps, order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_gru as tg
from tinygrad_gru import nn

T, B, I, H = 5, 4, 2, 3
KINDS = {
    "rnn": lambda *size, **o: nn.RNN(*size, dtype=np.float64, **o),
    "gru": lambda *size, **o: nn.GRU(*size, dtype=np.float64, **o),
    "gru, reset after": lambda *size, **o: nn.GRU(*size, reset_after=True, dtype=np.float64, **o),
    "lstm": lambda *size, **o: nn.LSTM(*size, dtype=np.float64, **o),
}
EACH = pytest.mark.parametrize("kind", KINDS)
ENGINES = pytest.mark.parametrize("engine", ["eager", "compiled"])
BOTH = pytest.mark.usefixtures("each_engine")
SHAPES = pytest.mark.parametrize(
    "options",
    [{}, {"go_backwards": True}, {"go_backwards": True, "keep_order": True}, {"num_layers": 2, "bidirectional": True}],
    ids=["forward", "backwards", "backwards, order kept", "two layers, both directions"],
)
ENDS = pytest.mark.parametrize("past_end", ["zero", "repeat"])
LENGTHS = np.array([3, 5, 1, 4])
GAPS = np.array([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]], bool)  # (T, B)


def made(kind, seed=0, size=(I, H), **options):
    """A layer with weights large enough for every part of the equations to matter."""
    layer, rng = KINDS[kind](*size, **options), np.random.default_rng(seed)
    for p in layer.parameters():
        p.assign(rng.normal(0, 0.8, p.shape))
    return layer


def inputs(layer, seed=1):
    """x, and a state to start from for each state of the cell."""
    rng = np.random.default_rng(seed)
    places = sum(len(cells) for cells in layer.layers)
    return rng.normal(size=(T, B, layer.input_size)), [rng.normal(size=(places, B, H)) for _ in layer.cell.state_names]


def as_given(states):
    return states[0] if len(states) == 1 else tuple(states)


def everything(layer, x, states, **arguments):
    """Outputs, last states, and the gradients of a loss of all of them: of x, of the first states, of the weights."""
    x, *states = (tg.Tensor(a, requires_grad=True) for a in (x, *states))
    layer.zero_grad()
    out, last = layer(x, as_given(states), **arguments)
    results = [out, *(last if isinstance(last, tuple) else (last,))]
    sum((tg.sin(t) * (i + 1.0)).sum() for i, t in enumerate(results)).backward()
    slopes = [
        [np.zeros(t.shape) if t.grad is None else t.grad for t in of] for of in ([x, *states], layer.parameters())
    ]
    return [t.data for t in results], *slopes


def flat(found):
    return [array for part in found for array in part]


def same(got, wanted, tolerance=1e-12):
    return all(
        a.shape == b.shape and np.abs(a - b).max() <= tolerance * np.abs(b).max()
        for a, b in zip(got, wanted, strict=True)
    )


# --- lengths ---------------------------------------------------------------------------------------------------------


@EACH
@ENGINES
@SHAPES
def test_each_sequence_is_computed_as_if_it_were_alone_and_cut_where_it_ends(kind, engine, options):
    layer = made(kind, engine=engine, **options)
    x, states = inputs(layer)

    results, gradients, _ = everything(layer, x, states, lengths=LENGTHS)

    late = options == {"go_backwards": True}  # in the order of steps, the padding comes first
    for b, length in enumerate(LENGTHS):
        alone, own, _ = everything(layer, x[:length, b : b + 1], [s[:, b : b + 1] for s in states])
        here, past = (slice(T - length, T), slice(0, T - length)) if late else (slice(0, length), slice(length, T))
        assert same([results[0][here, b]], [alone[0][:, 0]])
        assert (results[0][past, b] == 0).all()
        assert same([s[:, b] for s in results[1:]], [s[:, 0] for s in alone[1:]])
        assert same([gradients[0][:length, b]], [own[0][:, 0]])
        assert (gradients[0][length:, b] == 0).all()
        assert same([s[:, b] for s in gradients[1:]], [s[:, 0] for s in own[1:]])


@EACH
@ENGINES
def test_the_last_state_is_that_of_the_last_step_that_counts_and_backwards_that_of_the_first(kind, engine):
    layer = made(kind, engine=engine, bidirectional=True)
    x, states = inputs(layer)

    (out, h_n, *_), _, _ = everything(layer, x, states, lengths=LENGTHS)

    for b, length in enumerate(LENGTHS):
        assert (h_n[0, b] == out[length - 1, b, :H]).all()
        assert (h_n[1, b] == out[0, b, H:]).all()


@EACH
@ENGINES
@ENDS
@SHAPES
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_nothing_of_what_stands_in_the_padding_leaks(kind, engine, past_end, options, bad):
    layer = made(kind, engine=engine, past_end=past_end, **options)
    x, states = inputs(layer)
    clean, spoilt = (np.where(GAPS[:, :, None], x, value) for value in (0.0, bad))

    wanted = everything(layer, clean, states, mask=GAPS)
    got = everything(layer, spoilt, states, mask=GAPS)

    assert all((a == b).all() for a, b in zip(flat(got), flat(wanted), strict=True))
    assert all(np.isfinite(a).all() for a in flat(got))
    assert (got[1][0][~GAPS] == 0).all()


@BOTH
def test_that_check_notices_what_leaks():
    layer = made("gru")
    x, states = inputs(layer)
    spoilt = np.where(GAPS[:, :, None], x, 1e3)

    assert not same(flat(everything(layer, spoilt, states)), flat(everything(layer, 0 * x, states)))


@EACH
@ENGINES
def test_gates_do_not_leak_either(kind, engine):
    layer = made(kind, engine=engine)
    x, states = inputs(layer)
    if not layer.cell.gate_names:
        return
    spoilt = np.where(GAPS[:, :, None], x, np.nan)
    *_, (gates,) = layer(spoilt, as_given(states), mask=GAPS, return_gates=True)

    for gate in gates.values():
        assert (gate.data[~GAPS] == 0).all() and np.isfinite(gate.data).all() and (gate.data[GAPS] != 0).all()


@EACH
@ENGINES
def test_a_sequence_of_no_steps_ends_where_it_began(kind, engine):
    layer = made(kind, engine=engine, num_layers=2, bidirectional=True)
    x, states = inputs(layer)
    lengths = np.array([3, 0, 5, 0])

    results, gradients, _ = everything(layer, x, states, lengths=lengths)

    for i, start in enumerate(states):
        assert (results[1 + i][:, lengths == 0] == start[:, lengths == 0]).all()
        slope = (i + 2.0) * np.cos(start)  # of the loss, with respect to what comes out as it went in
        assert same([gradients[1 + i][:, lengths == 0]], [slope[:, lengths == 0]])
    assert (results[0][:, lengths == 0] == 0).all() and (gradients[0][:, lengths == 0] == 0).all()


@EACH
@ENGINES
def test_where_no_sequence_has_a_step_nothing_is_learnt(kind, engine):
    layer = made(kind, engine=engine)
    x, states = inputs(layer)

    results, gradients, of_weights = everything(layer, x, states, lengths=np.zeros(B, int))

    assert (results[0] == 0).all() and all((s == t).all() for s, t in zip(results[1:], states, strict=True))
    assert all((g == 0).all() for g in [gradients[0], *of_weights])


# --- masks -----------------------------------------------------------------------------------------------------------


@EACH
@ENGINES
@SHAPES
@ENDS
def test_a_mask_without_gaps_is_what_lengths_are(kind, engine, options, past_end):
    layer = made(kind, engine=engine, past_end=past_end, **options)
    x, states = inputs(layer)

    by_lengths = everything(layer, x, states, lengths=LENGTHS)
    by_mask = everything(layer, x, states, mask=np.arange(T)[:, None] < LENGTHS)

    assert all((a == b).all() for a, b in zip(flat(by_lengths), flat(by_mask), strict=True))


@ENGINES
@given(
    kind=st.sampled_from(sorted(KINDS)),
    bits=st.lists(st.booleans(), min_size=T * B, max_size=T * B),
    options=st.sampled_from([{}, {"go_backwards": True, "keep_order": True}, {"bidirectional": True}]),
    seed=st.integers(0, 1000),
)
def test_with_gaps_each_sequence_is_that_without_the_steps_that_do_not_count(engine, kind, bits, options, seed):
    mask = np.array(bits).reshape(T, B)
    layer = made(kind, seed, engine=engine, **options)
    x, states = inputs(layer, seed)

    results, gradients, _ = everything(layer, x, states, mask=mask)

    assert (results[0][~mask] == 0).all() and (gradients[0][~mask] == 0).all()
    for b in range(B):
        counts = mask[:, b]
        if not counts.any():
            assert all((s[:, b] == t[:, b]).all() for s, t in zip(results[1:], states, strict=True))
            continue
        alone, own, _ = everything(layer, x[counts, b : b + 1], [s[:, b : b + 1] for s in states])
        assert same([results[0][counts, b]], [alone[0][:, 0]])
        assert same([s[:, b] for s in results[1:]], [s[:, 0] for s in alone[1:]])
        assert same([gradients[0][counts, b]], [own[0][:, 0]])
        assert same([s[:, b] for s in gradients[1:]], [s[:, 0] for s in own[1:]])


@EACH
@ENGINES
def test_past_the_end_the_last_output_is_repeated_in_the_order_of_the_steps(kind, engine):
    layer = made(kind, engine=engine, past_end="repeat", bidirectional=True)
    x, states = inputs(layer)
    zero = made(kind, engine=engine, bidirectional=True)

    out = everything(layer, x, states, mask=GAPS)[0][0]
    wanted = everything(zero, x, states, mask=GAPS)[0][0]

    for b in range(B):
        for half, order in ((slice(0, H), range(T)), (slice(H, 2 * H), reversed(range(T)))):
            before = np.zeros(H)
            for t in order:
                before = wanted[t, b, half] if GAPS[t, b] else before
                assert (out[t, b, half] == before).all()


@ENGINES
def test_repeated_and_zero_written_out(engine):
    def halving(**options):  # h = relu(h / 2 + x)
        layer = nn.RNN(1, 1, nonlinearity="relu", bias=False, engine=engine, **options)
        layer.cell.W_h.assign(np.array([[0.5], [1.0]]))
        return layer

    x = np.full((1, 5, 1), 8.0, np.float32)
    mask = np.array([[False, True, False, True, False]])
    options = {"batch_first": True}

    assert halving(**options)(x, mask=mask)[0].data.ravel().tolist() == [0, 8, 0, 12, 0]
    assert halving(past_end="repeat", **options)(x, mask=mask)[0].data.ravel().tolist() == [0, 8, 8, 12, 12]
    both = halving(past_end="repeat", go_backwards=True, keep_order=True, **options)
    assert both(x, mask=mask)[0].data.ravel().tolist() == [12, 12, 8, 8, 0]
    assert both(x, mask=mask)[1].item() == 12


# --- order, directions, layers ---------------------------------------------------------------------------------------


@EACH
@ENGINES
@pytest.mark.parametrize("mask", [None, GAPS], ids=["all steps", "gaps"])
def test_going_backwards_is_to_read_what_is_turned_round(kind, engine, mask):
    forward = made(kind, engine=engine)
    backward, ordered = (
        made(kind, engine=engine, go_backwards=True, keep_order=keep_order) for keep_order in (False, True)
    )
    x, states = inputs(forward)
    turned = None if mask is None else mask[::-1]

    wanted, slopes, of_weights = everything(forward, x[::-1], states, mask=turned)
    got, got_slopes, got_of_weights = everything(backward, x, states, mask=mask)
    kept, kept_slopes, _ = everything(ordered, x, states, mask=mask)

    assert same(got, wanted) and same(got_of_weights, of_weights)
    assert same([kept[0][::-1], *kept[1:]], wanted)
    for found in (got_slopes, kept_slopes):
        assert same([found[0][::-1], *found[1:]], slopes)


@EACH
@ENGINES
def test_two_layers_are_one_on_top_of_the_other(kind, engine):
    both = made(kind, engine=engine, num_layers=2)
    below, above = (made(kind, size=size, engine=engine) for size in ((I, H), (H, H)))
    for one, cells in zip((below, above), both.layers, strict=True):
        one.cell.load_state_dict(cells["forward"].state_dict())
    x, states = inputs(both)

    def by_hand(x, given, **arguments):
        given = given if isinstance(given, tuple) else (given,)
        out, first = below(x, as_given([s[:1] for s in given]), **arguments)
        out, second = above(out, as_given([s[1:] for s in given]), **arguments)
        pairs = zip(*(s if isinstance(s, tuple) else (s,) for s in (first, second)), strict=True)
        return out, as_given([tg.concat(pair, axis=0) for pair in pairs])

    assert alike(both, by_hand, [below, above], x, states)


@EACH
@ENGINES
def test_two_directions_are_two_layers_side_by_side(kind, engine):
    both = made(kind, engine=engine, bidirectional=True)
    left, right = made(kind, engine=engine), made(kind, engine=engine, go_backwards=True, keep_order=True)
    for one, cell in zip((left, right), both.layers[0].values(), strict=True):
        one.cell.load_state_dict(cell.state_dict())
    x, states = inputs(both)

    def by_hand(x, given, **arguments):
        given = given if isinstance(given, tuple) else (given,)
        out, first = left(x, as_given([s[:1] for s in given]), **arguments)
        other, second = right(x, as_given([s[1:] for s in given]), **arguments)
        pairs = zip(*(s if isinstance(s, tuple) else (s,) for s in (first, second)), strict=True)
        return tg.concat([out, other], axis=-1), as_given([tg.concat(pair, axis=0) for pair in pairs])

    assert alike(both, by_hand, [left, right], x, states)


def alike(layer, by_hand, parts, x, states):
    """Whether a layer is what is made of its parts by hand, gradients included, with lengths and without."""

    class ByHand(nn.Module):
        def __init__(self):
            self.parts = parts

        def forward(self, *given, **arguments):
            return by_hand(*given, **arguments)

    other = ByHand()
    return all(
        same(flat(everything(layer, x, states, lengths=lengths)), flat(everything(other, x, states, lengths=lengths)))
        for lengths in (None, LENGTHS)
    )


@EACH
@ENGINES
@pytest.mark.parametrize("way", [{}, {"lengths": LENGTHS}, {"mask": GAPS}], ids=["all steps", "lengths", "gaps"])
def test_batch_first_is_the_same_with_two_axes_exchanged(kind, engine, way):
    layer, turned = (made(kind, engine=engine, bidirectional=True, batch_first=first) for first in (False, True))
    x, states = inputs(layer)
    other = {name: a.T if name == "mask" else a for name, a in way.items()}

    wanted, slopes, of_weights = everything(layer, x, states, **way)
    got, got_slopes, got_of_weights = everything(turned, x.swapaxes(0, 1), states, **other)

    assert same([got[0].swapaxes(0, 1), *got[1:]], wanted)
    assert same([got_slopes[0].swapaxes(0, 1), *got_slopes[1:]], slopes) and same(got_of_weights, of_weights)
    if layer.cell.gate_names:
        *_, gates = layer(x, return_gates=True, **way)
        *_, turned_gates = turned(x.swapaxes(0, 1), return_gates=True, **other)
        for one, two in zip(gates, turned_gates, strict=True):
            assert same([two[name].data.swapaxes(0, 1) for name in one], [a.data for a in one.values()])
