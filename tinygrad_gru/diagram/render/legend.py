"""What stands below a picture: its title, the equation of the state, and the scales of colour.

It is never wider than the graph above it: what does not fit in a line stands in the next one, and words are broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ...symbolic.short import number
from ..model import Graph
from . import html_labels as labels
from .fonts.widths import width_of
from .nodes import Nodes, is_numbered
from .theme import Heat, Scale

__all__ = ["legend", "room_of"]

AROUND = 16.0  # points that Graphviz leaves at the sides of the label of a graph
APART = 14.0  # points between two items of a line
NARROWEST = 150.0  # points: below this, words would stand one below the other
A_STEP_RIGHT = {"cell": 88.0, "gate": 70.0, "op": 56.0}  # points at least from one node to the next, by level
CHIP = 12.0  # points, of a colour


@dataclass(frozen=True)
class Item:
    """Something that stands in one piece: its label and how wide it is, in points."""

    label: str
    width: float


def legend(graph: Graph, nodes: Nodes, heat: Heat | None, filled: bool = False) -> str:
    """The label of the whole graph, which cannot disturb the layout; or one that has just the width of its room."""
    room = max(NARROWEST, nodes.look.room or room_of(graph, nodes.look.direction)) - (0 if filled else AROUND)
    lines = list(_lines(_items(graph, nodes, heat, room), room))
    if not lines:
        return ""
    widest = room if filled else max(_taken(line) for line in lines)
    rows = "".join(f'<TR><TD ALIGN="LEFT">{_line(line, widest)}</TD></TR>' for line in lines)
    return f'<<TABLE BORDER="0" CELLSPACING="{2 if nodes.look.narrow else 4}" CELLPADDING="0">{rows}</TABLE>>'


def room_of(graph: Graph, direction: str) -> float:
    """A width that the graph has at least, in points: that of its longest way, if it goes to the right."""
    if direction == "TB":
        return NARROWEST
    far: dict[str, int] = {}
    into = graph.incoming()
    order = {node: at for at, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        before = [edge.source for edge in into.get(node, ()) if order[edge.source] < order[node]]
        beside = graph.level == "cell" and node.role == "input"  # it stands above its step
        far[node.key] = 0 if beside else 1 + max((far[source.key] for source in before), default=0)
    return max(far.values(), default=0) * A_STEP_RIGHT[graph.level]


def _items(graph: Graph, nodes: Nodes, heat: Heat | None, room: float) -> Iterator[Item]:
    """What is to be said, in its order; words in pieces that fit into the room."""
    look, write = nodes.look, nodes.labels
    bar = _Bar(nodes)
    if look.title:
        yield from _words(look.title, max(13, look.smallest), room, _bold(nodes), bold=True)
    grey = max(11, look.smallest)
    for part in graph.note.split("; ") if graph.note else ():
        yield from _words(part, grey, room, lambda words: write.grey(words, 11))
    if graph.level == "op" and not graph.backward:
        for part in _words_of_level_op(graph, nodes) if not look.brief else ():
            yield from _words(part, grey, room, lambda words: write.grey(words, 11))
    elif graph.equation and graph.paths is None:
        size = write.size(11)
        yield from _words(
            graph.equation, grey, room, lambda words: f'<FONT POINT-SIZE="{size}">{write.words(words, 11, 120)}</FONT>'
        )
    if look.values and (largest := nodes.value_scale.largest):
        yield bar.of_scale(f"value −{number(largest)}", nodes.value_scale, f"+{number(largest)}")
    if look.values and nodes.gates:
        yield bar.of_scale("gate: 0 shut", nodes.theme.gate_scale(), "1 open", from_zero=True)
    if (graph.backward or (graph.level == "gate" and nodes.grads)) and (largest := nodes.gradient_scale.largest):
        yield bar.of_scale(f"grad −{number(largest)}", nodes.gradient_scale, f"+{number(largest)}")
    if heat is not None and heat.largest > 0:
        yield bar.of_heat(graph, heat)
        yield from _words("(log scale: the wider, the larger)", max(10, look.smallest), room, write.grey)


def _bold(nodes: Nodes) -> Callable[[str], str]:
    size = nodes.labels.size(13)
    return lambda words: f'<FONT POINT-SIZE="{size}"><B>{labels.text(words, 80)}</B></FONT>'


def _words(words: str, points: float, room: float, label: Callable[[str], str], bold: bool = False) -> Iterator[Item]:
    """Words in as few pieces as fit into the room, broken at blanks."""
    piece = ""
    for word in re.findall(r"\S+\s*", words):
        if piece and width_of(piece + word.rstrip(), points, bold) > room - APART:
            yield Item(label(piece.rstrip()), width_of(piece.rstrip(), points, bold))
            piece = ""
        piece += word
    if piece.strip():
        yield Item(label(piece.rstrip()), width_of(piece.rstrip(), points, bold))


def _lines(items: Iterator[Item], room: float) -> Iterator[list[Item]]:
    """Items in lines that fit into the room."""
    line: list[Item] = []
    for item in items:
        if line and _taken([*line, item]) > room:
            yield line
            line = []
        line.append(item)
    if line:
        yield line


def _taken(line: Sequence[Item]) -> float:
    return sum(item.width + APART for item in line)


def _line(items: Sequence[Item], widest: float) -> str:
    """A line, with a cell at its end as wide as it is shorter than the widest: a table stretches its columns evenly."""
    cells = f'<TD WIDTH="{APART:g}"></TD>'.join(f"<TD>{item.label}</TD>" for item in items)
    left = int(widest - _taken(items))
    cells += f'<TD WIDTH="{left}"></TD>' if left > 1 else ""
    return f'<TABLE BORDER="0" ALIGN="LEFT" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cells}</TR></TABLE>'


def _words_of_level_op(graph: Graph, nodes: Nodes) -> list[str]:
    words = []
    if any(node.kind == "op" for node in graph.nodes):  # where all are filled, nothing need be told apart
        empty = "empty" if nodes.theme.name == "dark" else "white"
        words = ["filled box: a named tensor and the operation that made it", f"{empty} box: an operation"]
    if any(node.kind == "tag" or node.tags for node in graph.nodes):
        shared = any(node.kind == "tag" and node.use is None for node in graph.nodes)
        words.append("tag: a parameter or constant" + ("" if shared else ", drawn again at every use"))
    if any(node.kind == "tag" and nodes.uses(node) > 1 for node in graph.nodes):
        words.append("×: how many uses")
    if any(is_numbered(edge) for edge in graph.edges):
        words.append("1, 2: which operand")
    if nodes.grads and any(node.tensor.size > 1 for node in graph.nodes):
        words.append("‖g‖: norm of the gradient")
    return [f"{part};" for part in words[:-1]] + words[-1:]


class _Bar:
    """Writes the scales: words, colours, words."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.points = max(10, nodes.look.smallest)

    def of_scale(self, left: str, scale: Scale, right: str, from_zero: bool = False) -> Item:
        """One from its lowest to its highest colour."""
        shares = (0.0, 0.25, 0.5, 0.75, 1.0) if from_zero else (-1.0, -0.5, 0.0, 0.5, 1.0)
        return self._item(left, [scale.colour(share * scale.largest) for share in shares], right)

    def of_heat(self, graph: Graph, heat: Heat) -> Item:
        """That of the norms of gradients."""
        names = dict.fromkeys(edge.carries.name for edge in graph.edges if edge.line and edge.carries.name)
        norms = ", ".join(f"‖∂L/∂{name}‖" for name in names) if len(names) in (1, 2) else "‖∂L/∂·‖"
        left = f"{norms} {number(heat.largest * 10**-heat.decades, 2)}"
        return self._item(left, list(heat.ramp), number(heat.largest, 2))

    def _item(self, left: str, colours: list[str], right: str) -> Item:
        chip = f'FIXEDSIZE="TRUE" WIDTH="{CHIP:g}" HEIGHT="{CHIP:g}"'
        cells = "".join(f'<TD {chip} BGCOLOR="{colour}"></TD>' for colour in colours)
        wide = CHIP * len(colours) + 2
        bar = (
            f'<TABLE BORDER="1" COLOR="{self.nodes.theme.frame}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" '
            f'FIXEDSIZE="TRUE" WIDTH="{wide:g}" HEIGHT="{CHIP + 2:g}"><TR>{cells}</TR></TABLE>'
        )
        grey = self.nodes.labels.grey
        label = (
            '<TABLE BORDER="0" ALIGN="LEFT" CELLBORDER="0" CELLSPACING="4" CELLPADDING="0"><TR>'
            f"<TD>{grey(left, 10)}</TD><TD>{bar}</TD><TD>{grey(right, 10)}</TD></TR></TABLE>"
        )
        return Item(label, width_of(left + right, self.points) + wide + 16)
