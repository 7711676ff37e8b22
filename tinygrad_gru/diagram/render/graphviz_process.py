"""From DOT to a picture, in a process with a time limit: pygraphviz, or else the system's `dot`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from ...errors import ArgumentError, MissingExtraError, RenderError, nearest
from .fonts.coverage import lacking
from .fonts.fontconfig import environment_with_fonts
from .fonts.text_length import with_text_lengths
from .graphviz_worker import NO_PYGRAPHVIZ

__all__ = ["FORMATS", "NoFonts", "NoRanks", "TooLarge", "TooSlow", "format_of", "render", "width_of_svg"]

FORMATS = ("svg", "png", "pdf", "dot", "html", "txt")
LAID_OUT = ("svg", "png", "pdf")
TIME_LIMIT = 60.0  # seconds

WRITTEN = {"svg": ("svg", "xdot")}  # what Graphviz writes for a picture; of other formats that format
ENDS = {  # how a whole one ends: in JSON and DOT the outer bracket stands at the beginning of a line
    "svg": b"</svg>\n", "png": b"IEND\xaeB`\x82", "pdf": b"%%EOF\n", "plain": b"\nstop\n", "json0": b"\n}\n",
    "xdot": b"\n}\n",
}  # fmt: skip
MOST_SHOWN = 5  # of characters, in a message
DATE = re.compile(rb"/CreationDate \(D:[^)]*\)")  # of a PDF, which may go without: the same picture is the same file
NO_CHARACTERS = "\ufdd0\U0001fffe"  # of four digits and of more: no font has them, and none ever will
SIZES = (9, 13, 22, 40)  # points, at all of which a letter is hardly ever as wide as such a box
LAYOUT = [sys.executable, "-P", str(Path(__file__).with_name("graphviz_worker.py"))]


class NoFonts(RenderError):
    """No font has a character of the picture: in a PNG or PDF it would be a box with its number."""


class NoRanks(RenderError):
    """Graphviz found no place from left to right for each node, which it should: a fault of its own, in some graphs."""


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
    """The picture, in our font, with each text of an SVG as wide as it was measured.

    Raises MissingExtraError if there is no layout program, NoFonts, TooLarge, TooSlow after the time limit (in seconds,
    by default a minute), and RenderError when the layout fails, NoRanks where that is a fault of Graphviz's own.
    """
    time_limit = TIME_LIMIT if time_limit is None else time_limit
    foreign = lacking(dot)
    with environment_with_fonts(machine=bool(foreign)) as environment:
        picture, messages = _laid_out(dot, form, time_limit, environment)
        if "too large for cairo" in messages:
            raise TooLarge("the picture is larger than the 32,000 pixels of a PNG")
        if foreign and form in ("png", "pdf") and (boxes := _boxes(foreign, time_limit, environment)):
            shown = ", ".join(boxes[:MOST_SHOWN]) + (", …" if len(boxes) > MOST_SHOWN else "")
            raise NoFonts(
                f"no font of this machine has {shown}: a {form} would show boxes. try: apt install fonts-noto, or svg"
            )
    if form == "svg":
        return with_text_lengths(picture)
    return DATE.sub(lambda date: b" " * len(date[0]), picture) if form == "pdf" else picture


def width_of_svg(svg: str) -> float:
    """How wide an SVG of Graphviz is, in points; 0 where it does not say."""
    match = re.search(r'<svg width="([\d.]+)pt"', svg)
    return float(match[1]) if match else 0.0


def _laid_out(dot: str, form: str, time_limit: float, environment: Mapping[str, str]) -> tuple[bytes, str]:
    """What pygraphviz or the system's `dot` makes of it, and what they say."""
    forms = WRITTEN.get(form, (form,))
    code, picture, messages = _drawn(dot, forms, time_limit, environment)
    # Graphviz draws an empty node for a label it cannot read, and only says so. Of fontconfig's complaints, which are
    # mostly about the machine's own settings, one matters: ours could not be read.
    errors = [
        line
        for line in messages.splitlines()
        if ("error" in line.lower() and "fontconfig" not in line.lower()) or "cannot load config" in line.lower()
    ]
    if code != 0 or errors or not picture:
        reason = errors[0] if errors else (messages.strip().splitlines() or [f"exit code {code}"])[-1]
        failed = NoRanks if "init_rank" in reason else RenderError
        raise failed(f"the layout failed: {reason}. try: saving as .dot to see what it was given")
    if not _is_whole(picture, forms):
        raise RenderError(f"the layout was ended before its {form} was whole. try: again, with more memory")
    return picture, messages


def _drawn(dot: str, forms: Sequence[str], time_limit: float, environment: Mapping[str, str]) -> tuple[int, bytes, str]:
    """The exit code, what is drawn, and what was said; of pygraphviz, if it is there."""
    if find_spec("pygraphviz") is not None:
        code, picture, messages = _run([*LAYOUT, *forms], dot, time_limit, environment)
        if code != NO_PYGRAPHVIZ:
            return code, picture, messages
    system = shutil.which("dot")
    if system is None:
        raise MissingExtraError("pygraphviz (or Graphviz's dot)", "render", f"a picture as {forms[0]}")
    return _run([system, *(f"-T{form}" for form in forms)], dot, time_limit, environment)


def _is_whole(picture: bytes, forms: Sequence[str]) -> bool:
    """Whether each format has its end. Where a program ignores SIGCHLD, a child that was killed has the exit code 0."""
    return picture.endswith(ENDS[forms[-1]]) and all(ENDS[form] in picture for form in forms)


def _boxes(characters: Sequence[str], time_limit: float, environment: Mapping[str, str]) -> list[str]:
    """Those that no font has: Pango draws a box with their number, as wide as that of what can be in no font."""
    letters = [c for c in characters if unicodedata.category(c)[0] not in "MC"]  # marks and joiners go with others
    lines = []
    for size in SIZES:
        for at, c in enumerate([*letters, *NO_CHARACTERS]):
            lines.append(f'n{at}_{size} [shape=plain fontsize={size} label="{c}"]')
    plain, _ = _laid_out(f"digraph {{ {'; '.join(lines)} }}", "plain", time_limit, environment)
    nodes = [line.split() for line in plain.decode().splitlines() if line.startswith("node")]
    width = {node[1]: node[4] for node in nodes}

    def widths(at: int) -> list[str]:
        return [width[f"n{at}_{size}"] for size in SIZES]

    short, long = widths(len(letters)), widths(len(letters) + 1)
    return [c for at, c in enumerate(letters) if widths(at) == (short if ord(c) < 0x10000 else long)]


def _run(command: list[str], dot: str, time_limit: float, environment: Mapping[str, str]) -> tuple[int, bytes, str]:
    try:
        process = subprocess.run(
            command, input=dot.encode(), capture_output=True, timeout=time_limit, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        raise TooSlow(
            f"the layout took more than {time_limit:g} s and was stopped. try: fewer steps, or level='cell'"
        ) from None
    except OSError as error:
        raise RenderError(f"the layout could not be started: {error.strerror or error}") from None
    return process.returncode, process.stdout, process.stderr.decode(errors="replace")
