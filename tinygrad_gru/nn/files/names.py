"""Names that a file holds, which may be hostile, as text for a message."""

from __future__ import annotations

__all__ = ["printable"]


def printable(name: str, most: int = 80) -> str:
    r"""The first letters of a name, with escapes if some of them cannot be printed.

    >>> printable("weight"), printable("\x1b[2J")
    ('weight', "'\\x1b[2J'")
    """
    return name[:most] if name[:most].isprintable() else repr(name[:most])
