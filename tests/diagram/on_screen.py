"""What one sees of an SVG on a screen: its width, its letters in pixels, and what covers what."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

from tests.diagram.examples import SVG

PIXELS = 96 / 72  # in a point
NUMBER = r"-?[\d.]+"


class OnScreen:
    """An SVG of Graphviz as a browser shows it."""

    def __init__(self, svg):
        self.root = ET.fromstring(svg)
        self.graph = next(g for g in self.root.iter(f"{SVG}g") if g.get("class") == "graph")
        self.scale = float(re.search(rf"scale\(({NUMBER})", self.graph.get("transform"))[1])
        self.width, self.height = (
            float(self.root.get(side).removesuffix("pt")) * PIXELS for side in ("width", "height")
        )

    def letters(self):
        """The sizes of all letters, in pixels."""
        return [float(t.get("font-size")) * self.scale * PIXELS for t in self.root.iter(f"{SVG}text") if t.text.strip()]

    def nodes(self):
        """The box of each node: left, bottom, right, top, in points of the graph."""
        groups = [g for g in self.root.iter(f"{SVG}g") if g.get("class") == "node"]
        return {g.findtext(f"{SVG}title"): box(g) for g in groups}

    def overlaps(self):
        """Pairs of nodes that cover each other."""
        nodes = self.nodes()
        return [(a, b) for a, b in combinations(nodes, 2) if meet(nodes[a], nodes[b])]

    def legend(self):
        """The left and right end of what stands below, by the texts that are in no node and no box."""
        ends = [ends_of(t) for t in self.graph.findall(f".//{SVG}text") if t in self.graph or self._in_no_node(t)]
        return min((left for left, _ in ends), default=0.0), max((right for _, right in ends), default=0.0)

    def _in_no_node(self, text):
        held = [g for g in self.root.iter(f"{SVG}g") if g.get("class") in ("node", "edge", "cluster")]
        return not any(text in list(g.iter()) for g in held)

    def drawn(self):
        """The left and right end of the graph itself: of its nodes and boxes."""
        groups = [g for g in self.root.iter(f"{SVG}g") if g.get("class") in ("node", "cluster")]
        boxes = [box(g) for g in groups]
        return min(b[0] for b in boxes), max(b[2] for b in boxes)


def box(group):
    numbers = []
    for shape in group.iter():
        points = shape.get("points") or shape.get("d")
        if points:
            numbers += [tuple(map(float, pair)) for pair in re.findall(rf"({NUMBER}),({NUMBER})", points)]
        elif shape.tag == f"{SVG}text":
            left, right = ends_of(shape)
            numbers += [(left, float(shape.get("y"))), (right, float(shape.get("y")))]
        elif shape.get("rx"):
            (x, y), (rx, ry) = ([float(shape.get(name)) for name in pair] for pair in (("cx", "cy"), ("rx", "ry")))
            numbers += [(x - rx, y - ry), (x + rx, y + ry)]
    xs, ys = zip(*numbers, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def ends_of(text):
    x, width = float(text.get("x")), float(text.get("textLength") or 0)
    start = {"middle": x - width / 2, "end": x - width}.get(text.get("text-anchor"), x)
    return start, start + width


def meet(a, b, slack=1.0):
    return a[0] < b[2] - slack and b[0] < a[2] - slack and a[1] < b[3] - slack and b[1] < a[3] - slack
