"""The architecture behind a file of weights without its model: layers and sizes, inferred from names and shapes.

`weight_ih_l0` (192, 32) beside `weight_hh_l0` (192, 64) is a layer of three gates, so a GRU from 32 to 64 numbers. What
names and shapes leave open is assumed to be the library's default, with a note: the nonlinearity of an RNN, whether a
lone matrix is an Embedding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ... import nn
from ...core.support.random import seed
from ...errors import CheckpointError
from ...nn.files.names import printable
from .gate_layouts import KINDS
from .validate import misfits, refuse

__all__ = ["Part", "keras_parts", "module_of", "torch_parts"]

Shape = tuple[int, ...]

KIND_OF_GATES = {len(cell.letters): kind for cell, kind in KINDS.items()}
DEEPEST = 16  # names between dots
MOST_ARRAYS = 10_000  # a module takes memory however small its arrays are
SHOWN = 12  # arrays named in one message
OVER_TIME = re.compile(r"(weight|bias)_(ih|hh)(?:_l([0-9]{1,4})(_reverse)?)?")
SEGMENT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}|[0-9]{1,6}")


@dataclass(frozen=True)
class Part:
    """An inferred layer: its place, its class in nn, sizes and options."""

    place: str  # its path, `encoder.0`; empty if the file is this layer
    kind: str  # a class of nn
    sizes: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)
    note: str = ""  # the assumptions

    def module(self) -> nn.Module:
        """The layer, with weights of its own."""
        layer: nn.Module = getattr(nn, self.kind)(*self.sizes, **self.options)
        return layer

    def __str__(self) -> str:
        """The call that makes it: `nn.GRU(2, 4, reset_after=True)`."""
        words = [str(size) for size in self.sizes] + [f"{key}={value!r}" for key, value in self.options.items()]
        return f"nn.{self.kind}({', '.join(words)})"


def module_of(parts: Sequence[Part]) -> nn.Module:
    """A module with these layers under their names; if there are several, it only holds them."""
    with seed(0):  # these weights are replaced: the caller's generator is left as it was
        if len(parts) == 1 and not parts[0].place:
            return parts[0].module()
        root = nn.Module()
        for part in parts:
            holder = root
            *way, last = _segments(part.place)
            for name in way:
                if name not in vars(holder):
                    setattr(holder, name, nn.Module())
                holder = vars(holder)[name]
            setattr(holder, last, part.module())
        return root


def _segments(place: str) -> list[str]:
    """The names in a path; attributes of Module are refused."""
    names = place.split(".")
    for name in names:
        if len(names) > DEEPEST or not SEGMENT.fullmatch(name) or hasattr(nn.Module, name):
            raise CheckpointError(f"{printable(place)} is no name for a layer. try: the same weights under another")
    return names


# --- PyTorch ---------------------------------------------------------------------------------------------------------


def torch_parts(shapes: Mapping[str, Shape]) -> list[Part]:
    """The layers whose `state_dict` has arrays of these names and shapes; CheckpointError if some belong to none."""
    if len(shapes) > MOST_ARRAYS:
        raise CheckpointError(
            f"it holds {len(shapes)} arrays, wanted at most {MOST_ARRAYS}. try: the layers one by one"
        )
    groups: dict[str, dict[str, Shape]] = {}
    for name in sorted(shapes, key=_natural):
        place, _, local = name.rpartition(".")
        groups.setdefault(place, {})[local] = shapes[name]
    parts = []
    for place, arrays in groups.items():
        part = _over_time(place, arrays) if "weight_hh" in " ".join(arrays) else _without_time(place, arrays)
        if part is None:
            named = [(f"{place}.{local}".lstrip("."), shape) for local, shape in list(arrays.items())[:SHOWN]]
            there = ", ".join(f"{printable(name)} {shape}" for name, shape in named)
            there += f" and {len(arrays) - SHOWN} more" if len(arrays) > SHOWN else ""
            raise CheckpointError(
                f"no layer of ours has {there}. try: --like RUN, or "
                "tg.interop.from_torch(module, path) on a module of yours"
            )
        parts.append(part)
    return parts


def _over_time(place: str, arrays: Mapping[str, Shape]) -> Part | None:
    """One GRU, LSTM or RNN of several layers and directions, or a cell, from all arrays of one prefix."""
    matches = [OVER_TIME.fullmatch(local) for local in arrays]
    depths = {int(match[3]) for match in matches if match and match[3]}
    cell = not depths
    ih, hh = (arrays.get(f"weight_{side}" + ("" if cell else "_l0"), ()) for side in ("ih", "hh"))
    if None in matches or len(ih) != 2 or len(hh) != 2 or depths - set(range(len(depths))):
        return None
    kind = _kind(hh[0], hh[1])
    if kind is None or min(ih) < 1:
        return None
    options: dict[str, Any] = {"num_layers": len(depths)} if len(depths) > 1 else {}
    options |= {"bidirectional": True} if any(match and match[4] for match in matches) else {}
    biases = any(local.startswith("bias") for local in arrays)
    if not cell:  # every array of every layer, before memory is allocated for layers whose arrays are missing
        sides = ("", "_reverse") if "bidirectional" in options else ("",)
        wanted = _shapes_over_time(*ih[::-1], hh[1], len(depths), sides, biases)
        if problems := misfits({name: ("float32", shape) for name, shape in arrays.items()}, wanted):
            before = f"{place}." if place else ""
            refuse(f"the arrays {printable(before)}* are no {kind}", problems, "another file, or --like RUN")
    options |= {"reset_after": True} if kind == "GRU" else {}
    if not biases or kind != "GRU":  # it has two by default
        options["bias"] = "double" if biases else False
    note = "tanh is assumed" if kind == "RNN" else ""
    return Part(place, kind + ("Cell" if cell else ""), (ih[1], hh[1]), options, note)


def _shapes_over_time(
    inputs: int, rows: int, hidden: int, depth: int, sides: Sequence[str], biases: bool
) -> dict[str, Shape]:
    """PyTorch's names of the arrays of `depth` layers, with their shapes."""
    wanted: dict[str, Shape] = {}
    for k in range(depth):
        for side in sides:
            end = f"_l{k}{side}"
            wanted[f"weight_ih{end}"] = rows, inputs if k == 0 else len(sides) * hidden
            wanted[f"weight_hh{end}"] = rows, hidden
            wanted |= {f"bias_{other}{end}": (rows,) for other in ("ih", "hh") if biases}
    return wanted


def _without_time(place: str, arrays: Mapping[str, Shape]) -> Part | None:
    """A Linear, Embedding or LayerNorm."""
    weight, bias = arrays.get("weight", ()), arrays.get("bias")
    if set(arrays) - {"weight", "bias"} or not weight or min(weight) < 1:
        return None
    match len(weight), bias:
        case 2, (size,) if size == weight[0]:
            return Part(place, "Linear", (weight[1], weight[0]))
        case 2, None if "emb" in place.lower() or place == "0":
            return Part(place, "Embedding", weight, note="a Linear without a bias would look the same")
        case 2, None:
            return Part(
                place, "Linear", (weight[1], weight[0]), {"bias": False}, "an Embedding would look the same, transposed"
            )
        case 1, (size,) if size == weight[0]:
            return Part(place, "LayerNorm", (size,))
    return None


# --- Keras -----------------------------------------------------------------------------------------------------------


def keras_parts(shapes: Sequence[Shape]) -> list[Part]:
    """The layers whose `get_weights()` has these shapes in this order; CheckpointError if some belong to none."""
    if len(shapes) > MOST_ARRAYS:
        raise CheckpointError(f"it holds {len(shapes)} arrays, wanted at most {MOST_ARRAYS}. try: --like RUN")
    layers: list[tuple[str, tuple[int, ...], dict[str, Any], str]] = []
    i = 0
    while i < len(shapes):
        taken = _keras_recurrent(shapes, i) or _keras_plain(shapes, i)
        if taken is None:
            raise CheckpointError(
                f"no layer of ours has array {i} of shape {shapes[i]} there. try: --like RUN, or "
                "tg.interop.from_keras(module, arrays) on a module of yours"
            )
        count, kind, sizes, options, note = taken
        i += count
        layers.append((kind, sizes, options, note))
    if len(layers) == 1:
        return [Part("", *layers[0])]
    used: dict[str, int] = {}
    parts = []
    for kind, *rest in layers:
        name = {"Linear": "dense", "LayerNorm": "norm"}.get(kind, kind.lower())
        times = used[name] = used.get(name, 0) + 1
        parts.append(Part(name if times == 1 else f"{name}_{times}", kind, *rest))  # type: ignore[arg-type]
    return parts


def _keras_recurrent(shapes: Sequence[Shape], i: int) -> tuple[int, str, tuple[int, ...], dict[str, Any], str] | None:
    """The recurrent layer that begins with array i: how many arrays it has, its kind, sizes, options and note."""
    one = _keras_cell(shapes, i)
    if one is None:
        return None
    count, kind, (I, H), options, note = one
    other = _keras_cell(shapes, i + count)
    if other is None or other[1:3] != one[1:3]:
        return one
    after = shapes[i + 2 * count] if i + 2 * count < len(shapes) else ()
    # the width of the next layer's input
    width = after[0] if (len(after) == 2 and after[0] in (H, 2 * H)) or after in ((H,), (2 * H,)) else 0
    if I != H or width == 2 * H:  # where I is not H, a layer on top would read H numbers, not I again
        unsure = "what follows reads both directions as one sum, product or mean" if width == H else ""
        both = {**options, "bidirectional": True}
        return 2 * count, kind, (I, H), both, "; ".join(filter(None, (note, unsure)))
    if width == H:
        unsure = "two layers: both directions of one, as a sum, product or mean, would look the same"
    else:
        unsure = "two layers or both directions of one: it cannot be seen which, and two are assumed"
    return count, kind, (I, H), options, "; ".join(filter(None, (note, unsure)))


def _keras_cell(shapes: Sequence[Shape], i: int) -> tuple[int, str, tuple[int, int], dict[str, Any], str] | None:
    if i + 1 >= len(shapes) or len(shapes[i]) != 2 or len(shapes[i + 1]) != 2:
        return None
    (I, width), (H, same) = shapes[i], shapes[i + 1]
    kind = _kind(width, H)
    if kind is None or width != same or I < 1:
        return None
    bias = shapes[i + 2] if i + 2 < len(shapes) else None
    match kind, bias:
        case "GRU", (2, size) if size == width:
            return 3, kind, (I, H), {"reset_after": True}, ""
        case _, (size,) if size == width:
            return 3, kind, (I, H), {}, "tanh is assumed" if kind == "RNN" else ""
        case "RNN", _:  # two matrices that fit each other can be two Dense layers
            return None
        case "GRU", _:
            return 2, kind, (I, H), {"bias": False, "reset_after": True}, "reset_after=True is assumed, Keras's default"
    return 2, kind, (I, H), {"bias": False}, ""


def _keras_plain(shapes: Sequence[Shape], i: int) -> tuple[int, str, tuple[int, ...], dict[str, Any], str] | None:
    shape, after = shapes[i], shapes[i + 1] if i + 1 < len(shapes) else None
    if not shape or min(shape) < 1:
        return None
    if len(shape) == 2 and after == shape[1:]:
        return 2, "Linear", shape, {}, ""
    if len(shape) == 2 and i == 0:
        return 1, "Embedding", shape, {}, "a Dense without a bias would look the same"
    if len(shape) == 2:
        return 1, "Linear", shape, {"bias": False}, "an Embedding would look the same"
    if len(shape) == 1 and after == shape:
        return 2, "LayerNorm", shape, {}, ""
    return None


def _kind(width: int, hidden: int) -> str | None:
    """The kind of cell whose gates have this width together, for a state of this size."""
    return KIND_OF_GATES.get(width // hidden) if hidden > 0 and width % hidden == 0 else None


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """A sort key by which 2 comes before 10."""
    return [(word.isdecimal(), int(word) if word.isdecimal() else 0, word) for word in re.split(r"[.]", name[:1000])]
