"""The outline as DOT: one recipe for all graphs, which lays out a recurrent network as people draw it.

Time runs from left to right, each step in a box of its own (`newrank`, and an invisible edge from each state to the
next step's input), the state on one straight line (`group` and `weight`), parameters as tags at each use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import graphviz
import numpy as np

from ..core.ops.indexing import Getitem
from ..core.scopes import scope
from ..core.tensor import Tensor
from . import labels
from .casting import Use, role_of
from .formulas import number, symbol_of
from .gradients import Gradients, norm
from .identifiers import Identifiers
from .legend import legend
from .outline import Edge, Node, Outline
from .palette import BLANK, PARAMETER, Colours, colours_of, gate_scale, gradient_scale, value_scale

__all__ = ["dot_of"]

FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"


class Drawer:
    """Writes one outline."""

    def __init__(self, outline: Outline, found: Gradients | None, values: bool, grads: bool, title: str | None) -> None:
        self.outline = outline
        self.found = found
        self.values = values
        self.grads = grads and found is not None
        self.title = title
        boxes = [node for node in outline.nodes if node.kind == "box"]
        strips = [node.tensor for node in boxes if node.tensor.size > 1]
        self.gates = any(is_gate(t) for t in strips)
        self.value_scale = value_scale(_largest([t.data for t in strips if not is_gate(t)]))
        self.gradient_scale = gradient_scale(_largest([found.of[t] for t in strips if t in found.of] if found else []))
        self.on_a_line = {edge.target.key for edge in outline.edges if edge.line}
        self.identify = Identifiers()

    def write(self) -> str:
        """The DOT text."""
        gate = self.outline.level == "gate"
        graph = graphviz.Digraph(
            "picture",
            graph_attr={
                "rankdir": "LR",
                "newrank": "true",
                "splines": "spline",
                "nodesep": "0.22" if gate else "0.14",
                "ranksep": "0.30" if gate else "0.24",
                "pad": "0.2",
                "bgcolor": "white",
                "outputorder": "edgesfirst",
                "fontname": FONT,
                "label": legend(self),
                "labelloc": "b",
                "labeljust": "l",
            },
            node_attr={"shape": "plain", "fontname": FONT, "fontsize": "11"},
            edge_attr={"fontname": FONT, "color": BLANK.read, "arrowsize": "0.6", "penwidth": "1.1"},
        )
        self._write_place(graph, (), self.outline.nodes)
        for edge in self.outline.edges:
            graph.edge(*self._ends(edge), **self._edge(edge))
        for before, after in columns(self.outline):
            graph.edge(before.key, after.key, style="invis", weight="0")
        return str(graph.source)

    # --- boxes in boxes ----------------------------------------------------------------------------------------------

    def _write_place(self, graph: Any, place: tuple[scope, ...], nodes: list[Node]) -> None:
        """The nodes of one box, and the boxes in it, in the order in which they were made."""
        depth = len(place)
        inner: dict[scope, list[Node]] = {}
        for node in nodes:
            if len(node.place) > depth:
                inner.setdefault(node.place[depth], []).append(node)
            else:
                graph.node(node.key, **self._node(node))
        for child, members in inner.items():
            path = (*place, child)
            with graph.subgraph(name=self.identify.box(path)) as box:
                box.attr(**self._box(child, depth))
                self._write_place(box, path, members)

    def _box(self, place: scope, depth: int) -> dict[str, str]:
        title = f"time {place.title}" if place.label == "step" else place.title
        colours = colours_of(place.role or "", gate=place.label.endswith("gate"))
        outer = depth == 0 or place.index is not None or colours is BLANK
        return {
            "label": f"<<B>{labels.text(title, 60)}</B>>",
            "labelloc": "t" if outer else "b",  # most lines enter a box at its upper corners
            "labeljust": "l" if outer else "c",
            "fontsize": "13" if outer else "12",
            "fontcolor": "#333333" if outer else colours.ink,
            "style": "rounded,filled",
            "color": "#C8C8C8" if outer else colours.ink + "55",
            "fillcolor": "#FAFAFA" if outer else colours.fill + "66",
            "margin": "12" if self.outline.level == "gate" else "8",
        }

    # --- nodes -------------------------------------------------------------------------------------------------------

    def _node(self, node: Node) -> dict[str, str]:
        if node.kind == "tag":
            assert node.use is not None
            title, note, colours = self._tag(node.use)
            label = labels.tag(title, [note, *self._share(node.use)], colours)
        elif self.outline.level == "op":
            label = self._operation(node)
        elif node.kind == "op":
            label = labels.pointwise(node.title, self._colours(node))
        else:
            label = self._tensor(node)
        return {"label": f"<{label}>", "tooltip": self._tooltip(node), **({"group": node.line} if node.line else {})}

    def _tensor(self, node: Node) -> str:
        t = node.tensor
        strips = []
        if t.size == 1 and self.values:
            strips.append(("value", f"<B>{labels.text(labels.value(t.data))}</B>"))
        elif self.values:
            strips.append(("value", labels.strip(t.data, gate_scale() if is_gate(t) else self.value_scale)))
        if self.grads and self.found is not None:
            g = self.found.of.get(t)
            if g is None:
                strips.append(("grad", labels.grey("not computed")))
            elif t.size > 1:
                strips.append(("grad", labels.strip(g, self.gradient_scale)))
            elif t not in self.outline.casting.roots:
                strips.append(("grad", labels.grey(labels.value(g))))
        caption = " ".join(part for part in (node.caption, labels.shape(t.data)) if part)
        if t.ndim > 1 and t.shape[0] > 1 and strips and t.size > 1:
            strips.append(("", labels.grey(f"row 0 of {t.size // t.shape[-1] if t.shape[-1] else 0}")))
        tags = [labels.chip(*self._tag(use)) for use in node.tags]
        formula = node.formula if not self._is_split(node) else ""
        return labels.box(node.title, caption, formula, colours_of(node.role, in_gate(t)), strips, tags)

    def _is_split(self, node: Node) -> bool:
        return self.outline.casting.part[node.tensor] == "split"

    def _operation(self, node: Node) -> str:
        t = node.tensor
        notes = [labels.value(t.data) if t.size == 1 and self.values else labels.shape(t.data) or "one number"]
        if self.grads:
            notes.append(f"‖g‖ {self._norm(t)}")
        named = node.kind == "box"
        colours = colours_of(node.role, in_gate(t))
        colours = colours if named else Colours(colours.ink, BLANK.fill)
        formula = ""
        if named and t.op is not None and t.name is not None:
            formula = node.formula if isinstance(t.op, Getitem) and len(node.formula) < 16 else node.symbol
        return labels.operation(node.title, named, formula, notes, colours)

    def _tag(self, use: Use) -> tuple[str, str, Colours]:
        t = use[0]
        colours = PARAMETER if t.requires_grad else colours_of("input")
        return self.outline.titles[t], labels.shape(t.data) or labels.value(t.data), colours

    def _share(self, use: Use) -> list[str]:
        """How much of a parameter's gradient comes from this use of it."""
        t, user, position = use
        if not (self.grads and self.found is not None and t.requires_grad):
            return []
        share = self.found.shares.get((user, position))
        return [f"‖g‖ {'not computed' if share is None else number(share, 2)}"]

    def _norm(self, t: Tensor) -> str:
        g = self.found.of.get(t) if self.found is not None else None
        return "not computed" if g is None else number(norm(g), 2)

    def _tooltip(self, node: Node) -> str:
        t = node.tensor
        said = f"{node.title}: {node.caption or (t.op.name if t.op is not None else 'input')}, shape {t.shape}"
        if node.formula:
            said += f" = {node.formula}"
        if self.found is not None and node.use is not None:
            share = self.found.shares.get((node.use[1], node.use[2]))
            said += "" if share is None else f"; this use adds a gradient of norm {share:.3g}"
        elif self.found is not None:
            said += f"; norm of its gradient {self._norm(t)}"
        return str(graphviz.escape(labels.text(said, 300)))

    # --- edges -------------------------------------------------------------------------------------------------------

    def _ends(self, edge: Edge) -> tuple[str, str]:
        if edge.line:
            return f"{edge.source.key}:e", f"{edge.target.key}:w"
        enters = ":w" if self.outline.level == "gate" and edge.target.kind == "box" else ""
        if edge.target.key in self.on_a_line:
            enters = ""  # the state comes in there
        return edge.source.key, edge.target.key + enters

    def _edge(self, edge: Edge) -> dict[str, str]:
        colours = self._colours(edge.source)
        if edge.line:
            ink = colours_of("state").ink
            return {"color": ink, "penwidth": "3.2", "weight": "60", "arrowsize": "0.7"}
        if edge.source.kind == "tag":
            return {"color": colours.ink, "penwidth": "1"}
        if edge.source.kind == "box" and colours.read:
            return {"color": colours.read}
        return {"color": colours.ink, "penwidth": "1.8" if self.outline.level == "gate" else "1.2"}

    def _colours(self, node: Node) -> Colours:
        """Those of its role; a small operation takes those of its factor, such as the z of (1−z) ⊙."""
        if node.kind == "tag":
            return PARAMETER if node.tensor.requires_grad else colours_of("input")
        colours = colours_of(node.role, in_gate(node.tensor))
        if node.kind == "op" and self.outline.level == "gate":
            if node.title.endswith(" ⊙"):
                factor = self._factor(node.tensor)
                colours = colours_of(role_of(factor), in_gate(factor)) if factor is not None else colours
            return Colours(colours.ink, BLANK.fill)
        return colours

    def _factor(self, t: Tensor) -> Tensor | None:
        """The z of (1 − z) ⊙ h."""
        first = t.inputs[0]
        casting = self.outline.casting
        shown = (first,) if casting.part[first] != "inside" else casting.sources[first]
        return shown[0] if shown else None


def columns(outline: Outline) -> Iterator[tuple[Node, Node]]:
    """From each tensor that enters a box to what begins in it: what keeps the boxes in columns of their own."""
    entering = [e for e in outline.edges if e.source.kind != "tag" and _column(e.source) is not _column(e.target)]
    entered = {edge.target.key for edge in entering}
    inner = [e for e in outline.edges if e.source.kind != "tag" and _column(e.source) is _column(e.target)]
    fed = {edge.target.key for edge in inner}
    starts: dict[scope | None, list[Node]] = {}
    for node in outline.nodes:
        if node.kind != "tag" and node.key not in fed:
            starts.setdefault(_column(node), []).append(node)
    for edge in outline.edges:
        if edge.source.kind == "tag" and edge.target.key in entered:
            starts.setdefault(_column(edge.source), []).append(edge.source)
    done = {(edge.source.key, edge.target.key) for edge in entering}
    for edge in entering:
        column = _column(edge.target)
        for start in starts.get(column, ()) if column is not None else ():
            if (edge.source.key, start.key) not in done:
                done.add((edge.source.key, start.key))
                yield edge.source, start


def _column(node: Node) -> scope | None:
    """The box that has a column of its own: the innermost numbered one, or else the outermost."""
    numbered = [place for place in node.place if place.index is not None]
    return numbered[-1] if numbered else node.place[0] if node.place else None


def is_gate(t: Tensor) -> bool:
    """Whether its numbers lie between 0 and 1: it was made by σ."""
    return t.op is not None and symbol_of(t.op) == "σ"


def in_gate(t: Tensor) -> bool:
    """Whether it was made by σ, or on the way there."""
    return is_gate(t) or any(place.role and place.label.endswith("gate") for place in t.scope.path[-1:])


def _largest(arrays: list[Any]) -> float:
    largest = 0.0
    for a in arrays:
        finite = np.abs(a[np.isfinite(a)]) if a.dtype.kind == "f" else np.abs(a.astype(float))
        largest = max(largest, float(finite.max())) if finite.size else largest
    return largest


def dot_of(outline: Outline, found: Gradients | None, values: bool, grads: bool, title: str | None) -> str:
    """The DOT text of an outline."""
    return Drawer(outline, found, values, grads, title).write()
