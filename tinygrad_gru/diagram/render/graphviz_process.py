"""From DOT to a picture, in a process with a time limit: pygraphviz, or else the system's `dot`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ...errors import ArgumentError, MissingExtraError, RenderError, nearest
from .graphviz_worker import NO_FONTS, NO_PYGRAPHVIZ

__all__ = ["FORMATS", "NoFonts", "TooLarge", "TooSlow", "format_of", "render"]

FORMATS = ("svg", "png", "pdf", "dot", "html", "txt")
LAID_OUT = ("svg", "png", "pdf")
TIME_LIMIT = 60.0  # seconds

LAYOUT = [sys.executable, "-P", str(Path(__file__).with_name("graphviz_worker.py"))]


class NoFonts(RenderError):
    """The machine has no fonts: text in a PNG or PDF would be empty boxes."""


class TooLarge(RenderError):
    """A PNG has at most 32,767 pixels on a side: what is larger would be scaled down until nothing can be read."""


class TooSlow(RenderError):
    """The layout was stopped after the time limit."""


def format_of(path: Path) -> str:
    """The format a file's suffix asks for."""
    suffix = path.suffix.lower().removeprefix(".")
    if suffix in FORMATS:
        return suffix
    if not path.name:  # "/", or the current folder
        raise ArgumentError(f"picture {path}: it is a folder, wanted a file. try: {path / 'graph.svg'}")
    near = nearest(suffix, FORMATS, cutoff=0.5)
    hint = f"did you mean {path.with_suffix('.' + near)}?" if near else f"try: {path.with_suffix('.svg')}"
    got = f"no format {path.suffix!r}" if suffix else "no suffix"
    raise ArgumentError(f"picture {path}: {got}, wanted {', '.join(FORMATS[:-1])} or {FORMATS[-1]}. {hint}")


def render(dot: str, form: str, time_limit: float | None = None) -> bytes:
    """The picture.

    Raises MissingExtraError if there is no layout program, NoFonts, TooLarge, TooSlow after the time limit (in seconds,
    a minute unless told otherwise), and RenderError when the layout fails.
    """
    time_limit = TIME_LIMIT if time_limit is None else time_limit
    code, picture, said = NO_PYGRAPHVIZ, b"", ""
    if find_spec("pygraphviz") is not None:
        code, picture, said = _run([*LAYOUT, form], dot, time_limit)
    if code == NO_PYGRAPHVIZ:
        system = shutil.which("dot")
        if system is None:
            raise MissingExtraError("pygraphviz (or Graphviz's dot)", "render", f"a picture as {form}")
        code, picture, said = _run([system, f"-T{form}"], dot, time_limit)
    elif code == NO_FONTS:
        raise NoFonts(f"this machine has no fonts, so a {form} would show no text. try: apt install fonts-dejavu-core")
    # Graphviz draws an empty node for a label it cannot read, and only says so.
    errors = [line for line in said.splitlines() if "error" in line.lower() and "fontconfig" not in line.lower()]
    if code != 0 or errors or not picture:
        reason = errors[0] if errors else (said.strip().splitlines() or [f"exit code {code}"])[-1]
        raise RenderError(f"the layout failed: {reason}. try: saving as .dot to see what it was given")
    if "too large for cairo" in said:
        raise TooLarge("the picture is larger than the 32,000 pixels of a PNG")
    return picture


def _run(command: list[str], dot: str, time_limit: float) -> tuple[int, bytes, str]:
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=time_limit, check=False)
    except subprocess.TimeoutExpired:
        raise TooSlow(
            f"the layout took more than {time_limit:g} s and was stopped. try: fewer steps, or level='cell'"
        ) from None
    except OSError as error:
        raise RenderError(f"the layout could not be started: {error.strerror or error}") from None
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")
