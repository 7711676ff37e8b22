"""Which GRU? The same weights, for PyTorch.

Ours: W_r and W_z (H+I, H), with the rows of h first, then those of x; W_hx (I, H) and W_hh (H, H) make the draft
(this is the dialect reset_after, which PyTorch has). Theirs: weight_ih (3H, I) and weight_hh (3H, H), each the gates
r, z, n one below the other, and multiplied from the left, so transposed. And their z keeps the old state: 1 − σ(a) =
σ(−a). Return weight_ih and weight_hh.
"""

from collections.abc import Iterator

import numpy as np

CHAPTER = 12
RETURNS = ("weight_ih", "weight_hh")
Array = np.ndarray


def to_torch(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """weight_ih (3H, I) and weight_hh (3H, H)."""
    H = len(W_hh)
    ih = np.concatenate([W_r[H:].T, -W_z[H:].T, W_hx.T])
    hh = np.concatenate([W_r[:H].T, -W_z[:H].T, W_hh.T])
    return ih, hh


def _stacked(
    W_r: Array, W_z: Array, W_hx: Array, W_hh: Array, sign: int = -1, order: str = "rzn", transposed: bool = True,
    h_first: bool = True,
) -> tuple[Array, Array]:  # fmt: skip
    at = len(W_hh) if h_first else len(W_hx)
    of_h = {"r": W_r[:at], "z": sign * W_z[:at], "n": W_hh}
    of_x = {"r": W_r[at:], "z": sign * W_z[at:], "n": W_hx}
    if not h_first:
        of_h, of_x = of_h | {"r": W_r[at:], "z": sign * W_z[at:]}, of_x | {"r": W_r[:at], "z": sign * W_z[:at]}
    weights = [[part[gate] for gate in order] for part in (of_x, of_h)]
    if transposed:
        ih, hh = [np.concatenate([W.T for W in gates]) for gates in weights]
    else:
        ih, hh = [np.concatenate(gates, axis=1) for gates in weights]
    return ih, hh


def cases() -> Iterator[tuple[Array, Array, Array, Array]]:
    """W_r, W_z, W_hx and W_hh."""
    for inputs, units in [(1, 2), (3, 4)]:
        rng = np.random.default_rng(units)
        W_r, W_z = rng.standard_normal((2, units + inputs, units))
        yield W_r, W_z, rng.standard_normal((inputs, units)), rng.standard_normal((units, units))


HINTS = (
    "Cut W_r and W_z into the rows of h (the first H) and those of x.",
    "np.concatenate([...]) puts one below the other: r, z, n, each transposed.",
    "Their z is 1 − ours: change the sign of everything that makes z.",
)


def same_z(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """Their z keeps the old state, ours takes the new: 1 − σ(a) = σ(−a), so the signs of W_z change."""
    return _stacked(W_r, W_z, W_hx, W_hh, sign=1)


def order_of_keras(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """PyTorch stacks r, z, n; z, r, h is the order of Keras."""
    return _stacked(W_r, W_z, W_hx, W_hh, order="zrn")


def not_transposed(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """They multiply from the left, (out, in): transposed, and one below the other."""
    return _stacked(W_r, W_z, W_hx, W_hh, transposed=False)


def x_first(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """Our W has the rows of h first, then those of x."""
    return _stacked(W_r, W_z, W_hx, W_hh, h_first=False)


def one_minus(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """1 − σ(a) = σ(−a): it is −W_z that is wanted, not 1 − W_z."""
    return _stacked(W_r, W_z - 1, W_hx, W_hh)


def exchanged(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """The two results are exchanged: weight_ih is what multiplies x, weight_hh what multiplies h."""
    ih, hh = _stacked(W_r, W_z, W_hx, W_hh)
    return hh, ih


def sign_in_ih_only(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """EVERYTHING that makes z changes its sign: also the rows of h, in weight_hh."""
    return _stacked(W_r, W_z, W_hx, W_hh)[0], _stacked(W_r, W_z, W_hx, W_hh, sign=1)[1]


def sign_in_hh_only(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """EVERYTHING that makes z changes its sign: also the rows of x, in weight_ih."""
    return _stacked(W_r, W_z, W_hx, W_hh, sign=1)[0], _stacked(W_r, W_z, W_hx, W_hh)[1]


def one_unturned(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """W_hh is square, so nothing complains: it is transposed like all the others."""
    return _stacked(W_r, W_z, W_hx, W_hh.T)


def beside_each_other(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """Transposed, but laid side by side: one BELOW the other, so axis 0, (3H, …)."""
    H = len(W_hh)
    gates = ([W_r[H:], -W_z[H:], W_hx], [W_r[:H], -W_z[:H], W_hh])
    ih, hh = [np.concatenate([W.T for W in stacked], axis=1) for stacked in gates]
    return ih, hh


def not_transposed_below(W_r: Array, W_z: Array, W_hx: Array, W_hh: Array) -> tuple[Array, Array]:
    """One below the other is right, but each as it is: they multiply from the left, so each is transposed first."""
    H = len(W_hh)
    return np.concatenate([W_r[H:], -W_z[H:], W_hx]), np.concatenate([W_r[:H], -W_z[:H], W_hh])


TWINS = (
    one_unturned, beside_each_other, not_transposed_below, same_z, order_of_keras, not_transposed, x_first,
    one_minus, exchanged, sign_in_ih_only, sign_in_hh_only,
)  # fmt: skip
OURS = (
    ("interop.weights.gate_layouts", 'return -array if gate == "z" and _z_turns(cell, dialect) else array'),
    ("interop.weights.gate_layouts.pack", "kernels = [np.concatenate(blocks, axis=1) for blocks in (of_x, of_h)]"),
    ("interop.weights.gate_layouts.pack", "kernels = [kernel.T.copy() for kernel in kernels]"),
)
TORCH = "torch.nn.GRU(I, H).load_state_dict(...)  # here: tg.interop.to_torch(gru)"
