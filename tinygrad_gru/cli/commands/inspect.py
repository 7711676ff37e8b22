"""`tinygrad-gru inspect`: what trained networks do with a sequence, one or several side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...terminal import say
from .. import streams
from ..arguments import Debug, Force, Seed, Theme
from ..loading import checkpoint_path
from ..output import is_stdout, refuse_to_draw_over, written_to
from ..tables import as_table

if TYPE_CHECKING:
    from ...inspection.analyse import Insides

__all__ = ["inspect"]

LONGEST = 120  # steps of a sequence that one still sees
MOST = 6  # runs beside each other


def inspect(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="RUN...", help="Runs: folders, numbers, or last; all read the same.")
    ] = None,
    text: Annotated[str, typer.Option(help="The text to read, for runs of chars.")] = "",
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to: .html (to click in), .png, .svg or .pdf; - is stdout.")
    ] = Path("insides.html"),
    length: Annotated[int | None, typer.Option(min=1, help="Steps of the sequence that is read.")] = None,
    at: Annotated[
        int | None, typer.Option(min=1, help="The output step asked who influenced it; the last one.")
    ] = None,
    theme: Annotated[Theme | None, typer.Option(help="A page begins with that of the reader.")] = None,
    seed: Seed = 0,
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Show the gates, the state, and which inputs an output depends on, for trained networks.

    Prints how open and how saturated the gates are. Several runs of one task stand side by side, to compare. An .html
    page can be clicked in; pictures need the extra plots.
    """
    from ...errors import ConfigError
    from ...inspection.analyse import input_of, look_inside
    from ...training import load_checkpoint
    from ...training.runs.sequences import common_sequences

    _refuse_output(output, force)
    names = runs or ["last"]
    if len(names) > MOST:
        raise ConfigError(f"runs: got {len(names)}, wanted at most {MOST} to look at. try: fewer")
    paths = [checkpoint_path(run) for run in names]
    checkpoints = [load_checkpoint(path) for path in paths]
    sequences, uncut = common_sequences(checkpoints, text, length, seed, LONGEST)
    if uncut > LONGEST:
        say(f"showing the first {LONGEST} of {uncut} steps")
    steps = len(sequences[0][1])
    if at is not None and at > steps:
        raise ConfigError(f"at: got {at}, wanted a step from 1 to {steps}. try: --at {steps}")

    write_line = say if is_stdout(output) else streams.write
    titled = []
    for name, path, checkpoint, (x, labels) in zip(names, paths, checkpoints, sequences, strict=True):
        layer, layer_input = input_of(checkpoint.model, x)
        title = f"{checkpoint.config.cell_name}, {layer.hidden_size} units"
        folder = path.parent.name or path.parent.resolve().name
        insides = look_inside(layer, layer_input, labels)
        titled.append((title if len(names) == 1 else f"{folder}: {title}", insides))
        if len(names) > 1:
            write_line(f"{name}: {title}")
        for line in _gates(insides).splitlines():
            write_line(line)
    _write(output, titled, f"{checkpoints[0].config.task}, {steps} steps", at, theme)
    if not is_stdout(output):
        streams.write(f"wrote {output}")


def _refuse_output(output: Path, force: bool) -> None:
    from ...errors import ConfigError

    if is_stdout(output):
        return
    if output.suffix not in (".html", ".png", ".svg", ".pdf"):
        raise ConfigError(f"output: got {output.name}, wanted .html, .png, .svg or .pdf. try: -o insides.html")
    refuse_to_draw_over(output, force)


def _gates(insides: Insides) -> str:
    """How open and how saturated the gates are, as a table."""
    from ...inspection.analyse import saturation

    rows = [
        {"gate": gate, "mean": mean, "low": low, "above 0.9": high} for gate, mean, low, high in saturation(insides)
    ]
    return as_table(rows, {"mean": ".2f", "low": ".0%", "above 0.9": ".0%"})


def _write(output: Path, titled: list[tuple[str, Insides]], what: str, at: int | None, theme: str | None) -> None:
    """Write the page or the picture of these networks, reading `what`."""
    from ...diagram.render.theme import theme_of
    from ...errors import MissingExtraError
    from ...inspection.figure import heat_maps, save
    from ...inspection.page import page
    from ...nn.files import write_atomically

    step = None if at is None else at - 1
    if is_stdout(output) or output.suffix == ".html":
        heading = f"{titled[0][0]} on {what}" if len(titled) == 1 else f"{len(titled)} runs on {what}"
        with written_to(output) as place, write_atomically(place) as file:
            file.write(page(titled, heading, step, theme or "").encode())
        return
    if len(titled) == 1:
        titled = [(f"{title} on {what}", insides) for title, insides in titled]
    try:
        figure = heat_maps(titled, step, theme_of(theme or "light"))
    except ImportError:
        raise MissingExtraError("matplotlib", "plots", f"a picture in {output.suffix}") from None
    with write_atomically(output) as file:
        save(figure, file, output.suffix[1:])
