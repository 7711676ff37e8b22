"""Safe text for the terminal: control characters from files, labels and arguments are escaped."""

from __future__ import annotations

import contextlib
import re
import sys

__all__ = ["in_a_line", "say", "visible"]

# All control characters but tab and line end, and those that turn the direction of writing.
COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    r"""The text with an escape for each character that a terminal would obey instead of showing it.

    >>> print(visible("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    return COMMANDS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def in_a_line(text: str) -> str:
    r"""The same, with line ends escaped too: the name of a file cannot pass for a line of ours.

    >>> print(in_a_line("a\nerror: b"))
    a\nerror: b
    """
    return visible(text).replace("\n", r"\n")


def say(line: str) -> None:
    """A line on stderr, if it can be written: a reader that has gone away, as in `| head -3`, must not stop a run."""
    if sys.stderr is not None:  # it is None when the shell has closed it
        with contextlib.suppress(OSError):
            print(in_a_line(line), file=sys.stderr, flush=True)
