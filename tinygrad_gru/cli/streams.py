"""A command's data on stdout, and what keeps both streams working; lines for people go through terminal.say."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from ..errors import ConfigError
from ..terminal import visible

__all__ = ["ReaderGone", "abandon_stdout", "be_lenient", "finish_stderr", "flush", "write", "write_bytes"]


class ReaderGone(Exception):
    """Whoever read our data has had enough, as in `| head -1`."""


def write(data: str, end: str = "\n") -> None:
    """Write data to stdout; to a terminal what it would obey as an escape, to a file or pipe as it is."""
    if sys.stdout is not None:  # it is None when the shell has closed it
        with _reader_gone_if_closed():
            sys.stdout.write((visible(data) if sys.stdout.isatty() else data) + end)


def write_bytes(data: bytes) -> None:
    """Write a file to stdout; to a terminal only what it shows."""
    if sys.stdout is not None and sys.stdout.isatty() and not _is_shown(data):
        raise ConfigError("output: a terminal would take these bytes for commands. try: -o with the name of a file")
    if sys.stdout is not None:
        with _reader_gone_if_closed():
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()


def _is_shown(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return visible(text) == text


def flush() -> None:
    """Bring the data out now, so that an error is met here and not when Python ends."""
    if sys.stdout is not None:
        with _reader_gone_if_closed():
            sys.stdout.flush()


@contextlib.contextmanager
def _reader_gone_if_closed() -> Iterator[None]:
    """Raise ReaderGone where Python raises BrokenPipeError, which Typer would turn into exit code 1."""
    try:
        yield
    except BrokenPipeError:
        abandon_stdout()
        raise ReaderGone from None


def be_lenient() -> None:
    r"""Let both streams write what their encoding cannot, a gate's h̃ on an ASCII terminal say, as \u escapes.

    What stands for a byte of a file's name that is no text is written as that byte: whoever reads it finds the file.
    """
    codecs.register_error("tinygrad_gru", _bytes_or_escapes)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="tinygrad_gru")


def _bytes_or_escapes(error: UnicodeError) -> tuple[bytes | str, int]:
    if isinstance(error, UnicodeEncodeError) and "\udc80" <= error.object[error.start] <= "\udcff":
        return bytes([ord(error.object[error.start]) - 0xDC00]), error.start + 1
    return codecs.backslashreplace_errors(error)


def abandon_stdout() -> None:
    """Drop what could not be written, or Python would try again, and complain, when it ends."""
    _abandon(sys.stdout)


def finish_stderr() -> None:
    """Drop lines that nobody can read any more, or Python would end with exit code 120 because of them."""
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            _abandon(sys.stderr)


def _abandon(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
