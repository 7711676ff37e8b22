r"""Values as TOML that reads back as the same values, whatever the words hold.

A file's name need not be text: on Linux it is bytes, and those that are no UTF-8 reach Python as lone surrogates, which
TOML cannot hold. Such a name is written as a table of one, in which each character stands for a byte:
`{ latin1 = "caf\u00e9.txt" }`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["from_toml", "toml_of"]

SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
BYTES = "latin1"


def toml_of(value: Any) -> str:
    r"""A word, a finite number, or a list of words as TOML.

    >>> print(toml_of("a\x7f b"), toml_of(0.5), toml_of(["x", "y"]))
    "a\u007f b" 0.5 ["x", "y"]
    """
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" for c in value):
            return f"{{ {BYTES} = {_quoted(value.encode('utf-8', 'surrogateescape').decode('latin-1'))} }}"
        return _quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(toml_of, value))}]"
    return json.dumps(value, allow_nan=False)


def from_toml(value: Any) -> Any:
    """What `toml_of` has written as a table, as the name that it stands for; everything else as it is."""
    if not isinstance(value, Mapping) or set(value) != {BYTES} or not isinstance(value[BYTES], str):
        return value
    try:
        return value[BYTES].encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a character that is no byte
        return value


def _quoted(text: str) -> str:
    """With an escape for each character that TOML does not take, or that one would not see."""
    return '"' + "".join(SHORT.get(c) or (c if c.isprintable() else _escape(ord(c))) for c in text) + '"'


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
