"""The states of the player as single pictures: one for each event, all of one size.

Every frame is laid out anew, but from the same graph and with labels of the same size: what is not known yet is only
painted in the colour of its background. So nothing moves from one frame to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from ..core.support.arguments import brief, count, path_of
from ..core.tensor import Tensor
from ..diagram.api import Picture, draw
from ..diagram.explore.captions import State, states
from ..diagram.explore.trace import Event, Trace, places, trace_of
from ..diagram.gradients import Gradients
from ..diagram.model import Edge, Node
from ..diagram.node_ids import slug
from ..diagram.render.dot import Drawer
from ..diagram.render.graphviz_process import render, width_of_svg
from ..diagram.render.look import Look
from ..diagram.render.nodes import Nodes
from ..diagram.render.theme import mixed
from ..errors import ArgumentError, FileError
from ..nn.files import write_atomically
from .frame_caption import Below

__all__ = ["FRAME_FORMATS", "MOST_FRAMES", "frames", "save_frames"]

FRAME_FORMATS = ("svg", "png")
MOST_FRAMES = 400
FAINT = 0.25  # how much is left of the colours of what is not computed yet
COLOUR = re.compile(r'"#[0-9A-Fa-f]{6}"')
FORWARD = {"light": "#1D4ED8", "dark": "#93B4FF"}
BACK = {"light": "#B45309", "dark": "#FBBF6B"}


@dataclass(frozen=True)
class Moment:
    """A state, and which nodes the last event is about."""

    state: State
    now: str = ""  # the key of the node at work
    others: frozenset[str] = frozenset()  # where its numbers come from, or its gradient goes to
    colour: str = ""
    back: bool = False


class FrameNodes(Nodes):
    """Nodes at one moment: what is not computed yet is faint, a gradient that has not arrived is blank."""

    moment: Moment

    def attributes(self, node: Node) -> dict[str, str]:
        """Those of the node in the DOT, at this moment."""
        attributes = super().attributes(node)
        if node.tensor not in self.moment.state.done:
            attributes["label"] = _painted(attributes["label"], self.theme.background, FAINT)
            attributes["fontcolor"] = mixed(self.theme.background, self.theme.text, FAINT)
        if node.key == self.moment.now:  # a rim around the node takes no room
            attributes |= {"shape": "box", "width": "0", "height": "0", "margin": "0", "style": "rounded"}
            attributes |= {"color": self.moment.colour, "penwidth": "6"}
        return attributes

    def tooltip(self, node: Node) -> str:
        """What a node says when the pointer rests on it: nothing of a gradient that is still on its way."""
        return super().tooltip(node).partition("; ")[0]

    def _strips(self, t: Tensor, lit: bool = True) -> list[tuple[str, str]]:
        state, fill = self.moment.state, self.theme.colours_of(self._roles.get(t, "")).fill
        known = {"value": t in state.done, "grad": t in state.sums}
        return [(what, row if known[what] else _blank(row, fill)) for what, row in super()._strips(t, lit)]

    @cached_property
    def _roles(self) -> dict[Tensor, str]:
        return {node.tensor: node.role or "" for node in self.graph.nodes}


class FrameDrawer(Drawer):
    """Draws one moment."""

    def __init__(self, picture: Picture, moment: Moment, below: Below) -> None:
        graph, numbers, look = picture.graph, picture.numbers, picture.style
        super().__init__(graph, numbers, look)
        self.moment, self.below = moment, below
        if numbers is not None:
            of = {t: moment.state.sums.get(t, g) for t, g in numbers.of.items()}
            nodes = FrameNodes(graph, Gradients(of, numbers.shares), look)
            nodes.gradient_scale = self.nodes.gradient_scale  # of what it will be in the end
        else:
            nodes = FrameNodes(graph, None, look)
        nodes.moment, self.nodes = moment, nodes

    def _stands_for(self, node: Node) -> str:
        """The key of the node itself, or of the one that is drawn again at the beginning of a row."""
        return self._first.get(node.tensor, node.key) if node.kind == "again" else node.key

    @cached_property
    def _first(self) -> dict[Tensor, str]:
        return {t: node.key for node in self.graph.nodes if node.kind == "box" for t in node.shown}

    def _below(self) -> str:
        return self.below.write(self.moment.state, super()._below(), self.moment.colour)

    def _edge(self, edge: Edge) -> dict[str, str]:
        attributes, moment = super()._edge(edge), self.moment
        weight = {"weight": attributes["weight"]} if "weight" in attributes else {}
        if edge.target.key == moment.now and self._stands_for(edge.source) in moment.others:
            way = {"dir": "back"} if moment.back else {}
            return {"color": moment.colour, "penwidth": "4.5", "arrowsize": "0.9"} | way | weight
        if edge.target.tensor not in moment.state.done:
            attributes["color"] = mixed(self.theme.background, attributes["color"], FAINT)
        return attributes


def frames(
    loss: Tensor, theme: str = "light", title: str | None = None, first: int = 1, last: int | None = None
) -> Iterator[tuple[str, str]]:
    """For each event from `first` to `last`, counted from 1: a name such as 012-forward-step1_r, and its DOT text.

    Raises ArgumentError for a range that is none, or of more than 400 frames.
    """
    trace = trace_of(loss)
    n = len(trace.events)
    if not n:
        raise ArgumentError("frames: wants something that was computed, got a tensor without a graph. try: x.sum()")
    first = count("frames: first", first, -(2**63))
    last = n if last is None else count("frames: last", last, -(2**63))
    if not 1 <= first <= last <= n:
        raise ArgumentError(f"frames {first} to {last}: wanted numbers from 1 to {n}, the smaller first. try: 1 to {n}")
    if last - first >= MOST_FRAMES:
        raise ArgumentError(
            f"frames: {last - first + 1} are too many files, wanted at most {MOST_FRAMES}. "
            f"try: first={first}, last={first + MOST_FRAMES - 1}, or fewer steps"
        )
    return _written(trace, draw(loss, fold="none", title=title, theme=theme, width="readme"), first, last)


def _written(trace: Trace, picture: Picture, first: int, last: int) -> Iterator[tuple[str, str]]:
    keys = places(picture.graph, trace.tensors)
    own = {t for node in picture.graph.nodes if node.kind != "again" for t in (node.tensor, *node.shown)}
    fine = places(trace.graph, trace.tensors)
    digits = max(3, len(str(len(trace.events))))
    look = picture.style
    below = Below(trace, look, width_of_svg(picture.svg()))
    for state in states(trace):
        if state.event is not None and first <= state.at <= last:
            moment = _moment(state, state.event, keys, own, look)
            name = f"{state.at:0{digits}d}-{_named(state.event, fine)}"
            yield name, FrameDrawer(picture, moment, below).write()


def save_frames(
    loss: Tensor,
    folder: str | Path,
    form: str = "svg",
    theme: str = "light",
    title: str | None = None,
    first: int = 1,
    last: int | None = None,
) -> list[Path]:
    """Write a picture, svg or png, of each event from `first` to `last` into a new or empty folder; returns the paths.

    Raises ArgumentError as `frames` does, FileError for a folder with something in it, MissingExtraError where there is
    no layout program, and RenderError where a layout fails or no font has a character of a PNG.
    """
    folder = path_of("frames", folder, "frames")
    if not isinstance(form, str) or form not in FRAME_FORMATS:
        raise ArgumentError(f"frames: no format {brief(form)}, wanted svg or png. try: svg")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        got = "has files in it" if folder.is_dir() else "is a file"
        raise FileError(f"{folder}: it {got}, wanted a new or an empty folder. try: {folder}-2")
    written = frames(loss, theme, title, first, last)
    paths = []
    with ThreadPoolExecutor(2) as pool:  # each waits for a process of its own
        rendered = pool.map(lambda frame: (frame[0], render(frame[1], form)), written)
        start = next(rendered)  # what cannot be rendered leaves no folder behind
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"{folder}: it cannot be made ({error.strerror}). try: another folder") from None
        for name, data in chain([start], rendered):
            paths.append(folder / f"{name}.{form}")
            with write_atomically(paths[-1]) as file:
                file.write(data)
    return paths


def _moment(state: State, event: Event, keys: dict[Tensor, str], own: set[Tensor], look: Look) -> Moment:
    back = event.passed is not None
    pending = [to for to, _ in event.passed] if event.passed is not None else list(event.tensor.inputs)
    others = set()
    while pending:  # in the place of a tensor without a node, its inputs
        t = pending.pop()
        if t in own:
            others.add(keys[t])
        else:
            pending += t.inputs
    colour = (BACK if back else FORWARD)[look.theme.name]
    return Moment(state, keys[event.tensor], frozenset(others), colour, back)


def _named(event: Event, fine: dict[Tensor, str]) -> str:
    """forward-step1_r; in the backward pass the parameter that is reached, or else the tensor that is passed."""
    if event.passed is None:
        return f"forward-{slug(fine[event.tensor])}"
    reached = [slug(to.name) for to, _ in event.passed if to.op is None and to.requires_grad and to.name]
    return f"backward-{next(filter(None, reached), '') or slug(fine[event.tensor])}"


def _painted(label: str, ground: str, share: float) -> str:
    """A label with so much of its colours left, on this ground."""
    return COLOUR.sub(lambda match: f'"{mixed(ground, match[0][1:-1], share)}"', label)


def _blank(row: str, fill: str) -> str:
    """A row that takes its room, and shows nothing."""
    return _painted(row, fill, 0.0) if "<TABLE" in row or "<FONT" in row else f'<FONT COLOR="{fill}">{row}</FONT>'
