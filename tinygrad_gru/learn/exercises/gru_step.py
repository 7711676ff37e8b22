"""One step of a GRU: skim, draft, overwrite.

    r  = σ([h, x] W_r + b_r)           which part of the past the draft sees
    z  = σ([h, x] W_z + b_z)           how much of the draft is taken
    h̃  = tanh([r ⊙ h, x] W_h + b_h)    the draft
    h′ = (1 − z) ⊙ h + z ⊙ h̃           the new state

[h, x] lays h and x side by side, h first. x is (B, I), h is (B, H), each W is (H+I, H). Return h′.
"""

from collections.abc import Callable, Iterator

import numpy as np

CHAPTER = 9
Array = np.ndarray


def σ(a: Array) -> Array:
    """The sigmoid."""
    return np.asarray(0.5 * np.tanh(0.5 * a) + 0.5)


def gru_step(x: Array, h: Array, W_r: Array, W_z: Array, W_h: Array, b_r: Array, b_z: Array, b_h: Array) -> Array:
    """The new state (B, H)."""
    hx = np.concatenate([h, x], axis=-1)  # (B, H+I)
    r, z = σ(hx @ W_r + b_r), σ(hx @ W_z + b_z)  # (B, H)
    candidate = np.tanh(np.concatenate([r * h, x], axis=-1) @ W_h + b_h)  # (B, H)
    return np.asarray((1 - z) * h + z * candidate)


def cases() -> Iterator[tuple[Array, ...]]:
    """x, h and the six parameters."""
    for batch, inputs, units in [(1, 1, 2), (2, 3, 4), (3, 4, 2)]:
        rng = np.random.default_rng(batch)
        weights = [rng.standard_normal((units + inputs, units)) for _ in "rzh"]
        biases = [rng.standard_normal(units) for _ in "rzh"]
        yield rng.standard_normal((batch, inputs)), rng.uniform(-1, 1, (batch, units)), *weights, *biases


HINTS = (
    "Four lines, one for each equation. np.concatenate([h, x], axis=-1) is [h, x].",
    "The reset gate comes BEFORE the product: it decides what of h the draft may see, and leaves x alone.",
    "z = 1 takes the draft, z = 0 keeps the old state.",
)


def _step(
    x: Array, h: Array, weights: tuple[Array, ...], keeps: bool = False, reset: str = "h", x_first: bool = False,
    draft_gate: bool = False, gate: Callable[[Array], Array] = σ,
) -> Array:  # fmt: skip
    W_r, W_z, W_h, b_r, b_z, b_h = weights

    def beside(h: Array, x: Array) -> Array:
        return np.concatenate([x, h] if x_first else [h, x], axis=-1)

    r, z = gate(beside(h, x) @ W_r + b_r), gate(beside(h, x) @ W_z + b_z)
    units = h.shape[-1]
    if reset == "after":
        inner = r * (h @ W_h[:units]) + x @ W_h[units:] + b_h
    elif reset == "all":
        inner = r * (beside(h, x) @ W_h) + b_h
    else:
        inner = beside(r * h if reset == "h" else h, x) @ W_h + b_h
    candidate = σ(inner) if draft_gate else np.tanh(inner)
    return np.asarray(z * h + (1 - z) * candidate if keeps else (1 - z) * h + z * candidate)


def z_swapped(x: Array, h: Array, *weights: Array) -> Array:
    """Your z keeps the old state where it should take the new: that is PyTorch's and Keras's z. Here z = 1 takes h̃."""
    return _step(x, h, weights, keeps=True)


def reset_after(x: Array, h: Array, *weights: Array) -> Array:
    """Your reset gate comes after the product h W: the other dialect (reset_after). Here it is [r ⊙ h, x] W_h."""
    return _step(x, h, weights, reset="after")


def torch_gru(x: Array, h: Array, *weights: Array) -> Array:
    """That is PyTorch's GRU: its z keeps the old state, and its r comes after the product. Here it is the paper's."""
    return _step(x, h, weights, keeps=True, reset="after")


def reset_unused(x: Array, h: Array, *weights: Array) -> Array:
    """You made r and did not use it: the draft sees r ⊙ h, not h."""
    return _step(x, h, weights, reset="none")


def reset_on_all(x: Array, h: Array, *weights: Array) -> Array:
    """Your reset gate also turns x down: it decides about the past alone, [r ⊙ h, x]."""
    return _step(x, h, weights, reset="all")


def x_first(x: Array, h: Array, *weights: Array) -> Array:
    """You lay x before h; the rows of W are those of h first: [h, x]."""
    return _step(x, h, weights, x_first=True)


def draft_by_sigmoid(x: Array, h: Array, *weights: Array) -> Array:
    """The draft is a tanh, between −1 and 1: a sigmoid could never be negative."""
    return _step(x, h, weights, draft_gate=True)


def gates_by_tanh(x: Array, h: Array, *weights: Array) -> Array:
    """A gate is a sigmoid, between 0 and 1; your gates are made by tanh."""
    return _step(x, h, weights, gate=np.tanh)


def gates_bare(x: Array, h: Array, *weights: Array) -> Array:
    """A gate is a sigmoid, between 0 and 1; yours can be any number."""
    return _step(x, h, weights, gate=np.asarray)


def sigmoid_turned(x: Array, h: Array, *weights: Array) -> Array:
    """σ(a) = 1/(1 + e⁻ᵃ): the sign of your exponent is turned, so open and shut are exchanged."""
    return _step(x, h, weights, gate=lambda a: σ(-a))


def without_biases(x: Array, h: Array, *weights: Array) -> Array:
    """The biases b_r, b_z and b_h are missing."""
    return _step(x, h, (*weights[:3], *[np.zeros_like(b) for b in weights[3:]]))


def gates_exchanged(x: Array, h: Array, *weights: Array) -> Array:
    """r and z are exchanged: r is made by W_r and goes into the draft, z is made by W_z and mixes."""
    W_r, W_z, W_h, b_r, b_z, b_h = weights
    return _step(x, h, (W_z, W_r, W_h, b_z, b_r, b_h))


def draft_alone(x: Array, h: Array, *weights: Array) -> Array:
    """That is the draft h̃; the new state mixes it with the old one, (1 − z) ⊙ h + z ⊙ h̃."""
    W_r, W_z, W_h, b_r, b_z, b_h = weights
    return _step(x, h, (W_r, np.zeros_like(W_z), W_h, b_r, np.full_like(b_z, 1e3), b_h))


def turned(x: Array, h: Array, *weights: Array) -> Array:
    """PyTorch's weights are (out, in) and want a .T; W here is (H+I, H): [h, x] W as it stands, without .T."""
    hx = np.concatenate([h, x], axis=-1)
    return np.asarray(hx @ weights[0].T)  # fits only where I = 0: the shapes say no


TWINS = (
    z_swapped, reset_after, torch_gru, reset_unused, reset_on_all, x_first, draft_by_sigmoid, gates_by_tanh,
    gates_bare, sigmoid_turned, without_biases, gates_exchanged, draft_alone,
)  # fmt: skip
OURS = ("nn.cells.GRUCell", "return (1 - z) * h + z * candidate  # (B, H)")
TORCH = "torch.nn.GRUCell(I, H)(x, h)  # the other dialect: its z keeps the old state, its r comes after the product"
