"""Branches not taken: what stands in them, NaN and infinity too, reaches no gradient.

The oracle is the same computation with the rows left out before it begins.
"""

import numpy as np
import pytest

import tinygrad_gru as tg

BAD = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}
TAKEN = np.array([True, False, True, False])
X = np.array([[0.5, 1.0, 1.5], [2.0, 0.3, 0.7], [1.2, 0.4, 0.9], [0.1, 0.8, 0.6]])
W = np.array([[0.2, 0.5], [0.3, 0.4], [0.7, 0.1]])

# Functions of rows x (4, 3) and weights w (3, 2), in which no row depends on another.
ROWS = {
    "matmul": lambda x, w: x @ w,
    "a stack of matrices": lambda x, w: tg.reshape(tg.reshape(x, (2, 2, 3)) @ w, (4, 2)),
    "matrices that are stacked": lambda x, w: tg.matmul(tg.reshape(x, (4, 1, 3)), w)[:, 0],
    "a row vector": lambda x, w: tg.stack([x[i] @ w for i in range(4)]),
    "einsum": lambda x, w: tg.einsum("bi,ij->bj", x, w),
    "einsum of three": lambda x, w: tg.einsum("bi,ij,bi->bj", x, w, x),
    "tensordot": lambda x, w: tg.tensordot(x, w, 1),
    "multiply": lambda x, w: x * w[:, 0],
    "divide": lambda x, w: w[:, 1] / x,
    "pow": lambda x, w: x ** w[:, 0],
    "layer norm": lambda x, w: (x - tg.mean(x, 1, True)) / tg.std(x, 1, keepdims=True) @ w,
    "softmax": lambda x, w: tg.softmax(x @ w),
    "log_softmax": lambda x, w: tg.log_softmax(x @ w),
    "logsumexp": lambda x, w: tg.logsumexp(x @ w, axis=1, keepdims=True),
    "norm": lambda x, w: tg.vector_norm(x @ w, axis=1, keepdims=True),
    "var": lambda x, w: tg.var(x @ w, axis=1, keepdims=True),
    "prod": lambda x, w: tg.prod(x @ w, axis=1, keepdims=True),
    "max": lambda x, w: tg.max(x @ w, axis=1, keepdims=True),
    "cumulative_prod": lambda x, w: tg.cumulative_prod(x * w[:, 0], axis=1),
    "cumulative_sum": lambda x, w: tg.cumulative_sum(x * w[:, 0], axis=1),
    "sort": lambda x, w: tg.sort(x * w[:, 0], axis=1),
    "activations": lambda x, w: tg.gelu(tg.silu(tg.softplus(tg.sigmoid(tg.tanh(x @ w))))),
    "logarithms": lambda x, w: tg.log(tg.sqrt(tg.log1p(x @ w))),
    "angles": lambda x, w: tg.arctan2(tg.sinh(x), tg.hypot(x, w[:, 0])),
    "logarithms of other bases": lambda x, w: tg.log2(tg.log10(10 + x @ w)) + tg.reciprocal(x @ w),
    "erf and gelu": lambda x, w: tg.erf(x @ w) + tg.gelu(x @ w) + tg.elu(x @ w),
    "norm of order 3": lambda x, w: tg.vector_norm(x @ w, axis=1, keepdims=True, ord=3),
    "differences and extremes": lambda x, w: tg.diff(tg.cumulative_max(x * w[:, 0], axis=1), axis=1),
    "clip between arrays": lambda x, w: tg.clip(x, w[:, 0], x * 2 + w[:, 1]),
    "remainder": lambda x, w: tg.remainder(x, w[:, 0]),
    "inverses": lambda x, w: tg.linalg.inv(matrices(x) + w[0, 0])[:, 0],
    "equations": lambda x, w: tg.linalg.solve(matrices(x), w[:2, :1])[:, :, 0],
    "determinants": lambda x, w: (tg.linalg.det(matrices(x) * w[0, 0]) + tg.linalg.slogdet(matrices(x))[1])[:, None],
    "checkpoint": lambda x, w: tg.checkpoint(lambda a: tg.tanh(a @ w), x),
    "two layers": lambda x, w: tg.relu(tg.tanh(x @ w) @ w.T) @ w,
}


def matrices(x):
    """Each row as a matrix of 2 by 2, none of them singular where all is finite."""
    a, b, c = (x[:, i, None, None] for i in range(3))
    return tg.concat([tg.concat([a + 2, b], axis=2), tg.concat([c, a * 3 + 1], axis=2)], axis=1)


CHOICES = {
    "where": lambda y: tg.where(TAKEN[:, None], y, 0.0),
    "a mask": lambda y: y[TAKEN],
    "a slice": lambda y: y[::2],
    "indices": lambda y: tg.take(y, [0, 2, 2], axis=0),
}


def leaf(data):
    return tg.Tensor(np.array(data), requires_grad=True)


def chosen(choice, y):
    return tg.sum(tg.square(CHOICES[choice](y)) * 0.5 + CHOICES[choice](y))


@pytest.mark.parametrize("create_graph", [False, True], ids=["numbers", "recorded"])
@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("rows", ROWS)
def test_rows_that_are_not_taken_may_hold_anything(rows, bad, choice, create_graph):
    function = ROWS[rows]
    poisoned = X.copy()
    poisoned[~TAKEN] = BAD[bad]
    x, w = leaf(poisoned), leaf(W)
    with np.errstate(all="ignore"):
        loss = chosen(choice, function(x, w))
        to_x, to_w = tg.grad(loss, [x, w], create_graph=create_graph)

    clean = X.copy()
    clean[~TAKEN] = [1.0, 2.0, 4.0]
    a, b = leaf(clean), leaf(W)
    for_x, for_w = tg.grad(chosen(choice, function(a, b)), [a, b])
    got_x, got_w = (t.data if create_graph else t for t in (to_x, to_w))
    assert np.allclose(got_x, for_x, rtol=1e-12, atol=1e-15)
    assert np.allclose(got_w, for_w, rtol=1e-12, atol=1e-15)
    assert not got_x[~TAKEN].any()


@pytest.mark.parametrize("rows", ["matmul", "einsum", "softmax", "norm", "cumulative_prod", "checkpoint", "two layers"])
def test_second_derivatives_do_not_see_them_either(rows):
    def twice(data):
        x, w = leaf(data), leaf(W)
        with np.errstate(all="ignore"):
            slope = tg.grad(chosen("where", ROWS[rows](x, w)), w, create_graph=True)
            return tg.grad(tg.sum(slope * slope), w)

    poisoned = np.where(TAKEN[:, None], X, np.nan)
    assert np.allclose(twice(poisoned), twice(np.where(TAKEN[:, None], X, [1.0, 2.0, 4.0])), rtol=1e-12)


@pytest.mark.parametrize("rows", ROWS)
def test_a_nan_that_is_taken_is_not_hidden(rows):
    poisoned = X.copy()
    poisoned[0] = np.nan  # a row that counts
    x, w = leaf(poisoned), leaf(W)
    with np.errstate(all="ignore"):
        to_x, to_w = tg.grad(chosen("where", ROWS[rows](x, w)), [x, w])

    assert np.isnan(to_x[0]).any() or np.isnan(to_w).any()


def test_a_zero_by_chance_above_no_choice_hides_nothing():
    x = leaf([0.0, 4.0])
    with np.errstate(all="ignore"):
        assert np.isnan(tg.grad(tg.sum(tg.sqrt(x) * np.array([0.0, 1.0])), x)[0])  # 0·∞
        w = leaf(W)
        assert np.isnan(tg.grad(tg.sum((np.full((1, 3), np.nan) @ w) * 0.0), w)).all()


def test_only_the_terms_that_meet_what_is_not_finite_are_lost():
    x = np.array([[np.nan, 1.0, 2.0], [3.0, 4.0, 5.0]])
    w = leaf(W)
    with np.errstate(all="ignore"):
        y = tg.where(np.array([[True, False], [True, True]]), x @ w, 0.0)
        (gradient,) = tg.grad(tg.sum(y), [w])

    # the NaN meets the gradient of the first column, and of the first row of w
    assert np.isnan(gradient[0, 0])
    assert gradient[1:].tolist() == [[5, 4], [7, 5]]
    assert gradient[0, 1] == 3


def test_a_masked_loss_of_a_padded_row_gives_every_weight_its_gradient():
    tg.seed(0)
    linear = tg.nn.Linear(3, 2)
    x = np.array([[0.5, 1.0, 1.5], [np.nan, np.inf, -np.inf]], np.float32)
    target = np.array([[1.0, 2.0], [np.nan, np.nan]], np.float32)
    tg.nn.losses.mse(linear(x), target, mask=[1, 0]).backward()
    padded = {name: p.grad for name, p in linear.named_parameters()}
    linear.zero_grad()
    tg.nn.losses.mse(linear(x[:1]), target[:1]).backward()

    for name, p in linear.named_parameters():
        assert np.allclose(padded[name], p.grad, rtol=1e-6), name


def test_a_vjp_that_raises_is_told_from_where():
    class Broken(tg.Op):
        def forward(self, x):
            return x * 2

        def vjp(self, g, y, x):
            raise KeyError("mine")

    x = tg.Tensor([1.0], requires_grad=True, name="x")
    with tg.scope("step", 3):
        y = Broken()(x)
    with pytest.raises(KeyError, match="mine") as caught:
        y.sum().backward()
    (note,) = caught.value.__notes__
    assert note.startswith("in Broken.vjp of x (1,) in step 3, at test_guards.py:")


@pytest.mark.parametrize(
    "product",
    [
        lambda x, W: tg.einsum("bi,bi,i->bi", x, x, W[0]),
        lambda x, W: tg.einsum("bi,bi,ij->bj", x, x, W),
        lambda x, W: tg.cumulative_prod(x * W[0], axis=1),
    ],
)
def test_a_product_of_finite_numbers_that_overflows_in_a_row_not_taken_reaches_nothing(product):
    def gradients(padding):
        x = tg.Tensor(np.array([[1.0, 2.0, 3.0], [padding] * 3]), requires_grad=True)
        W = tg.Tensor(np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 2.0], [2.0, 5.0, 1.0]]), requires_grad=True)
        with np.errstate(over="ignore", invalid="ignore"):  # of which NumPy warns in forward
            loss = tg.where(np.array([[True], [False]]), product(x, W), 0.0).sum()
        return tg.grad(loss, [x, W])

    for g, clean in zip(gradients(1e300), gradients(1.0), strict=True):
        assert np.allclose(g, clean, rtol=1e-12)


@pytest.mark.parametrize("shapes", [((4,), (5, 4, 2)), ((3, 4), (5, 4, 2)), ((5, 3, 4), (4, 2)), ((5, 3, 4), (4,))])
def test_what_only_results_not_taken_are_made_of_may_be_infinite_where_stacks_are_broadcast(shapes):
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=shape) for shape in shapes)
    taken = np.zeros(np.matmul(x, y).shape, bool)
    taken[(0,) * taken.ndim] = True

    def gradients(*arrays):
        places = [tg.Tensor(a, requires_grad=True) for a in arrays]
        with np.errstate(invalid="ignore"):  # ∞ − ∞ in forward
            y = places[0] @ places[1]
        return tg.grad(tg.where(taken, y, 0.0).sum(), places)

    clean = gradients(x, y)
    anything = [np.where(g != 0, a, np.inf) for a, g in zip((x, y), clean, strict=True)]
    for g, wanted in zip(gradients(*anything), clean, strict=True):
        assert np.allclose(g, wanted, rtol=1e-12)
