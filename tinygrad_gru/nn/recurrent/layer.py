"""Layers and directions of cells over time."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any

from ...compiler import compiled
from ...compiler.compile import Compiled
from ...core.ops import concat, expand_dims, flip, permute_dims, stack, where
from ...core.support.arguments import brief, flag, fraction
from ...core.support.arrays import Array
from ...core.support.hints import in_our_words
from ...core.support.scopes import current_mode, here, scope
from ...core.tensor import Tensor
from ...errors import ArgumentError, DtypeError, ShapeError
from ..cell_base import Cell
from ..fused import fused
from ..layers import dropout_mask
from ..module import Module
from ..support.wrappers import frozen_rows, outputs_that_count, states_before, step_of
from ..unroll import unroll
from .sequences import detached, valid_steps
from .unbatched import is_unbatched, unbatched

__all__ = ["Recurrent", "layer_override", "recurrent_layer"]

DIRECTIONS = ("forward", "backward")
USUAL = {"recurrent_dropout": 0.0, "go_backwards": False, "keep_order": False, "stateful": False, "past_end": "zero",
         "engine": "eager"}  # fmt: skip

# Replaces every layer's forward: `override(layer, x, h0, lengths=, mask=, return_gates=)`.
layer_override: ContextVar[Callable[..., Any] | None] = ContextVar("tinygrad_gru.layer_override", default=None)


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

    `dropout` masks the outputs of all layers but the last, in training. `recurrent_dropout` masks the state that enters
    the matrix products, with the same mask at every step (Gal and Ghahramani 2016, arXiv 1512.05287).
    `go_backwards` takes the steps from last to first, and leaves the outputs in this order, as Keras does, unless
    `keep_order`. `stateful` starts where the call before ended, with gradients cut, until `reset_state()`.
    `engine` is "eager", step by step, by the cell's own lines, or "compiled", by the program that the compiler makes
    of them, as one node of the graph, which is faster. The results are the same. `tg.compile` switches it.
    `return_gates` in a call adds a third result: for each layer and direction, in the order of h_n, a dictionary of
    the cell's gates at every step, (T, B, H) each, 0 where a step does not count.

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
        engine: str = "eager",
    ) -> None:
        who = type(self).__name__
        stacked = _stacked(who, cells)
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

    @in_our_words
    def forward(
        self, x: Any, h0: Any = None, lengths: Any = None, mask: Any = None, return_gates: bool = False
    ) -> tuple[Any, ...]:
        """The outputs of all steps (T, B, D·H), and the state after the last (L·D, B, H), for x (T, B, I).

        One sequence x (T, I), without the axis of the batch, has outputs (T, D·H) and states (L·D, H).
        """
        if is_unbatched(x):
            return unbatched(self, x, h0, lengths=lengths, mask=mask, return_gates=return_gates)
        if (override := layer_override.get()) is not None:
            return tuple(override(self, x, h0, lengths=lengths, mask=mask, return_gates=return_gates))
        if flag(f"{type(self).__name__}: return_gates", return_gates):
            self._check_gates()
        x = self._checked_input(x)  # (T, B, I)
        steps, batch, _ = x.shape
        valid = valid_steps(type(self).__name__, lengths, mask, steps, batch, self.batch_first)
        if valid is not None:
            x = where(Tensor(valid[:, :, None], name="valid"), x, 0.0)  # padding, NaN included, has no influence
        h0 = self._checked_start(h0, batch)  # (L·D, B, H) for each state, or None

        ends: list[tuple[Any, ...]] = []
        gates: list[dict[str, Any]] = []
        for depth, cells in enumerate(self.layers):
            if depth and self.dropout and self.training:
                with scope("dropout"):
                    x = x * dropout_mask(x.shape, self.dropout, x.dtype)
            outs = []
            with scope(f"layer {depth + 1}") if len(self.layers) > 1 else nullcontext():
                for direction, cell in cells.items():
                    backwards = direction == "backward"
                    with scope(direction) if self.bidirectional else nullcontext():
                        state = self._start(h0, len(ends), batch)  # (B, H) for each state
                        out, last, of_gates = self._over_time(cell, x, state, valid, backwards, return_gates)
                    outs.append(out)  # (T, B, H)
                    ends.append(last)
                    gates.append(of_gates)
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

    # --- cells and sizes ---------------------------------------------------------------------------------------------

    @property
    def cell(self) -> Cell:
        """The first cell."""
        first: Cell = next(iter(self.layers[0].values()))
        return first

    @property
    def input_size(self) -> int:
        """I, the features of x at a step."""
        return self.cell.input_size

    @property
    def hidden_size(self) -> int:
        """H, the features of a state."""
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
        """The description of the first cell, and the options that are not the default."""
        usual = {"num_layers": 1, "batch_first": False, "dropout": 0.0, "bidirectional": False} | USUAL
        chosen = {name: getattr(self, name) for name in usual if getattr(self, name) != usual[name]}
        return ", ".join([self.cell.describe(), *(f"{name}={value!r}" for name, value in chosen.items())])

    # --- checks ------------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        who = type(self).__name__
        if self.dropout and len(self.layers) == 1:
            raise ArgumentError(
                f"{who}: dropout={self.dropout} is between layers, and there is only one. "
                "try: num_layers=2, recurrent_dropout, or a Dropout after it"
            )
        if not isinstance(self.past_end, str) or self.past_end not in ("zero", "repeat"):
            raise ArgumentError(f"{who}: past_end: got {brief(self.past_end)}, wanted one of zero, repeat")
        check_engine(who, self.engine)
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
                if self.recurrent_dropout:
                    _check_that_gates_are_apart(who, cell)
            width = sum(cell.hidden_size for cell in cells.values())

    def _check_gates(self) -> None:
        for cells in self.layers:
            for cell in cells.values():
                if not cell.gate_names:
                    hint = "try: a gates(self, x, h) method, and gate_names"
                    raise ArgumentError(f"{type(cell).__name__} has no gates. {hint}")

    def _checked_input(self, x: Any) -> Any:
        """x as a tensor (T, B, I)."""
        who = type(self).__name__
        if self.batch_first:
            x = permute_dims(self.cell.checked_input(x, "B", "T", who=who), (1, 0, 2))
        else:
            x = self.cell.checked_input(x, "T", "B", who=who)
        if len(x) == 0:
            raise ShapeError(f"{who}: input {x.summary} has no time steps{here()}")
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
                raise DtypeError(
                    f"{got} {first.dtype}, the parameters are {self.cell.dtype}{here()}. try: reset_state()"
                )
        if h0 is None:
            return None
        lead = (sum(len(cells) for cells in self.layers), batch)
        return self.cell.checked_state(h0 if isinstance(h0, tuple) else (h0,), lead, who)

    def _start(self, h0: tuple[Any, ...] | None, slot: int, batch: int) -> tuple[Any, ...]:
        """The initial states (B, H) of a layer and direction; `slot` is its index on the first axis of h0."""
        with scope("start", role="state"):
            if h0 is None:
                return self.cell.checked_state(None, (batch,))
            return tuple(s[slot].named(name) for s, name in zip(h0, self.cell.state_names, strict=True))

    def _over_time(
        self, cell: Cell, x: Any, state: tuple[Any, ...], valid: Array | None, backwards: bool, return_gates: bool
    ) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """One cell in one direction: its outputs (T, B, H), the last states, and its gates if `return_gates`."""
        mask = None
        if self.recurrent_dropout and self.training:
            mask = dropout_mask(state[0].shape, self.recurrent_dropout, x.dtype)  # (B, H), the same at every step
        frozen = frozen_rows(valid, backwards)
        program = self._program(cell)
        if program is not None:
            states, last = fused(cell, program, x, state, mask, frozen, backwards)
        else:
            times = range(len(x))[::-1] if backwards else None
            states, last = unroll(step_of(cell, mask, frozen), x, state, times)
            cell.checked_result(last, state)
        gates = {}
        if return_gates:
            gates = self._gates(cell, x, states_before(state[0], states, backwards), valid, mask)
        return outputs_that_count(states, valid, backwards, self.past_end), last, gates

    def _program(self, cell: Cell) -> Compiled | None:
        """The compiled program of the cell; None if it runs step by step."""
        if self.engine != "compiled" or current_mode().anomaly or current_mode().tracer is not None:
            return None
        program = compiled(cell, masked=bool(self.recurrent_dropout and self.training))
        if isinstance(program, str):
            raise ArgumentError(f"{type(self).__name__}: {type(cell).__name__} cannot be compiled: {program}")
        return program

    def _gates(self, cell: Cell, x: Any, h_prev: Any, valid: Array | None, mask: Any) -> dict[str, Any]:
        """The gates at all steps at once: they depend on x and the previous states only, which are all computed."""
        with scope("gates"):
            gates = cell.gates(x, h_prev if mask is None else h_prev * mask)  # (T, B, H) each
            if valid is not None:
                gates = tuple(where(valid[:, :, None], gate, 0.0) for gate in gates)
            if self.batch_first:
                gates = tuple(permute_dims(gate, (1, 0, 2)) for gate in gates)
        return dict(zip(cell.gate_names, gates, strict=True))


def _stacked(who: str, cells: Any) -> list[Any]:
    """For each layer a cell, or a pair of cells."""
    expected = "wanted a cell, or a list with a cell or a pair of cells for each layer"
    hint = "try: nn.GRUCell(2, 3), or class Mine(nn.Cell) with a step(self, x, *state), and Mine(2, 3)"
    stacked = list(cells) if isinstance(cells, list | tuple) else [cells]
    if not stacked:
        raise ArgumentError(f"{who}: cells: got {brief(cells)}, {expected}. {hint}")
    for item in stacked:
        pair = item if isinstance(item, list | tuple) else (item, item)
        if len(pair) != 2:
            many = "cell" if len(pair) == 1 else "cells"
            raise ArgumentError(f"{who}: cells: got {len(pair)} {many} for two directions, {expected}. {hint}")
        for cell in pair:
            if not isinstance(cell, Cell):
                got = f"a {type(cell).__name__}" if isinstance(cell, Module) else brief(cell)
                raise ArgumentError(f"{who}: cells: got {got}, {expected}. {hint}")
    return stacked


def check_engine(who: str, engine: Any) -> None:
    """Raise ArgumentError unless it is the name of an engine."""
    renamed = {"auto": "compiled", "composed": "eager"}
    if isinstance(engine, str) and engine in renamed:
        hint = f'try: engine="{renamed[engine]}", or tg.compile(module)'
        raise ArgumentError(f'{who}: engine: {engine!r} is gone, wanted "eager" or "compiled". {hint}')
    if not isinstance(engine, str) or engine not in ("eager", "compiled"):
        raise ArgumentError(f'{who}: engine: got {brief(engine)}, wanted "eager" or "compiled"')


def _check_that_gates_are_apart(who: str, cell: Cell) -> None:
    """Raise ArgumentError for a cell whose step is in one piece: recurrent dropout comes between gates and update."""
    kind = type(cell)
    if kind.step is Cell.step and kind.update is not Cell.update:
        return
    reason = "its argument seen is gone" if "seen" in inspect.signature(cell.step).parameters else "is in one piece"
    raise ArgumentError(
        f"{who}: recurrent_dropout: {kind.__name__}.step: {reason}. try: gates(self, x, h) and "
        "update(self, gates, *state) in its place: the gates see h with holes, the update h itself"
    )


def recurrent_layer(who: str, layer: Any) -> Recurrent:
    """The layer; ArgumentError if it is not a recurrent one."""
    if not isinstance(layer, Recurrent):
        raise ArgumentError(f"{who}: got {brief(layer)}, wanted a recurrent layer. try: nn.GRU(2, 3)")
    return layer
