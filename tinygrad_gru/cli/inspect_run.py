"""`tinygrad-gru inspect`: what a trained network does with a sequence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import streams
from .options import Debug, Seed

__all__ = ["inspect"]

LONGEST = 120  # steps of a sequence that one still sees


def inspect(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its number, or last.")] = "last",
    text: Annotated[str, typer.Option(help="The text to read, for a run of chars.")] = "",
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to: .html (to click in), .png, .svg or .pdf.")
    ] = Path("insides.html"),
    length: Annotated[int | None, typer.Option(help="Steps of the sequence that is read.")] = None,
    seed: Seed = 0,
    debug: Debug = False,
) -> None:
    """Show the gates, the state, and which inputs an output depends on, for a trained network.

    Prints how open and how saturated the gates are. An .html page can be clicked in; pictures need [plots].
    """
    from ..errors import ConfigError, MissingExtraError
    from ..nn.files import write_atomically
    from ..pictures import insides as view
    from ..pictures.insides_page import page
    from ..training import checkpoint_of, find_run, load_checkpoint

    if output.suffix not in (".html", ".png", ".svg", ".pdf"):
        raise ConfigError(f"output: got {output.name}, wanted .html, .png, .svg or .pdf. try: -o insides.html")
    path = Path(run)
    checkpoint = load_checkpoint(path if path.suffix == ".npz" else checkpoint_of(find_run(run)))
    x, labels = _sequence(checkpoint, text, length, seed)
    layer, given = view.input_of(checkpoint.model, x)
    insides = view.look_inside(layer, given, labels)
    title = f"{checkpoint.config.cell} on {checkpoint.config.task}, {insides.steps} steps"
    if output.suffix == ".html":
        data = page(insides, title).encode()
        with write_atomically(output) as file:
            file.write(data)
    else:
        try:
            figure = view.heat_maps(insides, title)
        except ImportError:
            raise MissingExtraError("matplotlib", "plots", f"a picture in {output.suffix}") from None
        with write_atomically(output) as file:
            figure.savefig(file, format=output.suffix[1:], dpi=150)
    rows = [(name, f"{mean:.2f}", f"{low:.0%}", f"{high:.0%}") for name, mean, low, high in view.saturation(insides)]
    for row in [("gate", "mean", "low", "above 0.9"), *rows]:
        streams.write(f"{row[0]:10} {row[1]:>6} {row[2]:>5} {row[3]:>10}")
    streams.write(f"wrote {output}")


def _sequence(checkpoint: Any, text: str, length: int | None, seed: int) -> tuple[Any, list[str]]:
    """One sequence as the model takes it, (T, 1, ...), and a label for each step."""
    import numpy as np

    from ..errors import ConfigError
    from ..tasks import TASKS

    config = checkpoint.config
    steps = min(config.length if length is None else length, LONGEST)
    if steps < 1:
        raise ConfigError(f"length: got {length}, wanted a whole number from 1 up. try: --length 20")
    if config.task == "chars":
        vocabulary = checkpoint.facts["vocabulary"]
        text = text or (vocabulary * steps)[:steps]
        if unknown := sorted({c for c in text if c not in vocabulary}):
            raise ConfigError(f"text: the network has never seen {unknown[0]!r}. try: --text with other letters")
        text = text[:LONGEST]
        return np.array([[vocabulary.index(c)] for c in text]), list(text)
    if text:
        raise ConfigError(f"text: a run of {config.task} reads no text. try: without --text")
    task = TASKS[config.task].again(steps, config.path, checkpoint.facts)
    x = next(task.batches(np.random.default_rng(seed), 1)).x[:LONGEST, :1]
    return task.fed(x), task.steps_of(x, checkpoint.facts)
