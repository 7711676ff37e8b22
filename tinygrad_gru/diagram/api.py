"""Pictures of recorded graphs: what `tg.draw` returns."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from ..core.ops import square
from ..core.ops import sum as sum_of
from ..core.support.arguments import brief, flag, path_of
from ..core.support.modes import record
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from ..errors import ArgumentError, MissingExtraError, RenderError
from ..nn.files import write_atomically
from ..nn.recurrent.layer import recurrent_layer
from ..notebook import Page, scrolled
from .explore.page import page_of_graph
from .gradients import Gradients
from .model import Graph
from .passes.fold_steps import fewer_steps
from .passes.level import level_of
from .passes.pipeline import Content, graph_of, numbers_of
from .passes.wrap_rows import rows_of_layers
from .render.dot import dot_of
from .render.fit.paper import PAPERS, paper_of
from .render.fit.slide import slide_of
from .render.fit.width import fitted
from .render.graphviz_process import NoFonts, TooLarge, TooSlow, format_of, render, width_of_svg
from .render.look import Look, warmed
from .render.recognise import not_in_the_way
from .render.strip import is_strip, noted, strip_of
from .render.text import text_of
from .render.theme import theme_of

__all__ = ["Picture", "draw", "draw_layer", "loss_of_layer"]


class Picture:
    """A graph, the numbers of its gradients, and a style; written and laid out when it is shown or saved."""

    def __init__(
        self, graph: Graph, numbers: Gradients | None, style: Look, roots: Sequence[Tensor], content: Content
    ) -> None:
        self.graph = graph  # its nodes and edges, as they are drawn
        self.roots = roots  # what it was asked for, which html() shows whole
        self.content = content
        self.numbers = numbers
        self.style = style
        self.remarks = graph.remarks  # what was done otherwise than asked for, a line each
        self.level = graph.level

    @cached_property
    def dot(self) -> str:
        """Its DOT text."""
        write = strip_of if self.style.strip else dot_of
        return write(self.graph, self.numbers, self.style)

    def save(self, path: str | Path) -> Path:
        """Write the picture, as its suffix says: svg, png, pdf, dot, html or txt. Returns the path that was written.

        Where no layout program is installed, or the layout takes too long, writes the DOT beside it and raises
        MissingExtraError or RenderError. Where no font has a character of a PNG or PDF, or the picture is too large for
        a PNG, writes the SVG instead, and warns. What nobody has asked for is not written over a file of yours.
        """
        path = path_of("Picture.save", path, "gru.svg")
        form = format_of(path)
        if form in ("dot", "txt", "html"):
            text = {"dot": lambda: self.dot, "txt": self.text, "html": self.html}[form]()
            return _write(path, text.encode())
        try:
            data = self._laid_out(form, path)
        except (NoFonts, TooLarge) as error:
            path = not_in_the_way(path.with_suffix(".svg"))
            data = self._laid_out("svg", path)
            warnings.warn(f"{error}; wrote {path} instead", stacklevel=2)
        return _write(path, data)

    def _laid_out(self, form: str, path: Path) -> bytes:
        """The rendered picture; when rendering fails, the DOT is written beside the path."""
        try:
            return render(self.dot, form)
        except (NoFonts, TooLarge):
            raise
        except (MissingExtraError, RenderError) as error:
            dot_file = _write(not_in_the_way(path.with_suffix(".dot")), self.dot.encode())
            problem, tries, hint = str(error).partition(". try: ")
            hint = self._less() if isinstance(error, TooSlow) else hint
            text = f"{problem}; the graph itself is in {dot_file}{tries}{hint}"
            if isinstance(error, RenderError):
                raise RenderError(text) from None
            error.msg = text
            raise

    def _less(self) -> str:
        """What there is to try where this is too much: of what is not so already."""
        fewer = fewer_steps(self.graph, self.content.steps)
        ways = [f"steps='{fewer}'"] if fewer else []
        ways += ["level='cell'"] if fewer and self.level != "cell" else []
        return ", or ".join([*ways, "a page: .save('graph.html')"])

    def text(self) -> str:
        """The graph as text, one line per step or operation."""
        graph = self.graph  # in rows, a text has all of a step in one place
        if graph.rows > 1:
            graph = graph_of(self.roots, replace(self.content, level=self.level))
        return text_of(graph, self.numbers, self.style)

    def html(self) -> Page:
        """The graph as a page of its own: its boxes open and close, and it plays forward and back.

        It needs no layout program and no network. All steps are on it, folded or rolled up or not; boxes stand open as
        the level of the picture has them.
        """
        title = self.style.title or "A computation graph"
        theme = "" if self.style.theme.name == "light" else self.style.theme.name  # dark for readers who ask for it too
        return page_of_graph(self.roots, self.content, title, self.text(), theme)

    def svg(self) -> str:
        """The picture as SVG text."""
        return self._svg

    @cached_property
    def _svg(self) -> str:
        return render(self.dot, "svg").decode()

    def _repr_html_(self) -> str:
        """For notebooks: the picture, never cut off; the page where there is no layout program."""
        try:
            svg = self.svg()
            wide = not self.style.width and width_of_svg(svg) > PAPERS["notebook"].points
            if not wide or self.style.strip or self.style.slide or self.style.direction != "LR":
                return scrolled(svg)
            return self._in_rows()
        except MissingExtraError:
            return self.html()._repr_html_()

    def _in_rows(self) -> str:
        """Wrapped so that its letters can be read in a notebook, and below it what was left out for that."""
        graph, numbers, look = fitted(self.roots, self.content, self.style, self.style.heat, PAPERS["notebook"])
        remarks = [remark for remark in graph.remarks if remark not in self.remarks]
        words = "".join(f"<p><small>{escape(remark)}</small></p>" for remark in remarks)
        return scrolled(render(dot_of(graph, numbers, look), "svg").decode()) + words

    def _repr_svg_(self) -> str | None:
        """For what shows no HTML, such as a PDF made of a notebook."""
        try:
            return self.svg()
        except MissingExtraError:  # the page has been shown instead
            return None

    def __repr__(self) -> str:
        return f"Picture({len(self.graph.nodes)} nodes at level {self.level}). try: .save('graph.svg')"


def _write(path: Path, data: bytes) -> Path:
    with write_atomically(path) as file:
        file.write(data)
    return path


def draw(
    tensors: Tensor | Sequence[Tensor],
    level: str = "auto",
    values: bool = True,
    grads: bool = True,
    title: str | None = None,
    *,
    fold: str | int = "auto",
    steps: str | None = None,
    params: str | None = None,
    path: str | None = None,
    backward: bool = False,
    heat: bool | None = None,
    theme: str = "light",
    direction: str = "LR",
    slide: bool = False,
    rolled: bool = False,
    width: str | int | None = None,
) -> Picture:
    """Draw the recorded graph behind a tensor, or several.

    Level `cell` shows each step as a box, more than a dozen as a strip; `gate` the named tensors with formula, values
    and gradients; `op` every operation; "auto" is `op` for a small graph in which little is named, and else `gate`.
    Gradients come from a backward pass of its own, never from `.grad`; they are left out where the tensor is not a
    single number or requires no gradient.

    `fold` is "auto", "none" or how many of many equal steps are kept at both ends; `steps` such as "1-3" shows only
    these; `rolled` draws one step for all, with an arrow back from its state. `params` are drawn as "tag" at each use,
    "inline" in their users, "shared" once, or not: "hide". `path` such as "W_r@1" lights the ways the gradient takes to
    this use; `backward` draws the graph of the backward pass. `heat` gives the state line the colour and width of its
    gradient (always at level cell, unless False). `theme` is light or dark, `direction` LR or TB.

    `slide` makes a 16:9 picture in letters of 12 points or more, its steps in rows. `width` is how wide the picture is
    shown, in pixels, or where: "readme" (1,000), "notebook" (820), "page" (640), "slide". Steps are wrapped into rows,
    and boxes hold less, until no letter is smaller than 9 pixels there.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor([3.0], requires_grad=True, name="x")
    >>> "step" in tg.draw((x * x).sum().named("L")).dot
    False
    """
    roots: list[Any] = list(tensors) if isinstance(tensors, list | tuple) else [tensors]
    if not roots or not all(isinstance(t, Tensor) for t in roots):
        got = "something else among them" if isinstance(tensors, list | tuple) and roots else type(tensors).__name__
        raise ArgumentError(f"draw: wants a tensor or several, got {got}. try: tg.draw(loss)")
    look = Look(values, title, theme_of(theme), direction)
    roots = list(dict.fromkeys(roots))
    if isinstance(level, str) and level == "auto":
        level = "gate" if flag("draw: backward", backward) else level_of(roots)
    content = Content(
        level,
        fold,
        steps,
        params,
        path,
        backward,
        flag("draw: grads", grads),
        flag("draw: rolled", rolled),
    )
    if content.rolled:  # one step stands for all: no numbers are those of each
        look = replace(look, values=False)
    paper = None if width is None else paper_of(width)
    if flag("draw: slide", slide) or (width is not None and paper is None):
        if paper is not None:
            raise ArgumentError("draw: a slide has a width of its own. try: slide=False")
        return Picture(*slide_of(roots, content, look, heat, "slide=False" if slide else "width=1000"), roots, content)
    if content.may_be_strip and look.direction == "LR":
        graph = graph_of(roots, replace(content, fold="none"))
        if is_strip(graph):
            inches = paper.width / 96 if paper is not None else 0.0
            look = replace(warmed(look, graph, heat), strip=True, width=inches)
            return Picture(noted(graph), numbers_of(roots, content, graph), look, roots, content)
    if paper is not None:
        return Picture(*fitted(roots, content, look, heat, paper), roots, content)
    graph = graph_of(roots, content)
    if look.direction == "LR":
        graph = rows_of_layers(graph)
    return Picture(graph, numbers_of(roots, content, graph), warmed(look, graph, heat), roots, content)


def draw_layer(layer: Any, x: Any, head: Callable[[Any, Any], Tensor] | None = None, **options: Any) -> Picture:
    """Draw a recurrent layer at work on the sequence x, of shape (T, 1, I).

    `head(out, h_n)` makes the loss of what the layer returns; otherwise it is ½ Σ h², of the last state. Options are
    those of `draw`.
    """
    recurrent_layer("draw_layer", layer)
    if head is not None and (not callable(head) or isinstance(head, type)):
        raise ArgumentError(f"draw_layer: head: got {brief(head)}, wanted a function of out and h_n. try: None")
    return draw(loss_of_layer(layer, x, head), **options)


def loss_of_layer(layer: Any, x: Any, head: Callable[[Any, Any], Tensor] | None = None) -> Tensor:
    """The recorded loss of a recurrent layer on x (T, 1, I): head(out, h_n), or else ½ Σ h² of the last state."""
    recurrent_layer("loss_of_layer", layer)
    with record():
        out, last = layer(Tensor(x, requires_grad=True, name="x"))
        if head is not None:
            return head(out, last)
        h = last[0] if isinstance(last, tuple) else last
        with scope("loss", role="loss"):
            loss: Tensor = (0.5 * sum_of(square(h))).named("L")
    return loss
