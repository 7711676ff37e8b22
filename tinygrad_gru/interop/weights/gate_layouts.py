"""The weight layouts of recurrent cells in PyTorch, Keras and ONNX: one table, and `pack` and `unpack` by it.

Ours are the letters of the equations: W_r, W_z, W_h of (H+I, H) with the rows of h first, and z multiplies the NEW
candidate. The others pack all gates into one matrix for x and one for h, each in an order of its own, and in all of
them z multiplies the OLD state. As sigmoid(−a) = 1 − sigmoid(a), that is the same network with the signs of W_z and b_z
changed; gates with another activation, of which this does not hold, are refused, unless the cell is a KeepGRUCell, in
which z keeps the old as it does there. Packing moves blocks and changes
signs, nothing else: no number is ever rounded, and a round trip returns every bit. (One bit excepted: of a bias that
must be zero to be left out, −0.0 comes back as 0.0.)

What needs more is refused: a reset gate on the other side of the product is another network, and two bias vectors are
not one (`nn.fold_biases` adds them up).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.tensor import Tensor
from ...errors import ArgumentError, CheckpointError, ShapeError
from ...nn.activations import name_of
from ...nn.cell_base import Cell
from ...nn.cells import GRUCell, LSTMCell, ResetAfterGRUCell, RNNCell
from ..cells import KeepGRUCell, KeepResetAfterGRUCell

__all__ = [
    "DIALECTS",
    "Dialect",
    "check_cell",
    "dialect_for",
    "pack",
    "parameter_names",
    "shapes",
    "sign_turns",
    "unpack",
]


@dataclass(frozen=True)
class Dialect:
    """How one library stores one kind of cell; G is the number of gates."""

    library: str
    kind: str  # "RNN", "GRU" or "LSTM"
    arrays: tuple[str, ...]  # its names: the matrix for x, the matrix for h, and one or two for the biases
    gates: tuple[str, ...]  # our letters, in its order
    packed: str  # "rows": the gates below each other, (G·H, I); "columns": side by side, (I, G·H)
    biases: int  # how many vectors a gate has
    bias: str  # where the vectors are: "apart" (G·H,) each; "stacked" (2, G·H); "joined" (2·G·H,); "one" (G·H,)
    sequence: str  # the axes of its sequences; ours are T B I, or B T I with batch_first
    z: str = ""  # "old" or "new": what z multiplies, where there is a z
    reset: str = ""  # "before" or "after" the product, where there is a reset gate
    fixed: tuple[tuple[str, tuple[str, ...]], ...] = ()  # the activations there are, where they cannot be chosen

    @property
    def title(self) -> str:
        """For errors: `torch's GRU`."""
        return f"{self.library}'s {self.kind}"


TORCH = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
KERAS = ("kernel", "recurrent_kernel", "bias")
ONNX = ("W", "R", "B")  # without their first axis, that of the directions
TANH_AND_SIGMOID = (("activation", ("tanh",)), ("gate_activation", ("sigmoid",)))
TANH_OR_RELU = (("nonlinearity", ("tanh", "relu")),)

DIALECTS = (
    Dialect("torch", "RNN", TORCH, ("h",), "rows", 2, "apart", "T B I", fixed=TANH_OR_RELU),
    Dialect("torch", "GRU", TORCH, ("r", "z", "h"), "rows", 2, "apart", "T B I", "old", "after", TANH_AND_SIGMOID),
    Dialect("torch", "LSTM", TORCH, ("i", "f", "g", "o"), "rows", 2, "apart", "T B I", fixed=TANH_AND_SIGMOID),
    Dialect("keras", "RNN", KERAS, ("h",), "columns", 1, "one", "B T I"),
    Dialect("keras", "GRU", KERAS, ("z", "r", "h"), "columns", 2, "stacked", "B T I", "old", "after"),
    Dialect("keras", "GRU", KERAS, ("z", "r", "h"), "columns", 1, "one", "B T I", "old", "before"),
    Dialect("keras", "LSTM", KERAS, ("i", "f", "g", "o"), "columns", 1, "one", "B T I"),
    Dialect("onnx", "RNN", ONNX, ("h",), "rows", 2, "joined", "T B I"),
    Dialect("onnx", "GRU", ONNX, ("z", "r", "h"), "rows", 2, "joined", "T B I", "old", "after"),
    Dialect("onnx", "GRU", ONNX, ("z", "r", "h"), "rows", 2, "joined", "T B I", "old", "before"),
    Dialect("onnx", "LSTM", ONNX, ("i", "o", "f", "g"), "rows", 2, "joined", "T B I"),
)

# A class of the user's own, derived or not, may compute something else: it has no counterpart.
KINDS: dict[type[Any], str] = {
    RNNCell: "RNN", GRUCell: "GRU", ResetAfterGRUCell: "GRU", LSTMCell: "LSTM",
    KeepGRUCell: "GRU", KeepResetAfterGRUCell: "GRU",
}  # fmt: skip


def dialect_for(library: str, cell: Cell) -> Dialect:
    """The dialect of a library that fits a cell; raises ArgumentError with the reason if there is none."""
    kind = KINDS.get(type(cell), "")
    dialects = [dialect for dialect in DIALECTS if (dialect.library, dialect.kind) == (library, kind)]
    if not dialects:
        raise ArgumentError(
            f"{library} has no cell that computes what {type(cell).__name__} does. try: RNNCell, GRUCell or LSTMCell"
        )
    dialect = next((dialect for dialect in dialects if dialect.reset in ("", _reset(cell))), dialects[0])
    check_cell(cell, dialect)
    return dialect


def check_cell(cell: Cell, dialect: Dialect) -> None:
    """Raise ArgumentError with the reason if no weights make a cell equal to one of this dialect."""
    if KINDS.get(type(cell)) != dialect.kind:
        raise ArgumentError(
            f"{dialect.title} is not a {type(cell).__name__}. try: {dialect.kind}Cell, or {dialect.kind}"
        )
    if dialect.reset and dialect.reset != _reset(cell):
        other = dialect.reset == "after"
        raise ArgumentError(
            f"{dialect.title} has the reset gate {dialect.reset} the product with the matrix, this layer "
            f"{_reset(cell)} it: no weights make the two equal. try: reset_after={other}"
        )
    for attribute, names in dialect.fixed:
        function = getattr(cell, attribute)
        name = name_of(function) or getattr(function, "__name__", type(function).__name__)
        if name not in names:
            wanted = f"{attribute}={' or '.join(names)}"
            raise ArgumentError(f"{dialect.title} has {wanted}, this layer {name}. try: {attribute}={names[0]!r}")
    if isinstance(cell, GRUCell) and _z_turns(cell, dialect) and not sign_turns(cell.gate_activation):
        function = cell.gate_activation
        name = name_of(function) or getattr(function, "__name__", type(function).__name__)
        raise ArgumentError(
            f"{dialect.title} has z multiply the old state, this layer the new: as {name}(−a) is not 1 − {name}(a), no "
            "weights make the two equal. try: sigmoid or hard_sigmoid for the gates"
        )


def sign_turns(function: Any) -> bool:
    """Whether σ(−a) = 1 − σ(a): with the signs of its weights changed, a gate is what it left before."""
    a = Tensor(np.array([[0.0, 0.25, 1.0, 2.5, 6.0]]))
    return bool(np.allclose(value_of(function(a)) + value_of(function(-a)), 1))


def shapes(cell: Cell, dialect: Dialect) -> dict[str, tuple[int, ...]]:
    """The names and shapes of the arrays that `pack` returns."""
    width = len(dialect.gates) * cell.hidden_size
    wanted: dict[str, tuple[int, ...]] = {}
    for name, size in zip(dialect.arrays, (cell.input_size, cell.hidden_size), strict=False):
        wanted[name] = (width, size) if dialect.packed == "rows" else (size, width)
    bias = {"apart": (width,), "one": (width,), "stacked": (2, width), "joined": (2 * width,)}[dialect.bias]
    return wanted if cell.bias == "none" else wanted | dict.fromkeys(dialect.arrays[2:], bias)


def parameter_names(cell: Cell, dialect: Dialect) -> list[str]:
    """Our names of the parameters that are packed."""
    biases = [] if cell.bias == "none" else [name for gate in dialect.gates for name in _bias_names(cell, gate)]
    return [name for gate in dialect.gates for name in _matrix_names(cell, gate)] + biases


# --- ours to theirs --------------------------------------------------------------------------------------------------


def pack(cell: Cell, dialect: Dialect) -> dict[str, Array]:
    """A cell's weights as a library stores them, by its names: new arrays of the shapes that `shapes` returns.

    Where the cell has one bias vector and the dialect two, the second is zero. Raises ArgumentError for what the
    dialect has no room for.
    """
    check_cell(cell, dialect)
    of_x, of_h, bias_x, bias_h = [], [], [], []
    for gate in dialect.gates:
        W_x, W_h = _matrices(cell, gate)  # (I, H), (H, H)
        of_x.append(_turned(W_x, gate, cell, dialect))
        of_h.append(_turned(W_h, gate, cell, dialect))
        if cell.bias != "none":
            vectors = [_turned(getattr(cell, name).data, gate, cell, dialect) for name in _bias_names(cell, gate)]
            bias_x.append(vectors[0])
            bias_h.append(vectors[1] if len(vectors) == 2 else np.zeros_like(vectors[0]))

    kernels = [np.concatenate(blocks, axis=1) for blocks in (of_x, of_h)]  # (I, G·H), (H, G·H)
    if dialect.packed == "rows":
        kernels = [kernel.T.copy() for kernel in kernels]  # (G·H, I), (G·H, H)
    if cell.bias == "none":
        return dict(zip(dialect.arrays, kernels, strict=False))
    x, h = np.concatenate(bias_x), np.concatenate(bias_h)  # (G·H,)
    if dialect.bias == "one" and h.any():
        raise ArgumentError(
            f"{dialect.title} has one bias vector where this layer has two. try: nn.fold_biases(module), a copy in "
            "which they are added up"
        )
    biases = {"apart": [x, h], "one": [x], "stacked": [np.stack([x, h])], "joined": [np.concatenate([x, h])]}
    return dict(zip(dialect.arrays, kernels + biases[dialect.bias], strict=True))


# --- theirs to ours --------------------------------------------------------------------------------------------------


def unpack(arrays: Mapping[str, Array], cell: Cell, dialect: Dialect) -> dict[str, Array]:
    """The arrays of a library as a cell's parameters by our names, new ones; the cell itself is not changed.

    Where the dialect has two bias vectors and the cell one, the second must be zero; where it is the other way round,
    the second becomes zero. Raises ShapeError, CheckpointError for a bias that has no place, and ArgumentError for a
    cell that cannot equal one of this dialect.
    """
    check_cell(cell, dialect)
    wanted = shapes(cell, dialect)
    got = {name: np.shape(array) for name, array in arrays.items()}
    if got != wanted:
        raise ShapeError(f"{dialect.title}: got {got}, wanted {wanted}. try: the weights of a layer of these sizes")
    kernels = [arrays[name] for name in dialect.arrays[:2]]
    if dialect.packed == "rows":
        kernels = [kernel.T for kernel in kernels]
    count = len(dialect.gates)
    of_x, of_h = (np.split(kernel, count, axis=1) for kernel in kernels)  # (I, H), (H, H) for each gate
    biases = _vectors([arrays[name] for name in dialect.arrays[2:] if name in arrays], dialect)

    parameters: dict[str, Array] = {}
    for i, gate in enumerate(dialect.gates):
        W_x, W_h = (_turned(W, gate, cell, dialect) for W in (of_x[i], of_h[i]))
        names = _matrix_names(cell, gate)
        parameters |= dict(zip(names, [W_x, W_h] if len(names) == 2 else [np.concatenate([W_h, W_x])], strict=True))
        if biases:
            vectors = [_turned(np.split(b, count)[i], gate, cell, dialect) for b in biases]
            vectors += [np.zeros_like(vectors[0])] * (2 - len(vectors))
            names = _bias_names(cell, gate)
            if len(names) == 1 and vectors[1].any():
                raise CheckpointError(
                    f"{dialect.title} has two bias vectors, this layer one b_{gate}, and the second is not zero. "
                    'try: bias="double", and nn.fold_biases(module) after loading'
                )
            parameters |= dict(zip(names, vectors, strict=False))
    return {name: np.array(array, order="C") for name, array in parameters.items()}


def _vectors(biases: list[Array], dialect: Dialect) -> list[Array]:
    """The bias vectors apart, (G·H,) each: that on the side of x, and if there are two, that on the side of h."""
    if not biases or dialect.bias in ("apart", "one"):
        return biases
    return list(biases[0]) if dialect.bias == "stacked" else np.split(biases[0], 2)


# --- the letters of the equations ------------------------------------------------------------------------------------


def _turned(array: Array, gate: str, cell: Cell, dialect: Dialect) -> Array:
    """With the sign changed, where it is z's and multiplies the other state; the same function both ways."""
    return -array if gate == "z" and _z_turns(cell, dialect) else array


def _z_turns(cell: Cell, dialect: Dialect) -> bool:
    """Whether z multiplies the old state in one of them, and the new in the other."""
    return dialect.z == ("new" if isinstance(cell, KeepGRUCell) else "old")


def _reset(cell: Any) -> str:
    return "after" if getattr(cell, "reset_after", False) else "before"


def _matrix_names(cell: Cell, gate: str) -> list[str]:
    """The matrix of a gate; of the candidate with the reset gate after the product, those for x and for h."""
    return ["W_hx", "W_hh"] if gate == "h" and _reset(cell) == "after" else [f"W_{gate}"]


def _matrices(cell: Cell, gate: str) -> tuple[Array, Array]:
    """The matrix that multiplies x, (I, H), and the one that multiplies h, (H, H)."""
    blocks = [getattr(cell, name).data for name in _matrix_names(cell, gate)]
    if len(blocks) == 2:
        return blocks[0], blocks[1]
    H = cell.hidden_size
    return blocks[0][H:], blocks[0][:H]


def _bias_names(cell: Cell, gate: str) -> list[str]:
    two = cell.bias == "double" or (gate == "h" and _reset(cell) == "after")
    return [f"b_x{gate}", f"b_h{gate}"] if two else [f"b_{gate}"]
