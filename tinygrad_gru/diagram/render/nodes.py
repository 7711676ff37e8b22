"""Labels, tooltips and colours of nodes."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import graphviz
import numpy as np

from ...core.ops.activations import Sigmoid
from ...core.ops.indexing import Getitem
from ...core.ops.products import Matmul
from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ...symbolic.short import is_number, is_ordered, number
from ..classify import Use, path_of, role_of
from ..gradients import Gradients, norm
from ..model import Edge, Graph, Kind, Node
from ..titles import QUALIFIER
from . import html_labels as labels
from .look import Look
from .theme import Colours

__all__ = ["Nodes", "is_gate", "is_numbered"]


class Nodes:
    """Writes the nodes of one graph."""

    def __init__(self, graph: Graph, gradients: Gradients | None, look: Look) -> None:
        self.graph = graph
        self.gradients = gradients
        self.look = look
        self.theme = look.theme
        self.labels = labels.Labels(
            look.theme, look.smallest, look.narrow, look.numbers, 11 if look.brief > 3 else labels.CELL
        )
        self.grads = look.grads and gradients is not None
        kinds = ("box", "cell", "op") if graph.level == "op" else ("box", "cell")
        shown = [t for node in graph.nodes if node.kind in kinds for t in node.shown]
        strips = [t for t in shown if t.size > 1]
        self.gates = any(is_gate(t) for t in strips)
        numbers = [t.data for t in strips if not is_gate(t)]
        of = gradients.of if gradients is not None else {}
        self.value_scale = self.theme.value_scale(0.0 if graph.backward else _largest(numbers))
        slopes = numbers if graph.backward else [of[t] for t in strips if t in of]
        self.gradient_scale = self.theme.gradient_scale(_largest(slopes))
        self.norms = {t: norm(of[t]) for t in of}
        self._parameters: dict[tuple[tuple[scope, ...], str | None], set[Tensor]] = {}  # by layer and name

    def attributes(self, node: Node) -> dict[str, str]:
        """Those of the node in the DOT."""
        label = {"tag": self._tag_label, "cell": self._cell, "fold": self._fold, "again": self._again}.get(node.kind)
        if label is not None:
            written = label(node)
        elif self.graph.level == "op" and not self.graph.backward:
            written = self._operation(node)
        elif node.kind == "op":
            written = self.labels.pointwise(node.title, self.colours(node))
        else:
            written = self._tensor(node)
        attributes = {"label": f"<{written}>", "tooltip": self.tooltip(node)}
        return attributes | ({"group": node.line} if node.line else {})

    # --- labels ------------------------------------------------------------------------------------------------------

    def _tensor(self, node: Node) -> str:
        t = node.tensor
        strips = self._strips(t, node.lit)
        if self.look.brief > 3:
            return self.labels.slim(self.title(node), strips[0][1] if strips else "", self.colours(node))
        if self.graph.level == "cell" and node.role == "input":
            strips = [("", row) for what, row in strips if what == "value"]
        caption = (
            node.caption
            if self.look.brief or self.graph.level == "cell"
            else " ".join(p for p in (node.caption, labels.shape(t.data)) if p)
        )
        if labels.is_cut(t.data) and strips:
            strips.append(("", self.labels.grey(labels.is_cut(t.data))))
        tags = [self.labels.chip(*self._tag(use, node)) for use in node.tags] if node.lit else []
        tags += self._notes(node)
        formula = node.formula if self.graph.classes.part.get(t) != "split" and self.look.brief < 2 else ""
        return self.labels.box(self.title(node), caption, formula, self.colours(node), strips, tags)

    def _strips(self, t: Tensor, lit: bool = True) -> list[tuple[str, str]]:
        """The rows of a tensor's value and gradient."""
        strips: list[tuple[str, str]] = []
        if not lit:
            return []
        what = "value"
        if self.graph.backward:  # all that it shows are gradients: where room is short, the legend says it
            what = "" if self.look.narrow else "grad"
        if t.size == 1 and self.look.values:
            strips.append((what, f"<B>{labels.text(labels.value(t.data))}</B>"))
        elif self.look.values:
            strips.append((what, self.labels.strip(t.data, self._scale(t))))
        if self.grads and self.gradients is not None:
            g = self.gradients.of.get(t)
            if g is None:
                strips.append(("grad", self.labels.grey("not computed")))
            elif t.size != 1:
                strips.append(("grad", self.labels.strip(g, self.gradient_scale)))
            elif t not in self.graph.classes.roots:
                strips.append(("grad", self.labels.grey(labels.value(g))))
        return strips if self.look.words else [("", cells) for _, cells in strips]

    def _scale(self, t: Tensor) -> Any:
        if self.graph.backward:
            return self.gradient_scale
        return self.theme.gate_scale() if is_gate(t) else self.value_scale

    def _cell(self, node: Node) -> str:
        """A step as a box: what comes out of it, and how much gradient reaches that."""
        several = len(node.shown) > 1
        strips = []
        for t in node.shown:
            if self.look.values:
                strips.append(
                    (
                        self.title(node, self.graph.titles[t]) if several else "",
                        self.labels.strip(t.data, self._scale(t)),
                    )
                )
        if self.grads and node.shown:
            t = node.shown[0]
            strips.append(("", self.labels.grey(f"‖∂L/∂{self.title(node, self.graph.titles[t])}‖ {self.norm(t)}", 9)))
            if labels.is_cut(t.data) and self.look.values:
                strips.append(("", self.labels.grey(labels.is_cut(t.data))))
        strips += [("", note) for note in self._notes(node)]
        return self.labels.cell(node.title, strips, self.colours(node))

    def _fold(self, node: Node) -> str:
        return self.labels.cell(
            "…",
            [("", self.labels.grey(line, 11)) for line in (node.title, node.caption) if line],
            self.colours(node),
            dashed=True,
        )

    def _notes(self, node: Node) -> list[str]:
        """Where lines that were cut led to."""
        return [self.labels.chip(note, "", self.theme.colours_of("input")) for note in node.notes]

    def _again(self, node: Node) -> str:
        """A state at the beginning of a row, which comes from the end of the row above."""
        if self.look.brief > 3:
            return self.labels.slim(self.title(node), "", self.colours(node), dashed=True)
        return self.labels.cell(self.title(node), [], self.colours(node), dashed=True)

    def _operation(self, node: Node) -> str:
        t = node.tensor
        notes = [labels.value(t.data) if t.size == 1 and self.look.values else labels.shape(t.data) or "one number"]
        strips = [self.labels.strip(t.data, self._scale(t))] if t.size > 1 and self.look.values else []
        if self.grads:
            notes.append(self.slope(t))
        named = node.kind == "box"
        formula = ""
        if named and t.op is not None and t.name is not None:
            formula = node.formula if isinstance(t.op, Getitem) and len(node.formula) < 16 else node.symbol
        colours = self.colours(node)
        written = [] if self.look.brief else [self.labels.grey(f" {note} ") for note in notes]
        strips += [self.labels.grey(labels.is_cut(t.data))] if strips and labels.is_cut(t.data) else []
        written[1:1] = strips if self.look.brief < 2 else []
        written += [self.labels.chip(*self._tag(use, node)) for use in node.tags] + self._notes(node)
        return self.labels.operation(self.title(node), named, formula, written, colours)

    def _tag_label(self, node: Node) -> str:
        title, note, colours = self._tag(node.use or (node.tensor, node.tensor, 0), node)
        notes = [note, *self._share(node)] if not self.look.brief else []
        title += f" ×{uses}" if (uses := self.uses(node)) > 1 else ""
        return self.labels.tag(title, notes, self.colours(node) if not node.lit else colours)

    def uses(self, node: Node) -> int:
        """How many uses there are of the tensor of a tag, which all have such a tag: of a shared one, several."""
        shared = not self.graph.backward and node.use is not None
        return len(self.graph.classes.uses[node.tensor]) if shared else 1

    def _tag(self, use: Use, node: Node) -> tuple[str, str, Colours]:
        t = use[0]
        colours = self.theme.parameter if t.requires_grad else self.theme.colours_of("input")
        title = self.graph.titles[t]
        if t.name and title.endswith(f".{t.name}") and node.place and self._is_alone(use):
            title = t.name
        return title, labels.shape(t.data) or labels.value(t.data), colours

    def _share(self, node: Node) -> list[str]:
        """How much of a parameter's gradient comes from this use of it; of one that is drawn once, the whole."""
        t = node.tensor
        if not (self.grads and self.gradients is not None and t.requires_grad):
            return []
        if node.use is None:
            return [self.slope(t)]
        share = self.gradients.shares.get(node.use[1:])
        what = "grad" if t.size == 1 else "‖g‖"
        return [f"{what} {'not computed' if share is None else number(share, 2)}"]

    def slope(self, t: Tensor) -> str:
        """The gradient of a single number with its sign, and of more their norm: `grad −4`, `‖g‖ 0.5`."""
        g = self.gradients.of.get(t) if self.gradients is not None and t.size == 1 else None
        return f"‖g‖ {self.norm(t)}" if g is None else f"grad {labels.value(g)}"

    def norm(self, t: Tensor) -> str:
        """‖∂L/∂t‖ as text; a gradient that was not computed is not a zero."""
        size = self.norms.get(t)
        return "not computed" if size is None else number(size, 2)

    def title(self, node: Node, title: str = "") -> str:
        """Its title, or another one in it, without what boxes say: h₁ (1 forward) in layer 1, forward, is h₁.

        A state beside the box of a layer that alone it goes into needs not say the layer either.
        """
        title = title or node.title
        qualifier = QUALIFIER.search(title)
        if qualifier is None:
            return title
        places = [node.place] if node.place else [target.place for target in self._targets.get(node, ())]
        words = set(qualifier[0].strip(" ()").split(" "))
        told = bool(places) and all(
            words <= set(" ".join(p.label for p in place).replace(",", "").split(" ")) for place in places
        )
        return title[: qualifier.start()] if told else title

    @cached_property
    def _targets(self) -> dict[Node, list[Node]]:
        return {node: [edge.target for edge in edges] for node, edges in self.graph.outgoing().items()}

    def _is_alone(self, use: Use) -> bool:
        """Whether no other parameter of the layer and direction that uses it has the same name."""
        if not self._parameters:
            for node in self.graph.nodes:
                for each in [*node.tags, *([node.use] if node.use else [])]:
                    self._parameters.setdefault((self._layer(each), each[0].name), set()).add(each[0])
        return bool(self._layer(use)) and len(self._parameters[self._layer(use), use[0].name]) == 1

    def _layer(self, use: Use) -> tuple[scope, ...]:
        """The scopes around the steps in which a parameter is used, such as those of a layer and direction."""
        return tuple(around for around in path_of(use[1].scope) if around in self.graph.classes.holders)

    def tooltip(self, node: Node) -> str:
        """The tooltip of a node."""
        t = node.tensor
        if node.kind in ("cell", "fold", "again"):
            words = f"{node.title}: {node.caption or ', '.join(self.graph.titles[s] for s in node.shown)}"
        else:
            words = f"{node.title}: {node.caption or (t.op.name if t.op is not None else 'input')}, shape {t.shape}"
        if node.formula:
            words += f" = {node.formula}"
        if self.gradients is not None and node.use is not None:
            share = self.gradients.shares.get(node.use[1:])
            of = "" if t.size == 1 else " of norm"
            words += "" if share is None else f"; this use adds a gradient{of} {share:.3g}"
        elif self.gradients is not None and node.kind != "fold":
            words += f"; norm of its gradient {self.norm(t)}"
        return str(graphviz.escape(labels.text(words, 300)))

    # --- colours -----------------------------------------------------------------------------------------------------

    def colours(self, node: Node) -> Colours:
        """Those of its role; a small operation takes those of its factor, such as the z of (1−z) ⊙."""
        theme = self.theme
        if not node.lit:
            return theme.faint
        if node.kind == "fold":
            return Colours(theme.blank.ink, theme.blank.fill, theme.colours_of("state" if node.line else "").read)
        if node.kind == "tag":
            return theme.parameter if node.tensor.requires_grad else theme.colours_of("input")
        colours = theme.colours_of(node.role)
        if self.graph.backward:
            return colours
        if self.graph.level == "op" and node.kind == "box":
            return colours if colours is not theme.blank else theme.named
        if self.graph.level == "op":
            return Colours(colours.ink, theme.blank.fill)
        if node.kind == "op":
            if node.title.endswith(" ⊙"):
                factor = self._factor(node.tensor)
                colours = theme.colours_of(role_of(factor)) if factor is not None else colours
            return Colours(colours.ink, theme.blank.fill)
        return colours

    def _factor(self, t: Tensor) -> Tensor | None:
        """The z of (1 − z) ⊙ h."""
        first = t.inputs[0]
        classes = self.graph.classes
        shown = (first,) if classes.part[first] != "inside" else classes.sources[first]
        return shown[0] if shown else None


def is_numbered(edge: Edge) -> bool:
    """Whether one must be told which operand it is: u − v is not v − u, and the two could be taken for each other."""
    t = edge.target.tensor
    if edge.operand is None or edge.target.kind is Kind.FOLD or not is_ordered(t.op):
        return False
    others = [i for at, i in enumerate(t.inputs) if at != edge.operand and not is_number(i)]
    return bool(others) and not (isinstance(t.op, Matmul) and t.inputs[0].shape != t.inputs[1].shape)


def is_gate(t: Tensor) -> bool:
    """Whether it is the result of σ: its numbers lie between 0 and 1."""
    return isinstance(t.op, Sigmoid)


def _largest(arrays: list[Any]) -> float:
    largest = 0.0
    for a in arrays:
        finite = np.abs(a[np.isfinite(a)]) if a.dtype.kind == "f" else np.abs(a.astype(float))
        largest = max(largest, float(finite.max())) if finite.size else largest
    return largest
