"""`tinygrad-gru inspect`: what trained networks do with a sequence, one or several side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import streams
from ..arguments import Debug, Force, Seed
from ..output import is_stdout, refuse_to_draw_over, written_to
from .graph import one_of

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
    length: Annotated[int | None, typer.Option(help="Steps of the sequence that is read.")] = None,
    at: Annotated[int | None, typer.Option(help="The output step asked who influenced it; the last one.")] = None,
    theme: Annotated[str | None, typer.Option(help="light or dark; a page begins with that of the reader.")] = None,
    seed: Seed = 0,
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Show the gates, the state, and which inputs an output depends on, for trained networks.

    Prints how open and how saturated the gates are. Several runs of one task stand side by side, to compare. An .html
    page can be clicked in; pictures need [plots].
    """
    from ...diagram.render.theme import theme_of
    from ...errors import ConfigError, MissingExtraError
    from ...inspection import analyse as view
    from ...inspection import figure as insides_picture
    from ...inspection.page import page
    from ...nn.files import write_atomically
    from ...training import checkpoint_of, find_run, load_checkpoint

    here = is_stdout(output)
    suffix = ".html" if here else output.suffix
    if suffix not in (".html", ".png", ".svg", ".pdf"):
        raise ConfigError(f"output: got {output.name}, wanted .html, .png, .svg or .pdf. try: -o insides.html")
    if not here:
        refuse_to_draw_over(output, force)
    if theme is not None:
        one_of("theme", theme, ("light", "dark"))
    names = runs or ["last"]
    if len(names) > MOST:
        raise ConfigError(f"runs: got {len(names)}, wanted at most {MOST} to look at. try: fewer")
    paths = [path if (path := Path(run)).suffix == ".npz" else checkpoint_of(find_run(run)) for run in names]
    checkpoints = [load_checkpoint(path) for path in paths]
    sequences = _same_for_all(checkpoints, text, length, seed)
    steps = len(sequences[0][1])
    if at is not None and not 1 <= at <= steps:
        raise ConfigError(f"at: got {at}, wanted a step from 1 to {steps}. try: --at {steps}")

    looks = []
    for name, path, checkpoint, (x, labels) in zip(names, paths, checkpoints, sequences, strict=True):
        layer, given = view.input_of(checkpoint.model, x)
        title = f"{checkpoint.config.cell}, {layer.hidden_size} units"
        folder = path.parent.name or path.parent.resolve().name
        looks.append((title if len(names) == 1 else f"{folder}: {title}", view.look_inside(layer, given, labels)))
        _print(looks[-1][1], f"{name}: {title}" if len(names) > 1 else "", streams.talk if here else streams.write)
    step = None if at is None else at - 1
    what = f"{checkpoints[0].config.task}, {steps} steps"
    if suffix == ".html":
        heading = f"{looks[0][0]} on {what}" if len(looks) == 1 else f"{len(looks)} runs on {what}"
        with written_to(output) as place, write_atomically(place) as file:
            file.write(page(looks, heading, step, theme or "").encode())
    else:
        try:
            titled = [(f"{title} on {what}", inside) for title, inside in looks] if len(looks) == 1 else looks
            figure = insides_picture.heat_maps(titled, step, theme_of(theme or "light"))
        except ImportError:
            raise MissingExtraError("matplotlib", "plots", f"a picture in {suffix}") from None
        with write_atomically(output) as file:
            insides_picture.save(figure, file, suffix[1:])
    if not here:
        streams.write(f"wrote {output}")


def _print(insides: Any, title: str, say: Callable[[str], None]) -> None:
    """How open the gates are, as a table."""
    from ...inspection.analyse import saturation

    rows = saturation(insides)
    width = max(10, *(len(name) for name, *_ in rows))
    if title:
        say(title)
    say(f"{'gate':{width}}   mean   low  above 0.9")
    for name, mean, low, high in rows:
        say(f"{name:{width}} {mean:6.2f}  {low:4.0%}  {high:8.0%}")


def _same_for_all(checkpoints: list[Any], text: str, length: int | None, seed: int) -> list[tuple[Any, list[str]]]:
    """The sequence as each model takes it, (T, 1, ...), with a label for each step."""
    from ...errors import ConfigError

    first = checkpoints[0].config
    for checkpoint in checkpoints[1:]:
        if checkpoint.config.task != first.task:
            got = f"{first.task} and {checkpoint.config.task}"
            raise ConfigError(f"runs: got {got}, wanted one task, for all to read the same. try: runs of {first.task}")
    steps = first.length if length is None else length
    if steps < 1:
        raise ConfigError(f"length: got {length}, wanted a whole number from 1 up. try: --length 20")
    if first.task != "chars" and text:
        raise ConfigError(f"text: a run of {first.task} reads no text. try: without --text")
    if first.task == "chars":
        wanted = len(text) or steps
        known = checkpoints[0].facts["vocabulary"]
        text = (text or known * min(steps, LONGEST))[: min(wanted, LONGEST)]
        found = [_letters(checkpoint, text) for checkpoint in checkpoints]
    else:
        wanted = steps
        found = [_drawn(checkpoint, min(steps, LONGEST), seed) for checkpoint in checkpoints]
        if any(labels != found[0][1] for _, labels in found):
            raise ConfigError("runs: they read different data. try: runs of the same file and length")
    if wanted > LONGEST:
        streams.talk(f"showing the first {LONGEST} of {wanted} steps")
    return found


def _letters(checkpoint: Any, text: str) -> tuple[Any, list[str]]:
    """A text, in the vocabulary of a network."""
    import numpy as np

    from ...errors import ConfigError

    vocabulary = checkpoint.facts["vocabulary"]
    if unknown := sorted({c for c in text if c not in vocabulary}):
        raise ConfigError(f"text: the network has never seen {unknown[0]!r}. try: --text with other letters")
    return np.array([[vocabulary.index(c)] for c in text]), list(text)


def _drawn(checkpoint: Any, steps: int, seed: int) -> tuple[Any, list[str]]:
    """A sequence of the network's task, drawn from the seed."""
    import numpy as np

    from ...training.runs.data import task_of

    task = task_of(checkpoint, steps)
    x = next(task.batches(np.random.default_rng(seed), 1)).x[:LONGEST, :1]
    return task.fed(x), task.steps_of(x, checkpoint.facts)
