"""The optimisers, the schedules and the clipping against PyTorch's, step by step."""

import sys

import numpy as np
import pytest

from tinygrad_gru import nn, optim

pytestmark = pytest.mark.parity

SHAPES = [(7, 5), (5,), (1,), (6, 1), (2, 3, 4), (150, 150)]  # five are moved as one vector, and one by itself
STEPS = 50

OPTIMISERS = {
    "SGD": (optim.SGD, "SGD", {"lr": 0.1}),
    "SGD, weight decay": (optim.SGD, "SGD", {"lr": 0.1, "weight_decay": 0.02}),
    "SGD, momentum": (optim.SGD, "SGD", {"lr": 0.05, "momentum": 0.9}),
    "SGD, Nesterov": (optim.SGD, "SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "RMSprop": (optim.RMSprop, "RMSprop", {"lr": 0.01}),
    "RMSprop, all": (optim.RMSprop, "RMSprop", {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.01}),
    "Adam": (optim.Adam, "Adam", {}),
    "Adam, all": (optim.Adam, "Adam", {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1}),
    "Adam, amsgrad": (optim.Adam, "Adam", {"lr": 0.05, "betas": (0.8, 0.9), "amsgrad": True}),
    "Adam, maximised": (optim.Adam, "Adam", {"lr": 0.05, "weight_decay": 0.1, "maximize": True}),
    "AdamW, maximised, amsgrad": (optim.AdamW, "AdamW", {"lr": 0.05, "amsgrad": True, "maximize": True}),
    "SGD, maximised": (optim.SGD, "SGD", {"lr": 0.01, "momentum": 0.5, "maximize": True}),
    "RMSprop, maximised": (optim.RMSprop, "RMSprop", {"eps": 1e-3, "weight_decay": 0.01, "maximize": True}),
    "Adagrad": (optim.Adagrad, "Adagrad", {}),
    "Adagrad, all": (
        optim.Adagrad,
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-4},
    ),
    "NAdam": (optim.NAdam, "NAdam", {}),
    "NAdam, all": (
        optim.NAdam,
        "NAdam",
        {"lr": 0.02, "betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1, "momentum_decay": 0.02, "maximize": True},
    ),
    "AdamW": (optim.AdamW, "AdamW", {}),
    "AdamW, all": (optim.AdamW, "AdamW", {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.3}),
}

SCHEDULES = {
    "constant": (optim.ConstantLR, lambda o, lr: lr.ConstantLR(o, factor=1.0)),
    "step": (lambda o: optim.StepLR(o, 7, gamma=0.5), lambda o, lr: lr.StepLR(o, 7, gamma=0.5)),
    "cosine": (lambda o: optim.CosineLR(o, STEPS), lambda o, lr: lr.CosineAnnealingLR(o, STEPS)),
    "cosine with warm-up": (
        lambda o: optim.CosineLR(o, STEPS, warmup_steps=9),
        lambda o, lr: lr.SequentialLR(
            o, [lr.LinearLR(o, 0.1, 1.0, total_iters=9), lr.CosineAnnealingLR(o, STEPS - 9)], milestones=[9]
        ),
    ),
}


@pytest.fixture(scope="module")
def torch():
    import torch

    return torch


def pairs(torch, dtype=np.float32):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    return [nn.Parameter(a) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]


def set_gradients(torch, ours, theirs, n, scale=1.0):
    """The same ones for both: of very different sizes, and none for the second parameter now and then."""
    rng = np.random.default_rng(n)
    for i, (p, t) in enumerate(zip(ours, theirs, strict=True)):
        g = (scale * rng.normal(size=p.shape) * 10.0 ** rng.integers(-4, 2)).astype(p.dtype)
        skipped = i == 1 and n % 5 == 0
        p.grad, t.grad = (None, None) if skipped else (g.copy(), torch.tensor(g))


def assert_same(ours, theirs, tolerance):
    for p, t in zip(ours, theirs, strict=True):
        wanted = t.detach().numpy()
        assert np.abs(p.data - wanted).max() <= tolerance * np.abs(wanted).max()


@pytest.mark.parametrize(("kind", "name", "settings"), OPTIMISERS.values(), ids=OPTIMISERS.keys())
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-13)])
def test_each_of_fifty_steps_is_pytorchs(kind, name, settings, dtype, tolerance, torch, monkeypatch):
    if name == "NAdam":  # it keeps a product of numbers near 1 in its default dtype, float32
        monkeypatch.setattr(
            sys.modules["torch.optim.nadam"], "_get_scalar_dtype", lambda *args, **options: torch.float64
        )
    ours, theirs = pairs(torch, dtype)
    optimizer, reference = kind(ours, **settings), getattr(torch.optim, name)(theirs, **settings)

    for n in range(STEPS):
        set_gradients(torch, ours, theirs, n)
        optimizer.step()
        reference.step()
        assert_same(ours, theirs, tolerance)


@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step:UserWarning")  # SequentialLR's own doing
@pytest.mark.parametrize(("make", "make_reference"), SCHEDULES.values(), ids=SCHEDULES.keys())
def test_each_of_fifty_steps_under_a_schedule_is_pytorchs(make, make_reference, torch):
    ours, theirs = pairs(torch)
    optimizer = optim.SGD(ours, lr=0.1, momentum=0.9)
    reference = torch.optim.SGD(theirs, lr=0.1, momentum=0.9)
    schedule = make(optimizer)
    reference_schedule = make_reference(reference, torch.optim.lr_scheduler)

    for n in range(STEPS):
        schedule.step()
        assert optimizer.lr == pytest.approx(reference.param_groups[0]["lr"], rel=1e-9)
        set_gradients(torch, ours, theirs, n)
        optimizer.step()
        reference.step()
        reference_schedule.step()
        assert_same(ours, theirs, 1e-6)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_clipping_is_pytorchs(scale, torch):
    ours, theirs = pairs(torch)
    for n in range(10):
        set_gradients(torch, ours, theirs, n, scale)
        norm = optim.clip_grad_norm_(ours, 1.0)
        assert norm == pytest.approx(float(torch.nn.utils.clip_grad_norm_(theirs, 1.0)), rel=1e-6)
        for p, t in zip(ours, theirs, strict=True):
            assert p.grad is None if t.grad is None else np.allclose(p.grad, t.grad.numpy(), rtol=1e-6, atol=0)

        set_gradients(torch, ours, theirs, n, scale)
        optim.clip_grad_value_(ours, 0.5)
        torch.nn.utils.clip_grad_value_(theirs, 0.5)
        for p, t in zip(ours, theirs, strict=True):
            assert p.grad is None if t.grad is None else (p.grad == t.grad.numpy()).all()


def test_a_wrong_constant_is_caught(torch):
    """The tolerance is tight enough: β₂ = 0.9989 instead of 0.999 is not Adam."""
    ours, theirs = pairs(torch)
    optimizer, reference = optim.Adam(ours, betas=(0.9, 0.9989)), torch.optim.Adam(theirs)
    for n in range(STEPS):
        set_gradients(torch, ours, theirs, n)
        optimizer.step()
        reference.step()

    with pytest.raises(AssertionError):
        assert_same(ours, theirs, 1e-6)
