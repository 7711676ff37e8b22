"""A trained recurrent layer on a sequence: its gates, its states, and the influence of inputs on outputs.

The influence of input s on output t is the Frobenius norm of ∂h_t/∂x_s. In a single layer it is a product of the
Jacobians of the steps. With several layers or directions a row of this matrix takes one backward pass: the sequence is
repeated H times in a batch, and copy i yields the gradient of its i-th output alone.
"""

from __future__ import annotations

from builtins import sum as sum_of
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import nn
from ..core.backward import grad
from ..core.ops import sum
from ..core.support.arguments import brief
from ..core.support.arrays import Array
from ..core.support.modes import no_grad
from ..core.support.operands import value_of
from ..core.tensor import Tensor
from ..errors import ArgumentError, ShapeError
from ..nn.recurrent.layer import layer_override, recurrent_layer
from ..nn.support.modes import in_mode
from .heat_maps import figure

__all__ = ["Insides", "influence", "input_of", "look_inside", "saturation"]

LONGEST = 400  # steps: the influence of all on all grows with their square


@dataclass(frozen=True)
class Insides:
    """Gates by name (T, H), states (T, H), influence (T, T) and labels of the steps, for one sequence.

    The gates of stacked layers and of two directions carry their place: `r, layer 2 backward`. `states` are the
    outputs h; `others` the rest of the state of a single layer, such as the memory c of an LSTM.
    """

    labels: tuple[str, ...]
    gates: dict[str, Array]
    states: Array
    influence: Array  # [t, s] = ‖∂h_t/∂x_s‖
    others: dict[str, Array] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """T."""
        return len(self.labels)

    @property
    def maps(self) -> list[tuple[str, Array]]:
        """All that there is to see over time, by name: gates, then the state, h at the end."""
        return [*self.gates.items(), *self.others.items(), ("h", self.states)]

    def __repr__(self) -> str:
        names = ", ".join(name for name, _ in self.maps)
        return f"Insides({self.steps} steps of {self.states.shape[1]} units: {names}). try: in a notebook"

    def _repr_html_(self) -> str:
        """For notebooks: gates, states and influence as heat maps."""
        between = {name for name, values in self.gates.items() if values.min() >= 0}  # and not h̃, which has a sign
        return figure(self.maps, self.influence, self.labels, frozenset(between))


def look_inside(layer: nn.Recurrent, x: Any, labels: Sequence[str] = ()) -> Insides:
    """Run one sequence x (T, 1, I) through a layer, and look. It is left as it was: nothing is dropped or carried on.

    Raises ShapeError for more than one sequence, and ArgumentError for more than 400 steps.
    """
    recurrent_layer("look_inside", layer)
    x = one_sequence("look_inside", x)
    steps = len(x)
    if steps > LONGEST:
        raise ArgumentError(f"look_inside: {steps} steps are too many to look at, wanted at most {LONGEST}")
    with _plain(layer) as plain:
        with no_grad():
            out, _, *gates = plain(x, return_gates=True) if plain.cell.gate_names else plain(x)
            others = _other_states(plain, x)
        norms = influence(plain, x)
    places = _places(plain)
    gate_values = {
        name + place: value_of(g)[:, 0]
        for place, of_place in zip(places, gates[0] if gates else [], strict=False)
        for name, g in of_place.items()
    }
    if not isinstance(labels, Sequence):
        raise ArgumentError(
            f"look_inside: labels: got {brief(labels)}, wanted one for each step. try: to leave them out"
        )
    shown = tuple(map(str, labels)) or tuple(str(t + 1) for t in range(steps))
    if len(shown) != steps:
        raise ArgumentError(f"look_inside: got {len(shown)} labels for {steps} steps")
    return Insides(shown, gate_values, value_of(out)[:, 0], norms, others)


def one_sequence(who: str, x: Any) -> Array:
    """x (T, 1, I) as an array."""
    array = np.asarray(value_of(x))
    if array.ndim != 3 or array.shape[1] != 1 or not len(array):
        raise ShapeError(f"{who}: got shape {array.shape}, wanted one sequence (T, 1, I). try: x[:, :1]")
    return array


def checked_looks(who: str, looks: Any) -> int:
    """How many steps all of these (title, insides) have; of one sequence, they have the same."""
    rows: Any = looks if isinstance(looks, list | tuple) else []
    if not rows or not all(isinstance(row, list | tuple) and list(map(_kind, row)) == [str, Insides] for row in rows):
        hint = "try: [('a GRU', look_inside(layer, x))]"
        raise ArgumentError(f"{who}: got {brief(looks)}, wanted a title and insides for each layer. {hint}")
    lengths = sorted({inside.steps for _, inside in rows})
    if len(lengths) > 1:
        raise ArgumentError(f"{who}: sequences of {lengths} steps, wanted one and the same for all layers")
    return int(lengths[0])


def _kind(value: Any) -> type:
    return str if isinstance(value, str) else type(value)


@contextmanager
def _plain(layer: nn.Recurrent) -> Iterator[nn.Recurrent]:
    """The same cells with time first, in the order of the input, no dropout, and no state from the call before."""
    plain = copy(layer)
    plain.batch_first, plain.stateful, plain._carried = False, False, None
    plain.keep_order = plain.go_backwards
    with in_mode(plain, False):
        yield plain


def _places(layer: nn.Recurrent) -> list[str]:
    """What to write behind the name of a gate, for each layer and direction: nothing if there is only one."""
    layers = [f"layer {depth + 1}" if layer.num_layers > 1 else "" for depth in range(layer.num_layers)]
    both = layer.bidirectional
    ways = ["forward", "backward"] if both else [""]
    words = [" ".join(word for word in (depth, way) if word) for depth in layers for way in ways]
    return [f", {word}" if word else "" for word in words]


def _other_states(layer: nn.Recurrent, x: Array) -> dict[str, Array]:
    """The states beside h of a single cell, by name (T, H): what the layer over time keeps to itself."""
    cell = layer.cell
    if len(cell.state_names) < 2 or layer.num_layers > 1 or layer.bidirectional or layer.go_backwards:
        return {}
    state: tuple[Any, ...] = cell.checked_state(None, (1,))
    rows = []
    for t in range(len(x)):
        state = cell.step(Tensor(x[t]), *state)
        rows.append([value_of(s)[0] for s in state])
    return {name: np.stack([row[i] for row in rows]) for i, name in enumerate(cell.state_names) if i}


def influence(layer: nn.Recurrent, x: Array) -> Array:
    """‖∂h_t/∂x_s‖ for all t and s, of one sequence x (T, 1, I), as an array (T, T)."""
    recurrent_layer("influence", layer)
    x = one_sequence("influence", x)
    if layer.num_layers == 1 and not layer.bidirectional and not layer.go_backwards and not layer.stateful:
        return _by_steps(layer, x)
    steps = len(x)
    with no_grad():
        width = value_of(layer(x)[0]).shape[-1]  # H, or 2H in two directions
    copies = Tensor(np.repeat(x, width, axis=1), requires_grad=True)  # (T, H, I)
    out, _ = layer(copies)  # (T, H, H)
    own = np.eye(width, dtype=x.dtype)
    norms = np.zeros((steps, steps), x.dtype)
    for t in range(steps):
        (g,) = grad(sum(out[t] * own), [copies])  # (T, H, I): copy i has the gradient of its output i
        norms[t] = np.sqrt(np.square(g).sum(axis=(1, 2)))
    return norms


def _by_steps(layer: nn.Recurrent, x: Array) -> Array:
    """The same for a single layer in one direction: ∂h_t/∂x_s = J_t … J_{s+1} B_s, of the Jacobians of each step.

    The state s_t (h, and c of an LSTM) has J_t = ∂s_t/∂s_{t−1} and B_t = ∂s_t/∂x_t. One product takes all inputs along.
    """
    state = [value_of(s) for s in layer.cell.checked_state(None, (1,))]  # (1, H) each
    width, outputs = sum_of(s.shape[-1] for s in state), state[0].shape[-1]
    own = np.split(np.eye(width, dtype=x.dtype), np.cumsum([s.shape[-1] for s in state])[:-1], axis=1)  # (S, H) each
    norms = np.zeros((len(x), len(x)), x.dtype)
    so_far = np.zeros((width, 0, x.shape[-1]), x.dtype)  # ∂s_t/∂x_s of every s up to t: (S, t, I)
    for t in range(len(x)):
        before = [Tensor(np.repeat(s, width, axis=0), requires_grad=True) for s in state]  # (S, H) each
        x_t = Tensor(np.repeat(x[t], width, axis=0), requires_grad=True)  # (S, I)
        after = layer.cell.step(x_t, *before)
        picked = [sum(s * rows) for s, rows in zip(after, own, strict=True)]  # copy i picks the i-th number
        *by_state, by_input = grad(picked, [*before, x_t])
        jacobian = np.concatenate([_or_zeros(g, s) for g, s in zip(by_state, before, strict=True)], axis=1)  # (S, S)
        here = _or_zeros(by_input, x_t)[:, None]  # (S, 1, I)
        so_far = np.concatenate([np.tensordot(jacobian, so_far, axes=1), here], axis=1)  # (S, t, I)
        norms[t, : t + 1] = np.sqrt(np.square(so_far[:outputs]).sum(axis=(0, 2)))
        state = [value_of(s)[:1] for s in after]
    return norms


def _or_zeros(g: Array | None, of: Tensor) -> Array:
    return np.zeros_like(of.data) if g is None else g


def input_of(model: nn.Module, *inputs: Any) -> tuple[nn.Recurrent, Array]:
    """The first recurrent layer that a model calls, and the input (T, B, I) that it gets: after an embedding, say."""
    if not isinstance(model, nn.Module):
        raise ArgumentError(f"input_of: got {brief(model)}, wanted a module. try: nn.Sequential(nn.GRU(2, 3))")
    caught: list[tuple[nn.Recurrent, Any]] = []

    def listen(layer: nn.Recurrent, x: Any, h0: Any = None, **options: Any) -> Any:
        inner = layer_override.set(None)
        try:
            caught.append((layer, x))
            return layer(x, h0, **options)
        finally:
            layer_override.reset(inner)

    token = layer_override.set(listen)
    try:
        with no_grad(), in_mode(model, False):
            model(*inputs)
    finally:
        layer_override.reset(token)
    if not caught:
        raise ArgumentError(f"{type(model).__name__} has no recurrent layer. try: a model with nn.GRU")
    layer, x = caught[0]
    x = np.asarray(value_of(x))
    return layer, np.swapaxes(x, 0, 1) if layer.batch_first else x


def saturation(insides: Insides) -> list[tuple[str, float, float, float]]:
    """For each gate and the state: its mean, the share below 0.1 (−0.9), and above 0.9: where it hardly learns.

    A memory like the c of an LSTM has no bounds to be near, and is left out. What is NaN is in neither share.
    """
    if not isinstance(insides, Insides):
        raise ArgumentError(f"saturation: got {brief(insides)}. try: look_inside(layer, x)")
    rows = []
    for name, values in [*insides.gates.items(), ("h", insides.states)]:
        low = -0.9 if (values < 0).any() else 0.1
        rows.append((name, float(values.mean()), float((values < low).mean()), float((values > 0.9).mean())))
    return rows
