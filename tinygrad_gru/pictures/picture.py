"""Pictures of recorded graphs: what `tg.draw` returns."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..core.ops import square
from ..core.ops import sum as sum_of
from ..core.scopes import record, scope
from ..core.tensor import Tensor
from ..errors import ArgumentError, MissingExtraError
from ..nn.files import write_atomically
from .dot import dot_of
from .gradients import gradients
from .look import Look
from .outline import outline
from .render import NoFonts, format_of, render

__all__ = ["Picture", "draw", "draw_layer"]


class Picture:
    """A picture, laid out when it is shown or saved: `.dot` is its DOT text."""

    def __init__(self, dot: str) -> None:
        self.dot = dot

    def save(self, path: str | Path) -> Path:
        """Write the picture, as its suffix says: svg, png, pdf or dot. Returns the path that was written.

        Where no layout program is installed, writes the DOT beside it and raises MissingExtraError. Where the machine
        has no fonts for a PNG or PDF, writes the SVG instead, and warns.
        """
        path = Path(path)
        form = format_of(path)
        if form == "dot":
            return _write(path, self.dot.encode())
        try:
            data, remark = render(self.dot, form)
        except MissingExtraError as error:
            instead = _write(path.with_suffix(".dot"), self.dot.encode())
            error.msg = f"{error}; the graph itself is in {instead}"
            raise
        except NoFonts as error:
            path = path.with_suffix(".svg")
            data, remark = render(self.dot, "svg")[0], f"{error}; wrote {path} instead"
        if remark:
            warnings.warn(remark, stacklevel=2)
        return _write(path, data)

    def svg(self) -> str:
        """The picture as SVG text."""
        return render(self.dot, "svg")[0].decode()

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"Picture({self.dot.count(chr(10))} lines of DOT). try: .save('graph.svg')"


def _write(path: Path, data: bytes) -> Path:
    with write_atomically(path) as file:
        file.write(data)
    return path


def draw(
    tensors: Tensor | Sequence[Tensor],
    level: str = "gate",
    values: bool = True,
    grads: bool = True,
    title: str | None = None,
) -> Picture:
    """Draw the recorded graph behind a tensor, or several.

    Level `gate` shows the named tensors with formula, values and gradients; level `op` every operation. Gradients come
    from a walk of its own, never from `.grad`; they are left out where the tensor is not a single number or requires
    no gradient.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor([3.0], requires_grad=True, name="x")
    >>> "step" in tg.draw((x * x).sum().named("L")).dot
    False
    """
    roots: list[Any] = list(tensors) if isinstance(tensors, list | tuple) else [tensors]
    if not roots or not all(isinstance(t, Tensor) for t in roots):
        got = "something else among them" if isinstance(tensors, list | tuple) and roots else type(tensors).__name__
        raise ArgumentError(f"draw: wants a tensor or several, got {got}. try: tg.draw(loss)")
    made = outline(list(dict.fromkeys(roots)), level)
    found = gradients(list(dict.fromkeys(roots)), made.casting.tensors) if grads else None
    return Picture(dot_of(made, found, Look(values, grads, title)))


def draw_layer(layer: Any, x: Any, head: Callable[[Any, Any], Tensor] | None = None, **options: Any) -> Picture:
    """Draw a recurrent layer at work on the sequence x, of shape (T, 1, I).

    `head(out, h_n)` makes the loss of what the layer returns; otherwise it is ½ Σ h², of the last state. Options are
    those of `draw`.
    """
    with record():
        inputs = Tensor(x, requires_grad=True, name="x")
        out, last = layer(inputs)
        if head is not None:
            loss = head(out, last)
        else:
            h = last[0] if isinstance(last, tuple) else last
            with scope("loss", role="loss"):
                loss = (0.5 * sum_of(square(h))).named("L")
    return draw(loss, **options)
