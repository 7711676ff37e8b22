"""The losses: by hand, at extremes, with masks, and their gradients."""

import math

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import errors
from tinygrad_gru.nn import losses

bce = losses.binary_cross_entropy_with_logits


def test_mse_by_hand():
    assert losses.mse(tg.Tensor([1.0, 2.0]), [3.0, 2.0]).item() == 2.0


def test_mae_by_hand():
    y = tg.Tensor([1.0, 5.0, 2.0], requires_grad=True)
    loss = losses.mae(y, [2.0, 2.0, 2.0])
    loss.backward()

    assert loss.item() == pytest.approx(4 / 3) and y.grad.tolist() == pytest.approx([-1 / 3, 1 / 3, 0])
    assert losses.mae(y, [2.0, 2.0, 9.0], mask=[1, 1, 0]).item() == 2.0


def test_binary_cross_entropy_by_hand():
    wanted = -(math.log(1 / (1 + math.exp(-2.0))) + math.log(1 - 1 / (1 + math.exp(-0.5)))) / 2

    assert bce(tg.Tensor(np.array([2.0, 0.5])), [1, 0]).item() == pytest.approx(wanted, rel=1e-15)
    assert bce(tg.Tensor(np.array([0.0])), [0.3]).item() == pytest.approx(math.log(2))


def test_cross_entropy_by_hand():
    logits = tg.Tensor(np.log([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]]))

    assert losses.cross_entropy(logits, [0, 2]).item() == pytest.approx(-(math.log(0.5) + math.log(0.7)) / 2)
    assert losses.cross_entropy(logits.reshape(1, 2, 3), [[0, 2]]).item() == pytest.approx(0.52491, abs=1e-5)


def test_cross_entropy_takes_probabilities_too():
    logits = [[2.0, 0.0, 1.0], [0.0, 1.0, 3.0]]
    sure = losses.cross_entropy(logits, np.float32([[1, 0, 0], [0, 0, 1]])).item()
    half = losses.cross_entropy([[0.0, 0.0]], np.float32([[0.5, 0.5]])).item()
    masked = losses.cross_entropy(logits, np.float32([[1, 0, 0], [np.nan, 0, 1]]), mask=[1, 0]).item()

    assert sure == pytest.approx(losses.cross_entropy(logits, [0, 2]).item()) and half == pytest.approx(math.log(2))
    assert masked == pytest.approx(losses.cross_entropy(logits[:1], [0]).item())


def test_binary_cross_entropy_is_exact_at_extremes():
    x = tg.Tensor(np.array([1e4, -1e4, 50.0, -50.0]), requires_grad=True)

    right = bce(x, [1, 0, 1, 0], mask=[0, 0, 1, 1])
    assert right.item() == pytest.approx(math.exp(-50), rel=1e-14)  # σ(50) rounds to 1, and ln 1 would be 0
    assert bce(x, [0, 1, 1, 0]).item() == pytest.approx(5e3)
    bce(x, [0, 1, 1, 0]).backward()
    assert x.grad.tolist() == pytest.approx([0.25, -0.25, 0, 0])


def test_cross_entropy_is_finite_at_extremes():
    x = tg.Tensor(np.array([[1e4, -1e4, 0.0]], np.float32), requires_grad=True)
    loss = losses.cross_entropy(x, [1])
    loss.backward()

    assert loss.item() == 2e4 and x.grad.tolist() == [[1, -1, 0]]


def test_the_gradients_are_those_of_the_textbook():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 3)), rng.random((4, 3))
    t = tg.Tensor(x, requires_grad=True)

    assert np.allclose(tg.grad(losses.mse(t, y), t), 2 * (x - y) / 12, rtol=1e-12)
    assert np.allclose(tg.grad(bce(t, y), t), (1 / (1 + np.exp(-x)) - y) / 12, rtol=1e-12)
    softmax = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    assert np.allclose(
        tg.grad(losses.cross_entropy(t, [0, 1, 2, 0]), t), (softmax - np.eye(3)[[0, 1, 2, 0]]) / 4, rtol=1e-12
    )


LOSSES = pytest.mark.parametrize(
    ("loss", "target"),
    [(losses.mse, np.ones((3, 2))), (bce, np.ones((3, 2))), (losses.cross_entropy, np.array([0, 1, 1]))],
)


@LOSSES
def test_a_mask_leaves_rows_out_of_the_mean(loss, target):
    x = np.random.default_rng(0).normal(size=(3, 2))

    masked = loss(tg.Tensor(x), target, mask=[True, False, True]).item()

    assert masked == pytest.approx(loss(tg.Tensor(x[[0, 2]]), target[[0, 2]]).item(), rel=1e-14)


@LOSSES
def test_weights_weigh(loss, target):
    x = np.random.default_rng(0).normal(size=(3, 2))

    got = loss(tg.Tensor(x), target, mask=np.array([2.0, 0.0, 1.0])).item()

    assert got == pytest.approx(loss(tg.Tensor(x[[0, 0, 2]]), target[[0, 0, 2]]).item(), rel=1e-14)


@LOSSES
def test_what_is_masked_may_hold_anything(loss, target):
    x = np.random.default_rng(0).normal(size=(3, 2))
    x[1], target = np.nan, target.copy()
    target[1] = -100 if target.dtype.kind == "i" else np.nan
    t = tg.Tensor(x, requires_grad=True)

    result = loss(t, target, mask=[1, 0, 1])
    result.backward()

    assert math.isfinite(result.item())
    assert np.isfinite(t.grad).all() and (t.grad[1] == 0).all() and (t.grad[[0, 2]] != 0).any()


def test_a_mask_of_single_elements():
    assert losses.mse(tg.Tensor([[1.0, 2.0], [3.0, 9.0]]), [[0, 0], [0, 0]], mask=[[1, 0], [1, 0]]).item() == 5.0


@LOSSES
def test_the_result_is_named_stands_in_its_scope_and_keeps_its_dtype(loss, target):
    got = loss(tg.Tensor(np.zeros((3, 2), np.float32)), target, mask=np.ones(3))

    assert (got.name, got.shape, got.dtype) == ("L", (), np.float32)
    assert (got.scope.label, got.scope.role) == ("loss", "loss")


def test_the_gradient_reaches_a_target_that_is_a_tensor():
    y = tg.Tensor([1.0, 2.0], requires_grad=True)
    losses.mse(tg.Tensor([0.0, 0.0]), y).backward()

    assert y.grad.tolist() == [1, 2]


def test_the_gradient_reaches_soft_targets_that_are_a_tensor():
    """∂L/∂target = −ln softmax(x) / rows, by hand, with a mask and without."""
    x = np.array([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0]])
    logs = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    target = tg.Tensor(np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]]), requires_grad=True)

    assert np.allclose(tg.grad(losses.cross_entropy(tg.Tensor(x), target), target), -logs / 2)
    masked = tg.grad(losses.cross_entropy(tg.Tensor(x), target, mask=[0, 1]), target)
    assert np.allclose(masked, [[0, 0, 0], -logs[1]])
    single = tg.grad(losses.cross_entropy(tg.Tensor(x.astype(np.float32)), target), target)
    assert single.dtype == np.float64 and np.allclose(single, -logs / 2, rtol=1e-5)
    assert tg.gradcheck(lambda x, y: losses.cross_entropy(x, tg.softmax(y)), x, x[::-1].copy(), order=2)


def test_a_mask_that_requires_a_gradient_is_refused():
    """Its gradient would be lost; what has weight 0 is left out before its loss is known."""
    mask = tg.Tensor([1.0, 0.5, 0.0], requires_grad=True)

    for loss, target in [(losses.mse, X), (losses.mae, X), (bce, X), (losses.cross_entropy, np.array([0, 1, 1]))]:
        with pytest.raises(errors.GraphError, match=r"the mask requires a gradient, .* try: mask.detach\(\)"):
            loss(tg.Tensor(X), target, mask=mask)
        with tg.no_grad():
            assert np.isfinite(loss(tg.Tensor(X), target, mask=mask).item())
        assert np.isfinite(loss(tg.Tensor(X), target, mask=mask.detach()).item())


def test_the_mean_of_a_million_equal_losses_does_not_drift():
    x = np.zeros((1_000_000, 3), np.float32)

    assert losses.mae(x, x + np.float32(0.1)).item() == pytest.approx(float(np.float32(0.1)), rel=1e-6)
    weighted = losses.mae(x, x + np.float32(0.1), mask=np.ones(len(x))).item()
    assert weighted == pytest.approx(float(np.float32(0.1)), rel=1e-6)


X = np.zeros((3, 2), np.float32)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: losses.mse(X, X[:, :1]), errors.ShapeError, r"mse: shapes differ: .*\(3, 2\) and target \(3, 1\)"),
        (lambda: bce(X, X[0]), errors.ShapeError, r"with_logits: shapes differ: .* try: target.reshape"),
        (lambda: losses.cross_entropy(X, [0, 1]), errors.ShapeError, r"targets \(2,\) do not fit logits \(3, 2\), w"),
        (lambda: losses.cross_entropy(X, [[0], [1], [1]]), errors.ShapeError, r"wanted \(3,\)"),
        (lambda: losses.cross_entropy(X, [0.0, 1.0, 1.0]), errors.DtypeError, r"whole numbers, got float64\. try"),
        (lambda: losses.cross_entropy(X, [0, 1, 2]), errors.ArgumentError, "from 0 to 1, got 2"),
        (lambda: losses.cross_entropy(X, [0, 1, -1]), errors.ArgumentError, "from 0 to 1, got -1"),
        (lambda: losses.mse(X, X, mask=[1, 1]), errors.ShapeError, r"mask \(2,\) does not fit, wanted \(3, 2\) or its"),
        (lambda: losses.mse(X, X, mask=[0, 0, 0]), errors.ArgumentError, "not all of them 0"),
        (lambda: losses.mse(X, X, mask=[1, -1, 0]), errors.ArgumentError, "finite weights from 0 up"),
        (lambda: losses.mse(X, X, mask=[1, np.nan, 0]), errors.ArgumentError, "finite weights from 0 up"),
        (lambda: losses.mse(X[:0], X[:0]), errors.ShapeError, r"nothing to average in shape \(0, 2\)"),
    ],
)
def test_what_does_not_fit_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# -- the options of PyTorch --


def ln_p(logits):
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


LOGITS = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 1.5], [2.0, 0.1, -0.3]])
CLASSES = np.array([1, 2, 0])


def test_a_reduction_is_the_mean_the_sum_or_none():
    y, target = np.array([1.0, 5.0, 2.0]), np.array([2.0, 9.0, 2.0])
    for loss, each in [(losses.mse, [1, 16, 0]), (losses.mae, [1, 4, 0])]:
        assert loss(y, target, reduction="none").data.tolist() == each
        assert loss(y, target, reduction="sum").item() == sum(each)
        assert loss(y, target, [1, 0, 2], reduction="none").data.tolist() == [each[0], 0, 2 * each[2]]
        assert loss(y, target, [1, 0, 2], "sum").item() == each[0] + 2 * each[2]
    with pytest.raises(errors.ArgumentError, match=r"reduction: got 'average', wanted \"mean\", \"sum\" or \"none\""):
        losses.mse(y, target, reduction="average")


def test_class_weights_weigh_the_terms_and_the_mean():
    c = np.array([1.0, 2.0, 4.0])
    each = -ln_p(LOGITS)[range(3), CLASSES] * c[CLASSES]
    assert np.allclose(losses.cross_entropy(LOGITS, CLASSES, weight=c, reduction="none").data, each)
    assert losses.cross_entropy(LOGITS, CLASSES, weight=c).item() == pytest.approx(each.sum() / c[CLASSES].sum())
    assert losses.cross_entropy(LOGITS, CLASSES, [1, 0, 3], weight=c).item() == pytest.approx(
        (each[0] + 3 * each[2]) / (c[1] + 3 * c[0])
    )
    soft = np.full((3, 3), 1 / 3)
    assert losses.cross_entropy(LOGITS, soft, weight=c).item() == pytest.approx(-(ln_p(LOGITS) * c).sum() / 3 / 3)


def test_an_ignored_class_counts_for_nothing_even_where_it_is_nan():
    logits = tg.Tensor(np.where([[False], [True], [False]], np.nan, LOGITS), requires_grad=True)
    loss = losses.cross_entropy(logits, [1, -100, 0], ignore_index=-100)
    loss.backward()
    assert loss.item() == pytest.approx(-(ln_p(LOGITS)[0, 1] + ln_p(LOGITS)[2, 0]) / 2)
    assert (logits.grad[1] == 0).all() and np.isfinite(logits.grad).all()
    assert losses.cross_entropy(LOGITS, [1, 1, 0], [1, 1, 0], ignore_index=0).item() == pytest.approx(
        -(ln_p(LOGITS)[0, 1] + ln_p(LOGITS)[1, 1]) / 2
    )


def test_smoothed_labels_are_probabilities():
    soft = np.full((3, 3), 0.3 / 3) + 0.7 * np.eye(3)[CLASSES]
    c = np.array([1.0, 2.0, 4.0])
    wanted = -(soft * ln_p(LOGITS)).sum(-1)
    assert losses.cross_entropy(LOGITS, CLASSES, label_smoothing=0.3).item() == pytest.approx(wanted.mean())
    assert losses.cross_entropy(LOGITS, np.eye(3)[CLASSES], label_smoothing=0.3).item() == pytest.approx(wanted.mean())
    got = losses.cross_entropy(LOGITS, CLASSES, weight=c, label_smoothing=0.3, reduction="none")
    assert np.allclose(got.data, -(soft * c * ln_p(LOGITS)).sum(-1))


def test_a_positive_weight_multiplies_the_term_of_ones():
    x, t = np.array([[0.5, -1.0], [2.0, 0.0]]), np.array([[1.0, 0.0], [0.25, 1.0]])
    p, sigma = np.array([3.0, 2.0]), 1 / (1 + np.exp(-x))
    wanted = -(p * t * np.log(sigma) + (1 - t) * np.log(1 - sigma))
    got = losses.binary_cross_entropy_with_logits(x, t, reduction="none", pos_weight=p)
    assert np.allclose(got.data, wanted)


@pytest.mark.parametrize(
    "options",
    [
        {"weight": [1.0, 2.0, 4.0]},
        {"ignore_index": 2},
        {"label_smoothing": 0.2},
        {"weight": [1.0, 2.0, 4.0], "ignore_index": 2, "label_smoothing": 0.2, "reduction": "sum"},
    ],
)
def test_the_gradients_of_all_options_are_those_of_differences(options):
    assert tg.gradcheck(lambda x: losses.cross_entropy(x, CLASSES, **options), LOGITS)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: losses.cross_entropy(LOGITS, [1, -100, 0]), errors.ArgumentError, "got -100.* try: ignore_index=-100"),
        (lambda: losses.cross_entropy(LOGITS, [1, 1, 1], ignore_index=1), errors.ArgumentError, "nothing is left"),
        (
            lambda: losses.cross_entropy(LOGITS, LOGITS, ignore_index=1),
            errors.ArgumentError,
            "ignore_index is for classes",
        ),
        (
            lambda: losses.cross_entropy(LOGITS, CLASSES, ignore_index=0.5),
            errors.ArgumentError,
            "ignore_index: got 0.5",
        ),
        (
            lambda: losses.cross_entropy(LOGITS, CLASSES, weight=[1, 2]),
            errors.ShapeError,
            r"weight \(2,\) does not fit",
        ),
        (
            lambda: losses.cross_entropy(LOGITS, CLASSES, weight=[1, -2, 1]),
            errors.ArgumentError,
            "finite numbers from 0 up",
        ),
        (
            lambda: losses.cross_entropy(LOGITS, CLASSES, weight=[0, 0, 0]),
            errors.ArgumentError,
            "all classes that occur are 0",
        ),
        (
            lambda: losses.cross_entropy(LOGITS, CLASSES, label_smoothing=1),
            errors.ArgumentError,
            "at least 0 and below 1",
        ),
        (
            lambda: losses.cross_entropy(LOGITS, CLASSES, weight=tg.Tensor(np.ones(3), requires_grad=True)),
            errors.GraphError,
            r"weight requires a gradient.* try: weight.detach\(\)",
        ),
        (
            lambda: losses.binary_cross_entropy_with_logits(LOGITS, LOGITS, pos_weight=np.ones(2)),
            errors.ShapeError,
            r"pos_weight \(2,\) does not fit",
        ),
    ],
)
def test_an_option_that_does_not_fit_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
