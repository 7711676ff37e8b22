"""Layers and directions of cells over time."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Any

from ..compiler import compiled
from ..core.ops import concat, expand_dims, flip, permute_dims, stack, where
from ..core.support.arguments import brief, flag, fraction
from ..core.support.arrays import Array
from ..core.support.scopes import current_mode, here, scope
from ..errors import ArgumentError, DtypeError, ShapeError
from .at_once import at_once
from .cell import Cell
from .layers import dropout_mask
from .module import Module
from .over_time import over_time
from .sequences import detached, steps_that_count

__all__ = ["Recurrent", "as_one"]

DIRECTIONS = ("forward", "backward")
CHOICES = {"past_end": ("zero", "repeat"), "engine": ("auto", "composed", "compiled")}
USUAL = {"recurrent_dropout": 0.0, "go_backwards": False, "keep_order": False, "stateful": False, "past_end": "zero",
         "engine": "auto"}  # fmt: skip

# What stands in for a whole layer, where somebody wants to record it as one node instead of step by step.
as_one: ContextVar[Callable[..., Any] | None] = ContextVar("tinygrad_gru.as_one", default=None)


class Recurrent(Module):
    """Cells over all time steps: `out, h_n = layer(x, h0)`.

    `cells` is a cell, or a list with one cell for each layer, each on the outputs of the layer below; instead of a cell
    a pair of cells reads forward and backward, and their outputs stand side by side. x is (T, B, I), or (B, T, I) with
    `batch_first`; `out` holds the outputs of the last layer, (T, B, D·H) or (B, T, D·H), where D is the number of
    directions. The initial state h0, zeros unless given, and the final state h_n are (L·D, B, H) in either case, with L
    the number of layers: first layer forward, first layer backward, second layer forward, and so on. Cells with several
    states take and return tuples of them. Gradients flow back into h0.

    `lengths` (B,) says how many steps of each sequence count, or `mask` (T, B) (with batch_first (B, T)) which. A step
    that does not count leaves the state alone, whatever x holds there, NaN included; its output is 0, or with
    `past_end="repeat"` the output of the step before it (0 before the first). h_n is the state after the last step that
    counts, and the backward direction starts at each sequence's own end. A sequence of length 0 ends in its h0.

    `dropout` makes holes in the outputs of all layers but the last, in training. `recurrent_dropout` makes holes in the
    state that the matrix products see, the same ones at every step (Gal and Ghahramani 2016, arXiv 1512.05287).
    `go_backwards` takes the steps from last to first, and leaves the outputs in this order, as Keras does, unless
    `keep_order`. `stateful` starts where the call before ended, with gradients cut, until `reset_state()`.
    `engine` says how: "compiled" by the program that the compiler makes of the cell's equations, as one node of the
    graph; "composed" step by step, operation by operation; "auto" compiles whatever can be. The results are the same.
    `return_gates` in a call adds a third result: for each layer and direction, in the order of h_n, a dictionary of
    what the cell's gates were at every step, (T, B, H) each, 0 where a step does not count.

    >>> import numpy as np, tinygrad_gru as tg
    >>> layer = tg.nn.Recurrent(tg.nn.GRUCell(2, 3))
    >>> out, h_n = layer(np.zeros((5, 1, 2), np.float32))
    >>> out.shape, h_n.shape, bool((out[-1] == h_n[0]).all())
    ((5, 1, 3), (1, 1, 3), True)
    """

    def __init__(
        self,
        cells: Cell | Sequence[Cell | tuple[Cell, Cell]],
        batch_first: bool = False,
        dropout: float = 0.0,
        *,
        recurrent_dropout: float = 0.0,
        go_backwards: bool = False,
        keep_order: bool = False,
        stateful: bool = False,
        past_end: str = "zero",
        engine: str = "auto",
    ) -> None:
        who = type(self).__name__
        stacked = self._stacked(cells)
        self.batch_first = flag(f"{who}: batch_first", batch_first)
        self.dropout = fraction(f"{who}: dropout", dropout)
        self.recurrent_dropout = fraction(f"{who}: recurrent_dropout", recurrent_dropout)
        self.go_backwards = flag(f"{who}: go_backwards", go_backwards)
        self.keep_order = flag(f"{who}: keep_order", keep_order)
        self.stateful = flag(f"{who}: stateful", stateful)
        self.past_end = past_end
        self.engine = engine
        only = "backward" if go_backwards else "forward"
        self.layers = [{only: c} if isinstance(c, Cell) else dict(zip(DIRECTIONS, c, strict=True)) for c in stacked]
        self._carried: Any = None  # the state after the last call, if stateful
        self._check()

    def forward(
        self, x: Any, h0: Any = None, lengths: Any = None, mask: Any = None, return_gates: bool = False
    ) -> tuple[Any, ...]:
        """The outputs of all steps, and the state after the last."""
        if (instead := as_one.get()) is not None:
            return tuple(instead(self, x, h0, lengths=lengths, mask=mask, return_gates=return_gates))
        flag(f"{type(self).__name__}: return_gates", return_gates)
        x = self._checked_input(x)  # (T, B, I)
        steps, batch, _ = x.shape
        counts = steps_that_count(type(self).__name__, lengths, mask, steps, batch, self.batch_first)
        if counts is not None:
            x = where(counts[:, :, None], x, 0.0)  # whatever stood there, NaN included, has no say
        h0 = self._checked_start(h0, batch)  # (L·D, B, H) for each state, or None

        ends: list[tuple[Any, ...]] = []
        gates: list[dict[str, Any]] = []
        for depth, cells in enumerate(self.layers):
            if depth and self.dropout and self.training:
                with scope("dropout"):
                    x = x * dropout_mask(x.shape, self.dropout, x.dtype)
            outs = []
            for direction, cell in cells.items():
                with _Place(self, depth, direction):
                    with scope("start", role="state"):
                        state = self._start(h0, len(ends), batch)  # (B, H) for each state
                    seen = None
                    if self.recurrent_dropout and self.training:
                        seen = dropout_mask(state[0].shape, self.recurrent_dropout, x.dtype)  # (B, H), for all steps
                    out, state, befores = self._run(cell)(
                        x, state, counts, seen,
                        backwards=direction == "backward", past_end=self.past_end, want_befores=return_gates,
                    )  # fmt: skip
                    outs.append(out)  # (T, B, H)
                    if return_gates:
                        gates.append(self._gates(cell, x, befores, counts, seen))
                ends.append(state)
            x = outs[0] if len(outs) == 1 else concat(outs, axis=-1)  # (T, B, D·H)

        if self.go_backwards and not self.keep_order:
            x = flip(x, axis=0)
        out = permute_dims(x, (1, 0, 2)) if self.batch_first else x  # (B, T, D·H) or (T, B, D·H)
        last = tuple(expand_dims(s[0], axis=0) if len(s) == 1 else stack(s, axis=0) for s in zip(*ends, strict=True))
        h_n = last[0] if len(last) == 1 else last  # (L·D, B, H)
        if self.stateful:
            self._carried = detached(h_n)
        return (out, h_n, gates) if return_gates else (out, h_n)

    def reset_state(self) -> None:
        """Forget the state that a stateful layer carries to the next call: that starts from zeros again."""
        self._carried = None

    # --- what it is made of ------------------------------------------------------------------------------------------

    @property
    def cell(self) -> Cell:
        """The first cell."""
        cell: Cell = next(iter(self.layers[0].values()))
        return cell

    @property
    def input_size(self) -> int:
        """I, the numbers in x at a step."""
        return self.cell.input_size

    @property
    def hidden_size(self) -> int:
        """H, the numbers in a state."""
        return self.cell.hidden_size

    @property
    def num_layers(self) -> int:
        """L."""
        return len(self.layers)

    @property
    def bidirectional(self) -> bool:
        """Whether there are two directions."""
        return len(self.layers[0]) == 2

    def describe(self) -> str:
        """That of the first cell, and what is not as usual."""
        usual = {"num_layers": 1, "batch_first": False, "dropout": 0.0, "bidirectional": False} | USUAL
        chosen = {name: getattr(self, name) for name in usual if getattr(self, name) != usual[name]}
        return ", ".join([self.cell.describe(), *(f"{name}={value!r}" for name, value in chosen.items())])

    # --- checks ------------------------------------------------------------------------------------------------------

    def _stacked(self, cells: Any) -> list[Any]:
        """A cell, or a pair of cells, for each layer."""
        stacked = [cells] if isinstance(cells, Cell) else list(cells) if isinstance(cells, list | tuple) else []
        for cell in stacked:
            is_pair = isinstance(cell, list | tuple) and len(cell) == 2 and all(isinstance(c, Cell) for c in cell)
            if not is_pair and not isinstance(cell, Cell):
                stacked = []
        if not stacked:
            wanted = "wanted a cell, or a list with a cell or a pair of cells for each layer"
            raise ArgumentError(f"{type(self).__name__}: cells: got {brief(cells)}, {wanted}. try: nn.GRUCell(2, 3)")
        return stacked

    def _check(self) -> None:
        who = type(self).__name__
        if self.dropout and len(self.layers) == 1:
            raise ArgumentError(
                f"{who}: dropout={self.dropout} is between layers, and there is only one. "
                "try: num_layers=2, recurrent_dropout, or a Dropout after it"
            )
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if not isinstance(value, str) or value not in choices:
                raise ArgumentError(f"{who}: {name}: got {brief(value)}, wanted one of {', '.join(choices)}")
        if self.go_backwards and self.bidirectional:
            raise ArgumentError(f"{who}: go_backwards and bidirectional: both directions are read already. try: one")
        if self.keep_order and not self.go_backwards:
            raise ArgumentError(f"{who}: keep_order is for go_backwards. try: go_backwards=True, or leave it out")
        if self.stateful and self.bidirectional:
            raise ArgumentError(f"{who}: stateful and bidirectional: the backward half starts at the end. try: one")
        width = self.input_size
        for depth, cells in enumerate(self.layers):
            if len(cells) != len(self.layers[0]):
                raise ArgumentError(f"{who}: layer {depth + 1} has {len(cells)} directions, the first has others")
            for cell in cells.values():
                if cell.input_size != width or cell.state_sizes != self.cell.state_sizes:
                    got = f"input size {cell.input_size} and state sizes {cell.state_sizes}"
                    raise ShapeError(f"{who}: layer {depth + 1} has {got}, wanted {width} and {self.cell.state_sizes}")
                if self.recurrent_dropout and "seen" not in inspect.signature(cell.step).parameters:
                    raise ArgumentError(
                        f"{who}: recurrent_dropout: {type(cell).__name__}.step takes no seen. "
                        "try: step(self, x, *state, seen=None), with seen instead of h in the matrix products"
                    )
            width = sum(cell.hidden_size for cell in cells.values())

    def _checked_input(self, x: Any) -> Any:
        """x as a tensor (T, B, I)."""
        who = type(self).__name__
        if self.batch_first:
            x = permute_dims(self.cell.checked_input(x, "B", "T", who=who), (1, 0, 2))
        else:
            x = self.cell.checked_input(x, "T", "B", who=who)
        if len(x) == 0:
            raise ShapeError(f"{who}: input {x.brief} has no time steps{here()}")
        return x

    def _checked_start(self, h0: Any, batch: int) -> tuple[Any, ...] | None:
        """The states to start from, (L·D, B, H) each, if there are any: those given, or those carried."""
        who = type(self).__name__
        if h0 is None and self._carried is not None:
            h0 = self._carried
            first = h0[0] if isinstance(h0, tuple) else h0
            got = f"{who}: the state carried from the call before is"
            if first.shape[1] != batch:
                raise ShapeError(f"{got} of batch {first.shape[1]}, the input of {batch}{here()}. try: reset_state()")
            if first.dtype != self.cell.dtype:
                wanted = f"the parameters are {self.cell.dtype}"
                raise DtypeError(f"{got} {first.dtype}, {wanted}{here()}. try: reset_state()")
        if h0 is None:
            return None
        lead = (sum(len(cells) for cells in self.layers), batch)
        return self.cell.checked_state(h0 if isinstance(h0, tuple) else (h0,), lead, who)

    def _start(self, h0: tuple[Any, ...] | None, place: int, batch: int) -> tuple[Any, ...]:
        """The states (B, H) with which the layer and direction at this place of h0 begins."""
        if h0 is None:
            return self.cell.checked_state(None, (batch,))
        return tuple(s[place].named(name) for s, name in zip(h0, self.cell.state_names, strict=True))

    def _run(self, cell: Cell) -> Callable[..., Any]:
        """What runs a cell over time: its compiled program, or its steps one by one."""
        if self.engine == "composed" or current_mode().anomaly or current_mode().tracer is not None:
            return partial(over_time, cell)
        program = compiled(cell, seen=bool(self.recurrent_dropout and self.training))
        if not isinstance(program, str):
            return partial(at_once, cell, program)
        if self.engine == "compiled":
            raise ArgumentError(f"{type(self).__name__}: {type(cell).__name__} cannot be compiled: {program}")
        return partial(over_time, cell)

    def _gates(self, cell: Cell, x: Any, h: Any, counts: Array | None, seen: Any) -> dict[str, Any]:
        """The gates at all steps at once: those depend on x and the states before, and all of them are known by now."""
        with scope("gates"):
            found = cell.gates(x, h if seen is None else h * seen)  # (T, B, H) each
            if counts is not None:
                found = tuple(where(counts[:, :, None], gate, 0.0) for gate in found)
            if self.batch_first:
                found = tuple(permute_dims(gate, (1, 0, 2)) for gate in found)
        return dict(zip(cell.gate_names, found, strict=True))


class _Place:
    """The scopes of a layer and of a direction, where there are several: `layer 2 / backward`."""

    def __init__(self, layer: Recurrent, depth: int, direction: str) -> None:
        labels = [f"layer {depth + 1}"] * (len(layer.layers) > 1) + [direction] * layer.bidirectional
        self._scopes = [scope(label) for label in labels]

    def __enter__(self) -> None:
        for place in self._scopes:
            place.__enter__()

    def __exit__(self, *exc: object) -> None:
        for place in reversed(self._scopes):
            place.__exit__(*exc)
