"""What a trained recurrent layer does with a sequence: its gates, its state, and who influences whom.

The influence of input s on output t is the Frobenius norm of ∂h_t/∂x_s. All rows of this matrix come from one walk
back: the sequence is repeated H times side by side, and copy i is asked for the gradient of its i-th output alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import nn
from ..core.arrays import Array
from ..core.engine import grad
from ..core.op import value_of
from ..core.ops import sum
from ..core.scopes import no_grad
from ..core.tensor import Tensor
from ..errors import ArgumentError, ShapeError
from ..nn.recurrent import as_one

__all__ = ["Insides", "heat_maps", "influence", "input_of", "look_inside", "saturation"]

LONGEST = 400  # steps: the influence of all on all grows with their square


@dataclass(frozen=True)
class Insides:
    """What one sequence made of a layer: gates by name (T, H), states (T, H), influence (T, T), and a label a step."""

    labels: tuple[str, ...]
    gates: dict[str, Array]
    states: Array
    influence: Array  # [t, s] = ‖∂h_t/∂x_s‖

    @property
    def steps(self) -> int:
        """T."""
        return len(self.labels)


def look_inside(layer: nn.Recurrent, x: Any, labels: Sequence[str] = ()) -> Insides:
    """Run one sequence x (T, 1, I) through the first layer of `layer`, and look.

    Raises ShapeError for more than one sequence, and ArgumentError for more than 400 steps.
    """
    given = np.asarray(value_of(x))
    if given.ndim != 3 or given.shape[1] != 1:
        raise ShapeError(f"look_inside: got shape {given.shape}, wanted one sequence (T, 1, I). try: x[:, :1]")
    steps = len(given)
    if steps > LONGEST:
        raise ArgumentError(f"look_inside: {steps} steps are too many to look at, wanted at most {LONGEST}")
    with no_grad():
        has_gates = bool(layer.cell.gate_names)
        out, _, *gates = layer(given, return_gates=True) if has_gates else layer(given)
    found = {name: value_of(g)[:, 0] for name, g in gates[0][0].items()} if gates else {}
    shown = tuple(labels) or tuple(str(t + 1) for t in range(steps))
    if len(shown) != steps:
        raise ArgumentError(f"look_inside: got {len(shown)} labels for {steps} steps")
    return Insides(shown, found, value_of(out)[:, 0], influence(layer, given))


def influence(layer: nn.Recurrent, x: Array) -> Array:
    """‖∂h_t/∂x_s‖ for all t and s, of one sequence x (T, 1, I), as an array (T, T)."""
    steps = len(x)
    with no_grad():
        width = value_of(layer(x)[0]).shape[-1]  # H, or 2H in two directions
    copies = Tensor(np.repeat(x, width, axis=1), requires_grad=True)  # (T, H, I)
    out, _ = layer(copies)  # (T, H, H)
    own = np.eye(width, dtype=x.dtype)
    found = np.zeros((steps, steps), x.dtype)
    for t in range(steps):
        (g,) = grad(sum(out[t] * own), [copies])  # (T, H, I): copy i has the gradient of its output i
        found[t] = np.sqrt(np.square(g).sum(axis=(1, 2)))
    return found


def input_of(model: nn.Module, *inputs: Any) -> tuple[nn.Recurrent, Array]:
    """The first recurrent layer that a model calls, and the input (T, B, I) that it gets: after an embedding, say."""
    caught: list[tuple[nn.Recurrent, Any]] = []

    def listen(layer: nn.Recurrent, x: Any, h0: Any = None, **options: Any) -> Any:
        inner = as_one.set(None)
        try:
            caught.append((layer, x))
            return layer(x, h0, **options)
        finally:
            as_one.reset(inner)

    token = as_one.set(listen)
    try:
        with no_grad():
            model(*inputs)
    finally:
        as_one.reset(token)
    if not caught:
        raise ArgumentError(f"{type(model).__name__} has no recurrent layer. try: a model with nn.GRU")
    layer, x = caught[0]
    x = np.asarray(value_of(x))
    return layer, np.swapaxes(x, 0, 1) if layer.batch_first else x


def saturation(insides: Insides) -> list[tuple[str, float, float, float]]:
    """For each gate and the state: its mean, the share below 0.1 (−0.9), and above 0.9: where it hardly learns."""
    rows = []
    for name, values in [*insides.gates.items(), ("h", insides.states)]:
        low = -0.9 if values.min() < 0 else 0.1
        rows.append((name, float(values.mean()), float((values < low).mean()), float((values > 0.9).mean())))
    return rows


def heat_maps(insides: Insides, title: str) -> Any:
    """A matplotlib figure: a heat map of each gate and of the state over time, and of the influence."""
    from matplotlib.figure import Figure

    parts = [*insides.gates.items(), ("h", insides.states)]
    figure = Figure(figsize=(10, 1.6 * len(parts) + 4.2), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(len(parts) + 1, 1, height_ratios=[1] * len(parts) + [2.4])
    for axis, (name, values) in zip(axes, parts, strict=False):
        signed = values.min() < 0
        image = axis.imshow(
            values.T, aspect="auto", interpolation="nearest", cmap="RdBu_r" if signed else "viridis",
            vmin=-1 if signed else 0, vmax=1,
        )  # fmt: skip
        axis.set_ylabel(name, rotation=0, labelpad=28)
        axis.set_xticks([])
        figure.colorbar(image, ax=axis, pad=0.01)
    last = axes[-1]
    positive = insides.influence[insides.influence > 0]
    floor = positive.max() * 1e-4 if positive.size else 1e-4
    image = last.imshow(np.log10(np.maximum(insides.influence, floor)), aspect="auto", interpolation="nearest")
    figure.colorbar(image, ax=last, pad=0.01, label="log₁₀ ‖∂h_t/∂x_s‖")
    last.set_xlabel("input s")
    last.set_ylabel("output t")
    every = max(1, insides.steps // 60)
    shown = [_visible(label) for label in insides.labels[::every]]
    tilt = 90 if max(map(len, shown)) > 2 else 0
    last.set_xticks(range(0, insides.steps, every), shown, fontsize=7, rotation=tilt)
    return figure


def _visible(label: str) -> str:
    """A label that can be seen, and that matplotlib does not read as mathematics."""
    return {" ": "␣", "\n": "⏎", "\t": "⇥"}.get(label, label if label.isprintable() else "·").replace("$", r"\$")
