"""What all optimisers share: what a step changes and leaves alone, the state, and what is refused."""

import functools
import math
import tracemalloc

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.optim.stepping import after
from tinygrad_gru import errors, nn, optim
from tinygrad_gru.nn.files import read_arrays, write_arrays

ALL = [
    lambda ps: optim.SGD(ps, lr=0.1),
    lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True),
    lambda ps: optim.RMSprop(ps, lr=0.1, weight_decay=0.1),
    lambda ps: optim.Adam(ps, lr=0.1, weight_decay=0.1),
    lambda ps: optim.AdamW(ps, lr=0.1),
]
EACH = pytest.mark.parametrize("make", ALL, ids=["SGD", "SGD Nesterov", "RMSprop", "Adam", "AdamW"])


class Sign(optim.Optimizer):
    def update(self, new, theta, g, t):
        np.subtract(theta, self.lr * np.sign(g), out=new)


@EACH
def test_the_bottom_of_a_bowl_is_found(make):
    x = nn.Parameter(np.array([3.0, -2.0]))
    optimizer = make([x])
    for _ in range(300):
        optimizer.zero_grad()
        (x * x).sum().backward()
        optimizer.step()

    assert np.abs(x.data).max() < 0.1


@EACH
def test_a_new_value_is_a_new_array_and_moments_stay_the_same_ones(make):
    x = nn.Parameter(np.ones((2, 2), np.float32))
    optimizer = make([x])
    old, moments = x.data, [id(a) for state in optimizer.state for a in state.values()]
    y = x * x
    for _ in range(3):
        x.grad = np.full((2, 2), 0.5, np.float32)
        optimizer.step()

    assert (old == 1).all() and x.data is not old and x.dtype == np.float32
    assert not x.data.flags.writeable
    assert x.grad.tolist() == [[0.5, 0.5], [0.5, 0.5]]  # read, not changed
    assert [id(a) for state in optimizer.state for a in state.values()] == moments
    with pytest.raises(errors.StaleGraphError):
        y.sum().backward()


@EACH
def test_a_parameter_without_a_gradient_is_skipped(make):
    one, other = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = make([one, other])
    for _ in range(3):
        one.grad = np.ones(1, np.float32)
        optimizer.step()
    other.grad, one.grad = np.ones(1, np.float32), None
    optimizer.step()

    first = nn.Parameter([1.0])
    first.grad = np.ones(1, np.float32)
    make([first]).step()
    assert other.item() == first.item()  # its first update, whatever happened to the others before


@EACH
def test_parameters_of_any_shape_are_moved(make):
    shapes = [(), (0, 3), (1,), (2, 1, 3)]
    params = [nn.Parameter(np.ones(shape)) for shape in shapes]
    optimizer = make(params)
    for p in params:
        p.grad = np.ones(p.shape)
    optimizer.step()

    assert [p.shape for p in params] == shapes
    assert all((p.data < 1).all() for p in params)


def test_float32_stays_float32_even_with_a_gradient_of_doubles():
    p = nn.Parameter([1.0])
    p.grad = np.array([1.0])
    optim.Adam([p]).step()

    assert p.dtype == np.float32


def peak_of_a_step(optimizer):
    """In arrays of the size of the parameter, of which there is one."""
    (p,) = optimizer.params
    p.grad = np.ones_like(p.data)
    optimizer.step()
    tracemalloc.start()
    try:
        optimizer.step()
        return tracemalloc.get_traced_memory()[1] / p.data.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "make", [optim.SGD, lambda ps: optim.SGD(ps, 0.1, 0.9, nesterov=True), optim.RMSprop, optim.Adam]
)
def test_a_step_allocates_the_new_values_and_nothing_else(make):
    assert peak_of_a_step(make([nn.Parameter(np.ones((256, 256), np.float32))])) < 1.1


def test_an_array_that_a_step_makes_beside_the_new_values_is_counted():
    assert peak_of_a_step(Sign([nn.Parameter(np.ones((256, 256), np.float32))], lr=0.1)) > 1.9


# --- state -----------------------------------------------------------------------------------------------------------


def steps(optimizer, params, n, seed):
    rng = np.random.default_rng(seed)
    for _ in range(n):
        for p in params:
            p.grad = rng.normal(size=p.shape).astype(p.dtype)
        optimizer.step()


@EACH
def test_an_optimiser_that_is_given_its_state_back_goes_on_to_the_same_bits(make, tmp_path):
    one = [nn.Parameter(np.ones((2, 3), np.float32)), nn.Parameter(np.ones(3))]
    optimizer = make(one)
    steps(optimizer, one, 5, seed=0)

    state = optimizer.state_dict()
    write_arrays(tmp_path / "o.npz", state)
    other = [nn.Parameter(p.data) for p in one]
    resumed = make(other)
    resumed.load_state_dict(read_arrays(tmp_path / "o.npz", {k: (a.shape, a.dtype) for k, a in state.items()}))
    steps(optimizer, one, 5, seed=1)
    steps(resumed, other, 5, seed=1)

    assert resumed.steps == 10
    assert all((p.data == q.data).all() for p, q in zip(one, other, strict=True))


def test_the_names_of_the_state():
    optimizer = optim.Adam([nn.Parameter([1.0]), nn.Parameter([2.0])])

    assert list(optimizer.state_dict()) == ["steps", "counts", "0.m", "0.v", "1.m", "1.v"]


def test_a_state_that_does_not_fit_is_refused_as_a_whole():
    optimizer = optim.Adam([nn.Parameter([1.0])])
    steps(optimizer, optimizer.params, 1, seed=0)
    before = optimizer.state_dict()
    state = {"steps": np.array(9), "counts": np.array([1, 2]), "0.m": np.zeros(1), "x": np.zeros(1)}

    with pytest.raises(errors.CheckpointError) as failure:
        optimizer.load_state_dict(state)

    assert str(failure.value) == (
        "the state does not fit Adam: 0.v is missing; x is unexpected; "
        "counts is int64 (2,), wanted int64 (1,); 0.m is float64 (1,), wanted float32 (1,)"
    )
    assert all((optimizer.state_dict()[key] == before[key]).all() for key in before)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [optim.SGD, optim.RMSprop, optim.Adam, optim.AdamW])
@pytest.mark.parametrize("lr", [math.nan, math.inf, -math.inf, 0, 0.0, -0.1])
def test_a_learning_rate_is_a_finite_number_above_zero(kind, lr):
    with pytest.raises(errors.ArgumentError, match=f"lr must be a finite number above 0, got {lr}"):
        kind([nn.Parameter([1.0])], lr=lr)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (lambda p: [], "the list of parameters is empty"),
        (lambda p: [p, p], r"W \(1,\) is in the list twice"),
        (lambda p: p, "wants a list of parameters, got a Parameter. try: module.parameters"),
        (lambda p: nn.Linear(1, 1), "wants a list of parameters, got a Linear. try: module.parameters"),
        (lambda p: nn.Linear(1, 1).named_parameters(), "wants parameters, got a tuple"),
        (lambda p: [np.ones(1)], "wants parameters, got an ndarray"),
        (lambda p: [tg.Tensor([1.0])], r"tensor \(1,\) is not a leaf that requires a gradient"),
        (lambda p: [p * 2], "is not a leaf"),
    ],
)
def test_parameters_are_leaves_in_a_list_each_once(params, message):
    with pytest.raises(errors.ArgumentError, match=message):
        optim.SGD(params(nn.Parameter([1.0], name="W")))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda ps: optim.SGD(ps, momentum=-1), "momentum must be a finite number from 0 up, got -1"),
        (lambda ps: optim.SGD(ps, weight_decay=math.nan), "weight_decay must be a finite number from 0 up, got nan"),
        (lambda ps: optim.SGD(ps, nesterov=True), "nesterov needs a momentum. try: momentum=0.9"),
        (lambda ps: optim.RMSprop(ps, alpha=1), "alpha must be at least 0 and below 1, got 1"),
        (lambda ps: optim.Adam(ps, betas=(0.9, 1)), r"betas\[1\] must be at least 0 and below 1, got 1"),
        (lambda ps: optim.AdamW(ps, eps=0), "eps must be a finite number above 0, got 0"),
    ],
)
def test_settings_that_make_no_sense_are_named(make, message):
    with pytest.raises(errors.ArgumentError, match=message):
        make([nn.Parameter([1.0])])


def test_a_gradient_of_another_shape_is_not_broadcast():
    p = nn.Parameter([1.0], name="W")
    p.grad = np.ones((2, 1), np.float32)

    with pytest.raises(errors.ShapeError, match=r"Adam: the gradient of W \(1,\) has shape \(2, 1\)"):
        optim.Adam([p]).step()


def test_the_repr_is_short():
    assert repr(optim.Adam(nn.GRU(1, 1).parameters(), lr=1e-3)) == "Adam(6 parameters, lr=0.001)"


def test_weight_decay_reaches_the_gradient_of_an_optimiser_of_ones_own():
    assert after(lambda ps: Sign(ps, lr=0.1, weight_decay=0.5), [-0.4]) == pytest.approx(0.9)  # −0.4 + 0.5·1 > 0
    assert after(lambda ps: Sign(ps, lr=0.1, weight_decay=0.5), [-0.6]) == pytest.approx(1.1)


def test_an_optimiser_of_ones_own_needs_only_an_update():

    assert after(lambda ps: Sign(ps, lr=0.1), [5.0, 3.0, -2.0]) == pytest.approx(0.9)
    with pytest.raises(NotImplementedError, match="Optimizer needs an update"):
        after(lambda ps: optim.Optimizer(ps, lr=0.1), [1.0])


@pytest.mark.parametrize("kind", [optim.SGD, optim.RMSprop, optim.Adam, optim.AdamW, optim.Adagrad, optim.NAdam])
def test_maximising_a_function_is_minimising_its_negative(kind):
    up, down = ([nn.Parameter([1.0, 2.0]) for _ in range(6)] for _ in range(2))
    climbs, falls = kind(up, lr=0.1, weight_decay=0.01, maximize=True), kind(down, lr=0.1, weight_decay=0.01)
    for g in ([0.5, -1.0], [2.0, 0.25]):
        for p, q in zip(up, down, strict=True):
            p.grad, q.grad = np.array(g, np.float32), -np.array(g, np.float32)
        climbs.step()
        falls.step()
        assert up[0].grad.tolist() == g, "the gradients stay as they are"
    assert all((p.data == q.data).all() for p, q in zip(up, down, strict=True))


@pytest.mark.parametrize("kind", [optim.Adagrad, optim.NAdam, functools.partial(optim.Adam, amsgrad=True)])
def test_training_goes_on_from_a_file_to_the_same_bits(kind, tmp_path):
    def train(p, optimizer, n):
        for i in range(n):
            p.grad = np.sin(p.data + i)
            optimizer.step()

    whole, half = nn.Parameter([1.0, -2.0]), nn.Parameter([1.0, -2.0])
    optimizer = kind([half], lr=0.1)
    train(half, optimizer, 3)
    tg.save(optimizer, tmp_path / "optimizer.npz")
    resumed = tg.load(kind([half], lr=0.1), tmp_path / "optimizer.npz")
    first = kind([whole], lr=0.1)
    train(whole, first, 3)
    for i in range(2):
        for p, o in ((whole, first), (half, resumed)):
            p.grad = np.cos(p.data + i)
            o.step()
    assert (whole.data == half.data).all()
