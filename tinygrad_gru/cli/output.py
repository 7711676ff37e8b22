"""Where a command's file goes: into its place, to stdout, into a device or a pipe; and what it is not written over."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import streams

__all__ = ["is_stdout", "refuse_to_draw_over", "refuse_to_overwrite", "tell", "with_ending", "written_to"]


def is_stdout(output: str | Path) -> bool:
    """Whether this is `-`, or a name that the system has for stdout: /dev/stdout, /dev/fd/1 …"""
    from ..nn.files.writing import descriptor_named

    return str(output) == "-" or descriptor_named(output) == 1


def refuse_to_overwrite(path: Path, force: bool, example: str = "model.npz") -> None:
    """Raise ConfigError for a file that is there, unless told to go on; for a folder always.

    Into a device or a pipe one writes without a question: nothing is lost by it.
    """
    from ..errors import ConfigError
    from ..nn.files.writing import is_written_into

    if path.is_dir():
        raise ConfigError(f"output: {path} is a folder, wanted a file. try: -o {path / example}")
    if path.exists() and not force and not is_written_into(path):
        raise ConfigError(f"output: {path} is there already. try: another name, or --force")


def refuse_to_draw_over(path: Path, force: bool) -> None:
    """The same for pictures and pages, which are drawn again and again: over what is none, nothing is drawn."""
    from ..diagram.render.recognise import is_drawn_by_us

    refuse_to_overwrite(path, force or is_drawn_by_us(path), "picture.svg")


@contextmanager
def written_to(output: Path) -> Iterator[Path]:
    """The path to write a file to: `output` itself, or for stdout another one, which is sent there at the end."""
    if not is_stdout(output):
        yield output
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "output"
        yield path
        streams.write_bytes(path.read_bytes())


def tell(output: Path) -> None:
    """Say on stdout where the file is, unless it has gone there itself."""
    if not is_stdout(output):
        streams.write(str(output))


def with_ending(output: Path, suffix: str) -> Path:
    """The path to try instead: the same with another suffix, or a file in the folder that it is."""
    return output.with_suffix(suffix) if output.name.strip(".") else output / f"model{suffix}"
