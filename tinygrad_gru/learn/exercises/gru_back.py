"""One step of a GRU, backwards: four ways to h.

The step is that of the exercise gru_step, and g is ∂L/∂h′ (B, H). Return ∂L/∂h, ∂L/∂W_r, ∂L/∂W_z, ∂L/∂W_h, ∂L/∂b_r,
∂L/∂b_z and ∂L/∂b_h. Write δ_z for the gradient of what stands inside the sigmoid of z, and δ_r, δ_h̃ alike. h is used
in four places: there are four ways back to it.
"""

from collections.abc import Iterator

import numpy as np

from .gru_step import cases as steps
from .gru_step import σ

CHAPTER = 10
RTOL = 1e-12  # derived, not measured: a difference to both sides has ten digits or eleven
RETURNS = ("∂L/∂h", "∂L/∂W_r", "∂L/∂W_z", "∂L/∂W_h", "∂L/∂b_r", "∂L/∂b_z", "∂L/∂b_h")
Array = np.ndarray


def gru_back(
    g: Array, x: Array, h: Array, W_r: Array, W_z: Array, W_h: Array, b_r: Array, b_z: Array, b_h: Array
) -> tuple[Array, ...]:
    """∂L/∂h (B, H), and the gradients of W_r, W_z, W_h (H+I, H) and of b_r, b_z, b_h (H,)."""
    H = h.shape[1]
    hx = np.concatenate([h, x], axis=-1)  # (B, H+I)
    r, z = σ(hx @ W_r + b_r), σ(hx @ W_z + b_z)
    rhx = np.concatenate([r * h, x], axis=-1)
    candidate = np.tanh(rhx @ W_h + b_h)

    δ_h̃ = g * z * (1 - candidate * candidate)  # (B, H)
    δ_z = g * (candidate - h) * z * (1 - z)
    to_rh = δ_h̃ @ W_h[:H].T  # what comes back to r ⊙ h
    δ_r = to_rh * h * r * (1 - r)
    dh = g * (1 - z) + to_rh * r + δ_z @ W_z[:H].T + δ_r @ W_r[:H].T
    return dh, hx.T @ δ_r, hx.T @ δ_z, rhx.T @ δ_h̃, δ_r.sum(0), δ_z.sum(0), δ_h̃.sum(0)


def _back(
    g: Array, x: Array, h: Array, W: tuple[Array, ...], b: tuple[Array, ...], ways: str = "old z h r",
    through_z: str = "right", slope_of_z: bool = True, r_lost: bool = False, draft_saw: str = "r h",
    slope_of_draft: bool = True, slope_of_r: bool = True, straight: str = "1 - z", biases: str = "sum",
    through_r: str = "h",
) -> tuple[Array, ...]:  # fmt: skip
    (W_r, W_z, W_h), (b_r, b_z, b_h), H = W, b, h.shape[1]
    hx = np.concatenate([h, x], axis=-1)  # (B, H+I)
    r, z = σ(hx @ W_r + b_r), σ(hx @ W_z + b_z)
    rhx = np.concatenate([r * h, x], axis=-1)
    candidate = np.tanh(rhx @ W_h + b_h)

    dz = {
        "right": g * (candidate - h),
        "sign": g * (h - candidate),
        "misprint": g * candidate + g * z,
        "half": g * candidate,
    }[through_z]
    δ_z = dz * (z * (1 - z) if slope_of_z else 1)  # (B, H)
    δ_h̃ = g * z * (1 - candidate * candidate if slope_of_draft else 1)
    drh = δ_h̃ @ W_h[:H].T  # what comes back to r ⊙ h
    δ_r = drh * {"h": h, "nothing": 1, "r": r}[through_r] * (r * (1 - r) if slope_of_r else 1)
    dh = np.zeros_like(h)
    if "old" in ways:
        dh = dh + g * (1 - z if straight == "1 - z" else z)  # straight on
    if "h" in ways.split():
        dh = dh + (drh if r_lost else drh * r)  # by the draft
    if "z" in ways:
        dh = dh + δ_z @ W_z[:H].T  # by the update gate
    if "r" in ways.split():
        dh = dh + δ_r @ W_r[:H].T  # by the reset gate
    seen = rhx if draft_saw == "r h" else hx
    db = [δ.mean(0) if biases == "mean" else δ.sum(0) if biases == "sum" else δ for δ in (δ_r, δ_z, δ_h̃)]
    return dh, hx.T @ δ_r, hx.T @ δ_z, seen.T @ δ_h̃, *db


def cases() -> Iterator[tuple[Array, ...]]:
    """g, x, h and the six parameters."""
    for step in steps():
        h = step[1]
        yield np.random.default_rng(h.shape[1]).standard_normal(h.shape), *step


HINTS = (
    "From h′ = (1 − z) ⊙ h + z ⊙ h̃ you read three of the ways: straight to h, to z, and to h̃.",
    "∂L/∂z is g ⊙ (h̃ − h): the −h comes from 1 − z. Then the slope of the sigmoid, z (1 − z), makes δ_z of it.",
    "What comes back to r ⊙ h, δ_h̃ W_h[:H]ᵀ, goes on by two ways: times r to h, times h to r.",
)


def without_straight_way(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """The straight way is missing: g ⊙ (1 − z) meets no matrix at all. It is why a GRU can remember."""
    return _back(g, x, h, p[:3], p[3:], ways="z h r")


def straight_way_only(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """h is used in four places, and you come back to it by one."""
    return _back(g, x, h, p[:3], p[3:], ways="old")


def without_reset_way(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """h made r as well: that way back is δ_r W_r[:H]ᵀ."""
    return _back(g, x, h, p[:3], p[3:], ways="old z h")


def without_update_way(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """h made z as well: that way back is δ_z W_z[:H]ᵀ."""
    return _back(g, x, h, p[:3], p[3:], ways="old h r")


def reset_lost(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """What comes back to r ⊙ h is not yet what comes back to h: times r."""
    return _back(g, x, h, p[:3], p[3:], r_lost=True)


def misprint(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """∂L/∂z is g ⊙ (h̃ − h): the −h comes from 1 − z. A published page has this one wrong, too."""
    return _back(g, x, h, p[:3], p[3:], through_z="misprint")


def sign_of_z(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """∂L/∂z has its sign turned: h̃ − h, not h − h̃."""
    return _back(g, x, h, p[:3], p[3:], through_z="sign")


def without_slope_of_z(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """δ_z is the gradient INSIDE the sigmoid: it wants the slope z (1 − z)."""
    return _back(g, x, h, p[:3], p[3:], slope_of_z=False)


def draft_saw_h(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """The draft saw [r ⊙ h, x], not [h, x]: ∂L/∂W_h = [r ⊙ h, x]ᵀ δ_h̃."""
    return _back(g, x, h, p[:3], p[3:], draft_saw="h")


def half_of_z(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """z stands in two places: ∂L/∂z is g ⊙ (h̃ − h), and the −h of 1 − z is missing."""
    return _back(g, x, h, p[:3], p[3:], through_z="half")


def straight_by_z(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """The straight way to h goes by 1 − z, not by z."""
    return _back(g, x, h, p[:3], p[3:], straight="z")


def without_draft_way(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """h made the draft as well: that way back is (δ_h̃ W_h[:H]ᵀ) ⊙ r."""
    return _back(g, x, h, p[:3], p[3:], ways="old z r")


def without_gate_ways(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """h made both gates as well: two of the four ways back are missing, by z and by r."""
    return _back(g, x, h, p[:3], p[3:], ways="old h")


def without_slope_of_draft(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """δ_h̃ is the gradient INSIDE the tanh: it wants the slope 1 − h̃²."""
    return _back(g, x, h, p[:3], p[3:], slope_of_draft=False)


def without_slope_of_r(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """δ_r is the gradient INSIDE the sigmoid: it wants the slope r (1 − r)."""
    return _back(g, x, h, p[:3], p[3:], slope_of_r=False)


def h_lost(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """What comes back to r ⊙ h is not yet what comes back to r: times h."""
    return _back(g, x, h, p[:3], p[3:], through_r="nothing")


def r_for_h(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """A product hands to each the OTHER: to r goes what comes back to r ⊙ h, times h."""
    return _back(g, x, h, p[:3], p[3:], through_r="r")


def biases_averaged(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """A bias served the whole batch: its gradient is the SUM over the batch, not the mean."""
    return _back(g, x, h, p[:3], p[3:], biases="mean")


def biases_not_summed(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """A bias was added to every row of the batch: sum its gradient over the rows (chapter 4)."""
    return _back(g, x, h, p[:3], p[3:], biases="rows")


def of_torch(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """That is the way back through PyTorch's GRU, whose z keeps the old state and whose r comes after the product."""
    W_r, W_z, W_h, b_r, b_z, b_h = p
    H, hx = h.shape[1], np.concatenate([h, x], axis=-1)
    r, z = σ(hx @ W_r + b_r), σ(hx @ W_z + b_z)
    hW = h @ W_h[:H]
    candidate = np.tanh(r * hW + x @ W_h[H:] + b_h)
    δ_h̃ = g * (1 - z) * (1 - candidate * candidate)
    δ_z, δ_r = g * (h - candidate) * z * (1 - z), δ_h̃ * hW * r * (1 - r)
    dh = g * z + (δ_h̃ * r) @ W_h[:H].T + δ_z @ W_z[:H].T + δ_r @ W_r[:H].T
    dW_h = np.concatenate([h.T @ (δ_h̃ * r), x.T @ δ_h̃])
    return dh, hx.T @ δ_r, hx.T @ δ_z, dW_h, δ_r.sum(0), δ_z.sum(0), δ_h̃.sum(0)


def reset_after(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """That is the way back where the reset gate comes after the product, r ⊙ (h W): here it is [r ⊙ h, x] W_h."""
    W_r, W_z, W_h, b_r, b_z, b_h = p
    H, hx = h.shape[1], np.concatenate([h, x], axis=-1)
    r, z = σ(hx @ W_r + b_r), σ(hx @ W_z + b_z)
    hW = h @ W_h[:H]
    candidate = np.tanh(r * hW + x @ W_h[H:] + b_h)
    δ_h̃ = g * z * (1 - candidate * candidate)
    δ_z, δ_r = g * (candidate - h) * z * (1 - z), δ_h̃ * hW * r * (1 - r)
    dh = g * (1 - z) + (δ_h̃ * r) @ W_h[:H].T + δ_z @ W_z[:H].T + δ_r @ W_r[:H].T
    dW_h = np.concatenate([h.T @ (δ_h̃ * r), x.T @ δ_h̃])
    return dh, hx.T @ δ_r, hx.T @ δ_z, dW_h, δ_r.sum(0), δ_z.sum(0), δ_h̃.sum(0)


def update_keeps(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """That is the way back where z keeps the old state, z ⊙ h + (1 − z) ⊙ h̃: here z = 1 takes the draft."""
    W_r, W_z, W_h, b_r, b_z, b_h = p
    turned = _back(g, x, h, (W_r, -W_z, W_h), (b_r, -b_z, b_h))  # 1 − σ(a) = σ(−a)
    return *turned[:2], -turned[2], *turned[3:5], -turned[5], turned[6]


def weights_and_biases_mixed(g: Array, x: Array, h: Array, *p: Array) -> tuple[Array, ...]:
    """The numbers are right, in another order: first all W, then all b."""
    dh, dW_r, dW_z, dW_h, db_r, db_z, db_h = _back(g, x, h, p[:3], p[3:])
    return dh, dW_r, db_r, dW_z, db_z, dW_h, db_h


TWINS = (
    of_torch, reset_after, update_keeps, draft_saw_h, half_of_z, straight_by_z, without_draft_way,
    without_gate_ways, without_slope_of_draft, without_slope_of_r, h_lost, r_for_h, biases_averaged,
    biases_not_summed, weights_and_biases_mixed, without_straight_way, straight_way_only, without_reset_way,
    without_update_way, reset_lost, misprint, sign_of_z, without_slope_of_z,
)  # fmt: skip
OURS = (  # nobody wrote the way back of a GRU: it is the ways back of its operations, one after the other
    ("core.ops.arithmetic.Multiply", "return g * y, g * x"),
    ("core.ops.activations.Sigmoid", "return g * out * (1 - out)"),
    ("core.ops.activations.Tanh", "return g * (1 - out * out)"),
    ("core.ops.products.Matmul", "return lambda: g @ y.mT, lambda: x.mT @ g"),
)
TORCH = "h_new.backward(g)  # and nobody sees the four ways; here: tinygrad-gru explain --cell gru"
