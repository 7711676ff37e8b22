"""The graph that is drawn: nodes, edges and nested boxes, and nothing about how they look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..core.support.arguments import ShortRepr
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from .classify import Classification, Use

__all__ = ["Edge", "Graph", "Kind", "Node", "step_around"]


class Kind(StrEnum):
    """What a node stands for."""

    BOX = "box"  # a tensor with its numbers
    OP = "op"  # a small operation
    TAG = "tag"  # a parameter or constant, at one use of it or at all
    CELL = "cell"  # a whole step
    FOLD = "fold"  # steps that are not drawn
    AGAIN = "again"  # a state at the beginning of a row, drawn before


@dataclass(eq=False, slots=True, repr=False)
class Node(ShortRepr):
    """A tensor or an operation, or what stands for several of them."""

    key: str  # deterministic: `step1_r`
    kind: Kind
    tensor: Tensor
    place: tuple[scope, ...]  # the boxes it stands in, the outermost first
    title: str
    role: str = ""
    caption: str = ""
    write: Callable[[], str] | str = ""  # its formula, or what writes it
    symbol: str = ""  # what its operation is drawn with: (1 − z) ⊙
    use: Use | None = None  # that of a tag
    tags: tuple[Use, ...] = ()  # parameters and constants written into the box
    line: str = ""  # the state line it lies on
    notes: tuple[str, ...] = ()  # where lines that were cut led to
    lit: bool = True  # not when it is off the ways of the gradient that is followed
    shown: tuple[Tensor, ...] = ()  # whose numbers it shows

    def __post_init__(self) -> None:
        self.shown = self.shown or (self.tensor,)

    @property
    def formula(self) -> str:
        """What its tensor is computed by, in the names of others; empty if there is nothing to say."""
        if not isinstance(self.write, str):
            self.write = self.write()
        return self.write

    @formula.setter
    def formula(self, text: str) -> None:
        self.write = text


@dataclass(eq=False, slots=True, repr=False)
class Edge(ShortRepr):
    """A tensor on its way from one node to another; on a state line, it is the state."""

    source: Node
    target: Node
    line: str = ""
    lit: bool = True
    carries: Tensor = None  # type: ignore[assignment]  # by default that of its source
    operand: int | None = None  # which input of the target's operation it is; None where it goes into a formula
    loop: int = 0  # how many steps it leads through, back to the beginning of a step that stands for all

    def __post_init__(self) -> None:
        if self.carries is None:
            self.carries = self.source.tensor


@dataclass(eq=False, repr=False)
class Graph(ShortRepr):
    """Nodes in creation order, the edges between them, and the equation of the state if there is one."""

    level: str
    classes: Classification
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    equation: str = ""
    titles: dict[Tensor, str] = field(default_factory=dict)  # of tensors: r₁
    followed: set[Use] | None = None  # the uses to which a gradient is followed
    paths: int | None = None  # in how many ways it gets there
    rows: int = 1  # into which the steps are wrapped
    row_of: dict[Node, int] = field(default_factory=dict)  # where there are several
    beside_title: dict[scope, str] = field(default_factory=dict)  # of boxes: what they read
    note: str = ""  # a line for the reader
    remarks: list[str] = field(default_factory=list)  # what was done otherwise than asked for, a line each
    backward: bool = False  # its tensors are gradients
    shown_for: dict[Tensor, Tensor] = field(default_factory=dict)  # the tensor that each of them is the gradient of

    def incoming(self) -> dict[Node, list[Edge]]:
        """The edges that end in each node, as they are now; a node without one is not in there."""
        edges: dict[Node, list[Edge]] = {}
        for edge in self.edges:
            edges.setdefault(edge.target, []).append(edge)
        return edges

    def outgoing(self) -> dict[Node, list[Edge]]:
        """The edges that begin in each node, as they are now; a node without one is not in there."""
        edges: dict[Node, list[Edge]] = {}
        for edge in self.edges:
            edges.setdefault(edge.source, []).append(edge)
        return edges

    def replace(self, merged: Mapping[Node, Node]) -> None:
        """The quotient graph: each node of `merged` gives its place to another, several of them to the same one.

        Edges inside such a group go; its parallel ones become one, which is a state line if any of them was.
        """
        self.nodes = list(dict.fromkeys(merged.get(node, node) for node in self.nodes))
        edges: list[Edge] = []
        of_groups: dict[tuple[Node, Node], Edge] = {}
        for edge in self.edges:
            source, target = merged.get(edge.source, edge.source), merged.get(edge.target, edge.target)
            if source is edge.source and target is edge.target:
                edges.append(edge)  # also of two that are parallel: x · x uses x twice
                continue
            if source is target:
                continue
            parallel = of_groups.get((source, target))
            if parallel is None:
                parallel = of_groups[source, target] = Edge(source, target, edge.line, edge.lit, edge.carries)
                edges.append(parallel)
                continue
            if edge.line and not parallel.line:
                parallel.line, parallel.carries = edge.line, edge.carries
            parallel.lit = parallel.lit or edge.lit
        self.edges = edges


def step_around(node: Node) -> scope | None:
    """The innermost numbered box that a node stands in."""
    return next((place for place in reversed(node.place) if place.index is not None), None)
