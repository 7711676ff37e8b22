"""Gates, states and influence of layers on a sequence as a figure for paper or a slide, a column for each layer."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import numpy as np

from ..core.support.arrays import Array
from ..diagram.render.theme import LIGHT, Theme
from .analyse import Insides, checked_looks

__all__ = ["heat_maps", "save"]

LINES = 24  # states drawn as lines
DECADES = 4  # of influence that can be distinguished
MARKS = ("-", "--", ":", "-.")  # distinct without colour too


def heat_maps(looks: Sequence[tuple[str, Insides]], at: int | None = None, theme: Theme = LIGHT) -> Any:
    """A matplotlib figure with a column for each (title, insides): the influence of all inputs on all outputs, its
    state as lines, and heat maps of its states and gates over time; below, the influences on output `at`, by default
    the last, of all in one plot.
    """
    import matplotlib
    from matplotlib.figure import Figure

    steps = checked_looks("heat_maps", looks)
    at = steps - 1 if at is None else at
    most = max(len(inside.maps) for _, inside in looks)
    styles: Any = {
        "text.parse_math": False, "text.color": theme.text, "axes.labelcolor": theme.text, "xtick.color": theme.text,
        "ytick.color": theme.text, "axes.edgecolor": theme.frame, "axes.facecolor": theme.background,
    }  # fmt: skip
    with matplotlib.rc_context(styles):
        figure = Figure(
            figsize=(max(9.0, 5.2 * len(looks)), 1.15 * most + 7.4), layout="constrained", facecolor=theme.background
        )
        rows = [0.2, 2.4, 1.3] + [1.0] * most + [1.6]  # in the order of the page: what all have comes first
        grid = figure.add_gridspec(len(rows), len(looks), height_ratios=rows)
        ceiling = max((_largest(inside.influence) for _, inside in looks), default=1.0)
        for column, (title, inside) in enumerate(looks):
            maps = [inside.maps[-1], *inside.maps[:-1]]  # the state, then what it is made of
            head = figure.add_subplot(grid[0, column])
            head.axis("off")
            head.text(0.5, 0.5, _visible(title), fontsize=12, ha="center", va="center")
            square, lines = (figure.add_subplot(grid[row, column]) for row in (1, 2))
            axes = [figure.add_subplot(grid[3 + i, column]) for i in range(len(maps))]
            for axis, (name, values) in zip(axes, maps, strict=True):
                _over_time(figure, axis, name, values, theme)
            _lines(lines, inside.states, theme)
            _square(figure, square, inside, ceiling, at, theme)
        _influences(figure.add_subplot(grid[-1, :]), looks, at, theme)
        with _lenient():
            figure.draw_without_rendering()  # lays it out
        figure.set_layout_engine("none")
        for axis in figure.axes:  # the layout's last digits differ from time to time
            axis.set_position(tuple(round(v, 5) for v in axis.get_position().bounds))
    return figure


def save(figure: Any, file: IO[bytes], form: str) -> None:
    """Write a figure as png, svg or pdf: the same bytes whenever it is written."""
    import matplotlib

    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
    with matplotlib.rc_context({"svg.hashsalt": "insides"}), _lenient():
        figure.savefig(file, format=form, dpi=130, metadata=metadata, facecolor=figure.get_facecolor())


@contextmanager
def _lenient() -> Iterator[None]:
    """A letter that the font has not is drawn as a box, without a warning for each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        yield


def _over_time(figure: Any, axis: Any, name: str, values: Array, theme: Theme) -> None:
    """A heat map: steps from left to right, units from top to bottom."""
    signed = bool((values < 0).any())
    largest = max(1.0, _largest(np.abs(values)))
    colours = [theme.values[0], theme.zero, theme.values[1]] if signed else [theme.zero, theme.gate]
    image = axis.imshow(
        values.T, aspect="auto", interpolation="nearest", cmap=_map(colours, theme), vmin=-largest if signed else 0,
        vmax=largest,
    )  # fmt: skip
    axis.set_ylabel(_visible(name), fontsize=9)
    axis.set_xticks([])
    axis.set_yticks([0, values.shape[1] - 1], ["1", str(values.shape[1])], fontsize=7)
    figure.colorbar(image, ax=axis, pad=0.01).ax.tick_params(labelsize=7)


def _lines(axis: Any, states: Array, theme: Theme) -> None:
    """The first states as lines."""
    shown = states[:, :LINES]
    axis.plot(shown, linewidth=0.9, color=theme.colours_of("state").ink, alpha=0.5)
    axis.set_xlim(-0.5, len(states) - 0.5)
    of_all = f", {shown.shape[1]} of {states.shape[1]}" if shown.shape[1] < states.shape[1] else ""
    axis.set_ylabel(f"h{of_all}", fontsize=9)
    axis.set_xticks([])
    axis.tick_params(labelsize=7)


def _square(figure: Any, axis: Any, inside: Insides, ceiling: float, at: int, theme: Theme) -> None:
    """The influence of all on all, in decades below the largest of all columns; the chosen output is marked."""
    logs = np.log10(np.maximum(inside.influence, ceiling * 10.0**-DECADES))
    top = float(np.log10(ceiling))
    colours = [theme.zero, *theme.heat_ramp]
    image = axis.imshow(
        logs, aspect="auto", interpolation="nearest", cmap=_map(colours, theme), vmin=top - DECADES, vmax=top
    )
    bar = figure.colorbar(image, ax=axis, pad=0.01)
    bar.set_label("log₁₀ ‖∂h_t/∂x_s‖", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    axis.axhline(at, color=theme.path, linewidth=1)
    axis.set_xlabel("input s", fontsize=9)
    axis.set_ylabel("output t", fontsize=9)
    axis.set_yticks(_some(inside.steps), [str(t + 1) for t in _some(inside.steps)])
    axis.tick_params(labelsize=7)
    _label_steps(axis, inside)


def _influences(axis: Any, looks: Sequence[tuple[str, Insides]], at: int, theme: Theme) -> None:
    """Who influences the chosen output: a line for each, over the inputs."""
    inks = [theme.colours_of(role).ink for role in ("state", "reset", "update", "candidate", "output")]
    for i, (title, inside) in enumerate(looks):
        row = inside.influence[at]
        axis.plot(
            np.where(row > 0, row, np.nan), MARKS[i % len(MARKS)], color=inks[i % len(inks)], marker="o", markersize=3,
            label=_visible(title),
        )  # fmt: skip
    if any((inside.influence[at] > 0).any() for _, inside in looks):
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter(lambda v, _: f"{v:.0e}".replace("e-0", "e-").replace("e+0", "e"))
        axis.yaxis.set_minor_formatter(lambda v, _: "")
    axis.set_xlim(-0.5, looks[0][1].steps - 0.5)
    axis.set_ylabel(f"‖∂h_{at + 1}/∂x_s‖", fontsize=9)
    axis.set_xlabel("input s", fontsize=9)
    axis.tick_params(labelsize=7)
    _label_steps(axis, looks[0][1])
    axis.legend(fontsize=8, facecolor=theme.background, edgecolor=theme.frame)


def _label_steps(axis: Any, inside: Insides) -> None:
    every = max(1, inside.steps // 40)
    shown = [_visible(label) for label in inside.labels[::every]]
    tilt = 90 if max(map(len, shown)) > 2 else 0
    axis.set_xticks(range(0, inside.steps, every), shown, fontsize=7, rotation=tilt)


def _some(steps: int) -> range:
    """About six of the steps, the last among them."""
    every = max(1, steps // 6)
    return range((steps - 1) % every, steps, every)


def _largest(values: Array) -> float:
    """The largest finite number, 1 if there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def _map(colours: Sequence[str], theme: Theme) -> Any:
    """Colours to mix; what is NaN stands out."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("values", list(colours)).with_extremes(bad=theme.path)


def _visible(label: str) -> str:
    """A label that can be seen, on one line, and not too long."""
    shown = {" ": "␣", "\n": "⏎", "\t": "⇥", "": "␣"}.get(label) or "".join(
        c if c.isprintable() else "·" for c in label
    )
    return shown if len(shown) <= 60 else shown[:59] + "…"
