"""The graph as DOT: one recipe for all graphs, which lays out a recurrent network as people draw it.

Time runs from left to right, each step in a box of its own (`newrank`, and an invisible edge from each state to the
next step's input), the state on one straight line (`group` and `weight`), parameters as tags at each use.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise, takewhile
from typing import Any

import graphviz

from ...core.support.scopes import scope
from ..gradients import Gradients
from ..model import Edge, Graph, Kind, Node, step_around
from ..node_ids import Identifiers
from ..passes.wrap_rows import GOES_ON
from . import html_labels as labels
from .legend import legend
from .look import Look
from .nodes import Nodes, is_numbered

__all__ = ["HEIGHT", "WIDTH", "Drawer", "dot_of"]

WIDTH, HEIGHT = 960.0, 540.0  # points of a slide
HIGHEST = 10_000.0  # inches: as high as it needs to be
ALARM = "#FFD400"  # NaN and infinity, as in the strips
MANY = 1000  # nodes, for which good places are good enough
FONT = "DejaVu Sans Condensed,Helvetica,Arial,sans-serif"  # for who views the SVG: the layout has ours anyway


class Drawer:
    """Writes one graph."""

    def __init__(self, graph: Graph, gradients: Gradients | None, look: Look) -> None:
        self.graph = graph
        self.look = look
        self.theme = look.theme
        self.nodes = Nodes(graph, gradients, look)
        self.on_a_line = {edge.target.key for edge in graph.edges if edge.line}
        self.identify = Identifiers()
        self.exit, self.entry = (":s", ":n") if look.direction == "TB" else (":e", ":w")
        written = [node.shown[0] for node in graph.nodes if node.kind is Kind.CELL]  # their norms stand in the boxes
        carried = [e.carries for e in graph.edges if e.line]
        sizes = [self.nodes.norms[t] for t in (*carried, *written) if t in self.nodes.norms]
        self.heat = (
            self.theme.heat(max((n for n in sizes if n < float("inf")), default=0.0))
            if look.heat and gradients is not None
            else None
        )

    def write(self) -> str:
        """The DOT text."""
        near, far = {"gate": ("0.22", "0.30"), "cell": ("0.25", "0.34")}.get(self.graph.level, ("0.14", "0.24"))
        if self.look.narrow:  # the room on a slide is for the nodes
            near, far = "0.08", "0.2" if self.graph.level != "cell" else "0.34"
        if self.look.brief > 3:
            near, far = "0.05", "0.15"
        digraph = graphviz.Digraph(
            "picture",
            graph_attr={
                "rankdir": self.look.direction,
                "newrank": "true",
                "splines": "spline",
                "nodesep": near,
                "ranksep": far,
                "pad": f"{self.look.pad:g}",
                "bgcolor": self.theme.background,
                "outputorder": "edgesfirst",
                "fontname": FONT,
                "fontcolor": self.theme.text,
                "label": self._below(),
                "labelloc": "b",
                "labeljust": "l",
                **({"nslimit": "1", "nslimit1": "1"} if len(self.graph.nodes) > MANY else {}),
                **({"size": f"{self.look.width:.4f},{HIGHEST:g}"} if self.look.width else {}),
                **({"viewport": f"{WIDTH:g},{HEIGHT:g},{self.look.slide:.4g}"} if self.look.slide else {}),
            },
            node_attr={"shape": "plain", "fontname": FONT, "fontsize": "11", "fontcolor": self.theme.text},
            edge_attr={"fontname": FONT, "color": self.theme.blank.read, "arrowsize": "0.6", "penwidth": "1.1"},
        )
        self._write_place(digraph, (), self.graph.nodes)
        for above, below in self._stacks():
            with digraph.subgraph() as same:
                same.attr(rank="same")
                same.node(above.key)
                same.node(below.key)
        for edge in self.graph.edges:
            digraph.edge(*self._ends(edge), **self._edge(edge))
        if self.graph.level != "cell":
            boxes_apart = _one_after_the_other if self.graph.backward else columns
            for before, after in boxes_apart(self.graph):
                digraph.edge(before.key, after.key, style="invis", weight="0")
        return str(digraph.source)

    def _below(self) -> str:
        """What stands below the picture."""
        return legend(self.graph, self.nodes, self.heat)

    # --- boxes in boxes ----------------------------------------------------------------------------------------------

    def _write_place(self, digraph: Any, place: tuple[scope, ...], nodes: list[Node]) -> None:
        """The nodes of one box, and the boxes in it, in creation order."""
        depth = len(place)
        inner: dict[scope, list[Node]] = {}
        for node in nodes:
            if len(node.place) > depth:
                inner.setdefault(node.place[depth], []).append(node)
            else:
                digraph.node(node.key, **self.nodes.attributes(node))
        for child, members in inner.items():
            path = (*place, child)
            with digraph.subgraph(name=self.identify.box(path)) as box:
                box.attr(**self._box(child, depth))
                self._write_place(box, path, members)

    def _box(self, place: scope, depth: int) -> dict[str, str]:
        title = f"time {place.title}" if place.label == "step" else place.title
        blank = self.theme.blank
        colours = self.theme.colours_of(place.role or "")
        outer = depth == 0 or place.index is not None or colours is blank
        return {
            "label": f"<<B>{labels.text(title, 60)}</B>{self._beside_title(place)}>",
            "labelloc": "t" if outer else "b",  # most lines enter a box at its upper corners
            "labeljust": "r" if place.label.startswith(GOES_ON) else "l" if outer else "c",  # left of it lines come in
            "fontsize": self.nodes.labels.size(13 if outer and self.look.brief < 4 else 12),
            "fontcolor": self.theme.text if outer else colours.ink,
            "style": "rounded,filled",
            "color": self.theme.box_edge if outer else colours.ink + "55",
            "fillcolor": self.theme.box_fill if outer else colours.fill + "66",
            "margin": "3" if self.look.brief > 3 else "8" if self.graph.level == "op" or self.look.narrow else "12",
        }

    def _beside_title(self, place: scope) -> str:
        """What is said of a box beside its title."""
        words = self.graph.beside_title.get(place)
        return self.nodes.labels.grey(f"   {words}", 11) if words else ""

    def _stacks(self) -> Iterator[tuple[Node, Node]]:
        """At level cell, each input stands above its step."""
        out = self.graph.outgoing() if self.graph.level == "cell" else {}
        for node, edges in out.items():
            if node.kind == "box" and node.role == "input" and len(edges) == 1 and edges[0].target.kind == "cell":
                yield node, edges[0].target

    # --- edges -------------------------------------------------------------------------------------------------------

    def _ends(self, edge: Edge) -> tuple[str, str]:
        if edge.source is edge.target:
            return edge.source.key + ":e", edge.target.key + ":w"
        if edge.loop:
            return edge.source.key + ":s", edge.target.key + ":s"
        if edge.line:
            return edge.source.key + self.exit, edge.target.key + self.entry
        enters = self.entry if self.graph.level == "gate" and edge.target.kind == "box" else ""
        if edge.target.key in self.on_a_line:
            enters = ""  # the state comes in there
        return edge.source.key, edge.target.key + enters

    def _edge(self, edge: Edge) -> dict[str, str]:
        """The attributes of an edge; where the order of operands matters, the number of this one stands at its end."""
        attributes = self._line(edge)
        if edge.loop:
            attributes |= {
                "constraint": "false",
                "label": f"× {edge.loop}" if edge.source is not edge.target else "",
                "fontsize": self.nodes.labels.size(13),
                "fontcolor": self.theme.colours_of("state").ink,
                "color": self.theme.colours_of("state").ink,
                "penwidth": "2.4",
                "style": "solid",
            }
        if self.graph.level == "op" and is_numbered(edge):
            number = {"headlabel": str((edge.operand or 0) + 1), "labeldistance": "1.3", "labelangle": "35"}
            attributes |= number | {"labelfontsize": self.nodes.labels.size(8), "labelfontcolor": self.theme.soft}
        if _is_between_layers(edge):
            attributes["constraint"] = "false"
        return attributes

    def _line(self, edge: Edge) -> dict[str, str]:
        theme = self.theme
        colours = self.nodes.colours(edge.source)
        weight = {"weight": "60"} if edge.line else {}
        if edge.lit and self.graph.paths is not None:
            return {"color": theme.path, "penwidth": "2.6", "dir": "back", "arrowsize": "0.7"} | weight
        if not edge.lit:
            return {"color": theme.faint.read, "penwidth": "1"} | weight
        if edge.line and self.heat is not None:
            return self._warm(edge) | weight
        if edge.line:
            return {"color": theme.colours_of("state").ink, "penwidth": "3.2", "weight": "60", "arrowsize": "0.7"}
        if edge.source.kind == "tag":
            return {"color": colours.ink, "penwidth": "1"}
        if edge.source.kind in ("box", "cell", "fold", "again") and colours.read:
            return {"color": colours.read}
        if self.graph.level == "gate" and edge.source.kind == "op" and not edge.source.role:
            return {"color": theme.blank.read}  # what nobody gave a role stays in the background
        return {"color": colours.ink, "penwidth": "1.8" if self.graph.level == "gate" else "1.2"}

    def _warm(self, edge: Edge) -> dict[str, str]:
        """The state line, by the gradient that comes back along it."""
        size = self.nodes.norms.get(edge.carries)
        if size is None or self.heat is None:
            return {"color": self.theme.blank.read, "style": "dashed", "penwidth": "1"}
        if not math.isfinite(size):
            return {"color": ALARM, "penwidth": "7", "style": "dashed", "arrowsize": "1"}
        width = self.heat.width(size)
        words = f"‖∂L/∂{self.graph.titles[edge.carries]}‖ = {size:.3g}"
        return {
            "color": self.heat.colour(size),
            "penwidth": f"{width:g}",
            "arrowsize": f"{0.5 + width / 14:.2f}",
            "tooltip": str(graphviz.escape(labels.text(words, 100))),
        }


def _is_between_layers(edge: Edge) -> bool:
    """Whether it goes from a step to one of another layer, which stands below: it pushes nothing to the right."""
    above, below = (tuple(takewhile(lambda p: p.index is None, n.place)) for n in (edge.source, edge.target))
    return (
        bool(above and below)
        and above != below
        and not edge.line
        and _is_in_a_step(edge.source)
        and _is_in_a_step(edge.target)
    )


def _is_in_a_step(node: Node) -> bool:
    return node.kind in (Kind.CELL, Kind.FOLD) or step_around(node) is not None


def columns(graph: Graph) -> Iterator[tuple[Node, Node]]:
    """From each tensor that enters a box to what begins in it: what keeps the boxes in columns of their own."""
    column = {node: _column(node, graph) for node in graph.nodes}
    crossing = [e for e in graph.edges if e.source.kind != "tag" and column[e.source] is not column[e.target]]
    entering = [e for e in crossing if not _is_between_layers(e)]
    entered = {edge.target.key for edge in entering}
    inner = [e for e in graph.edges if e.source.kind != "tag" and column[e.source] is column[e.target]]
    fed = {edge.target.key for edge in inner}
    starts: dict[scope | None, list[Node]] = {}
    for node in graph.nodes:
        if node.kind != "tag" and node.key not in fed:
            starts.setdefault(column[node], []).append(node)
    for edge in graph.edges:
        if edge.source.kind == "tag" and (edge.target.key in entered or edge.target.key not in fed):
            starts.setdefault(column[edge.source], []).append(edge.source)
    done = {(edge.source.key, edge.target.key) for edge in entering}
    order = {node.key: at for at, node in enumerate(graph.nodes)}
    for edge in entering:
        for start in starts[to] if (to := column[edge.target]) in starts and to is not None else ():
            if (edge.source.key, start.key) not in done and order[edge.source.key] < order[start.key]:  # no circle
                done.add((edge.source.key, start.key))
                yield edge.source, start


def _one_after_the_other(graph: Graph) -> Iterator[tuple[Node, Node]]:
    """On the way back, from the last nodes of each box to the first ones of the next, and to the sums at the end.

    Of the next one in its row: boxes of two rows stand above each other.
    """
    column = {node: _column(node, graph) for node in graph.nodes}
    fed = {edge.target for edge in graph.edges if column[edge.source] is column[edge.target]}
    feeding = {edge.source for edge in graph.edges if column[edge.source] is column[edge.target]}
    rows: dict[int, dict[scope, list[Node]]] = {}
    for node in graph.nodes:
        if (box := column[node]) is not None:
            rows.setdefault(graph.row_of.get(node, 0), {}).setdefault(box, []).append(node)
    for before, after in (pair for boxes in rows.values() for pair in pairwise(boxes.values())):
        for last in before:
            if last not in feeding and last.kind is not Kind.TAG:
                yield from ((last, first) for first in after if first not in fed and first.kind is not Kind.TAG)


def _column(node: Node, graph: Graph) -> scope | None:
    """The box that has a column of its own: the innermost numbered one, or that of a layer and direction, or any."""
    around = step_around(node)
    holders = [place for place in node.place if place in graph.classes.holders]
    return around or next(iter([*holders[::-1], *node.place]), None)


def dot_of(graph: Graph, gradients: Gradients | None, look: Look) -> str:
    """The DOT text of a graph."""
    return Drawer(graph, gradients, look).write()
