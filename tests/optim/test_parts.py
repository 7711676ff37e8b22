"""Which parameters are moved together, and that copies, pickles and replaced moments go on as if each were alone."""

import copy
import pickle

import numpy as np
import pytest

from tests.optim.test_flat import assert_same_bits, is_flat, parameters, set_gradients
from tinygrad_gru import nn, optim


class Counting(optim.Adam, elementwise=True):
    """Adam, with the shapes that its updates are given."""

    def __init__(self, params):
        super().__init__(params)
        self.shapes = []

    def update(self, new, theta, g, t, m, v):
        self.shapes.append(theta.shape)
        super().update(new, theta, g, t, m, v)


class Whole(Counting):
    """The same, which might look at a parameter as a whole: it does not say that it is elementwise."""

    def update(self, new, theta, g, t, m, v):
        super().update(new, theta, g, t, m, v)


class WholeDecay(Counting):
    def decay(self, theta, g):
        return super().decay(theta, g) if theta.ndim > 1 else (theta, g)  # none for biases


class MixedIn:
    """Overrides update from the side."""

    def update(self, *arguments):
        super().update(*arguments)


class WithMixin(MixedIn, Counting):
    pass


class Inherits(Counting):
    pass


def shapes_of_a_step(kind, params):
    optimizer = kind(params)
    for p in params:
        p.grad = np.ones_like(p.data)
    optimizer.step()
    return optimizer.shapes


def test_a_small_gru_is_moved_by_one_update():
    gru = nn.GRU(2, 8)

    assert shapes_of_a_step(Counting, list(gru.parameters())) == [(gru.num_parameters,)]


def test_large_parameters_and_a_few_small_ones_are_moved_one_by_one():
    large, few = nn.GRU(2, 200), nn.Linear(2, 3)
    assert shapes_of_a_step(Counting, list(few.parameters())) == [(2, 3), (3,)]
    assert sorted(shapes_of_a_step(Counting, list(large.parameters()))) == [(200,)] * 3 + [(202, 200)] * 3


@pytest.mark.parametrize("kind", [Whole, WholeDecay, WithMixin])
def test_what_does_not_say_that_it_is_elementwise_gets_each_parameter_in_its_own_shape(kind):
    params = parameters()

    assert shapes_of_a_step(kind, params) == [p.shape for p in params]
    assert not kind.elementwise and Inherits.elementwise and optim.AdamW.elementwise and not optim.SGD.elementwise


def two_alike():
    """Equal parameters, each list with an Adam that has made three steps."""
    pairs = []
    for _ in range(2):
        params = parameters((np.float32, np.float64))
        pairs += [params, optim.Adam(params, 0.1)]
    advance(*pairs, range(3))
    return pairs


def advance(ours, optimizer, others, other, seeds):
    for n in seeds:
        for params, o in ((ours, optimizer), (others, other)):
            set_gradients(params, n)
            o.step()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_goes_on_to_the_same_bits_and_has_moments_of_its_own(copied):
    ours, optimizer, _, _ = two_alike()
    others, other = copied((ours, optimizer))
    advance(ours, optimizer, others, other, range(3, 6))

    assert_same_bits(ours, others)
    assert is_flat(other) and other.counts == optimizer.counts == [6] * len(ours)
    assert all((other.state_dict()[key] == value).all() for key, value in optimizer.state_dict().items())
    other.state[0]["m"][...] = 0
    assert (optimizer.state[0]["m"] != 0).any()


def test_moments_that_were_replaced_or_changed_in_place_are_those_that_count():
    ours, optimizer, others, other = two_alike()
    for moments, in_place in zip(optimizer.state, other.state, strict=True):
        moments["m"] = np.zeros_like(moments["m"])
        in_place["m"][...] = 0
    advance(ours, optimizer, others, other, [3])

    assert_same_bits(ours, others)
    assert (optimizer.state[0]["m"] == other.state[0]["m"]).all() and (optimizer.state[0]["m"] != 0).any()


def test_a_parameter_that_was_given_another_array_is_moved_from_there():
    ours, optimizer, others, other = two_alike()
    for params in (ours, others):
        params[0].assign(np.ones(params[0].shape))
    other.load_state_dict(other.state_dict())
    advance(ours, optimizer, others, other, [3])

    assert_same_bits(ours, others)
    assert np.abs(ours[0].data - 1).max() < 0.2


def test_a_parameter_that_was_given_another_dtype_keeps_it():
    gru = nn.GRU(1, 2)
    optimizer = optim.Adam(gru.parameters())
    gru.astype(np.float64)
    for p in optimizer.params:
        p.grad = np.ones(p.shape)
    optimizer.step()

    assert {p.dtype for p in gru.parameters()} == {np.dtype(np.float64)}
    assert {m.dtype for moments in optimizer.state for m in moments.values()} == {np.dtype(np.float32)}


def test_two_optimisers_of_the_same_parameters_do_not_disturb_each_other():
    params, others = parameters(), parameters()
    one, other = optim.Adam(params, 0.1), optim.Adam(params[::-1], 0.1)
    apart = [(optim.Adam([p], 0.1), optim.Adam([p], 0.1)) for p in others]
    for n in range(4):
        set_gradients(params, n)
        set_gradients(others, n)
        (one, other)[n % 2].step()
        for pair in apart:
            pair[n % 2].step()

    assert_same_bits(params, others)
