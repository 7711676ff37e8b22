"""Names in the text of programs: the only way in which what a user chose gets into them, except in comments."""

from __future__ import annotations

import builtins
import functools
import keyword
import re
import unicodedata

from .primitives import UFUNCS

__all__ = ["comment", "identifier"]

# Names that the text of programs uses for itself, and the beginnings of others.
OURS = {
    "np", "T", "B", "b", "j", "t", "lo", "hi", "memory", "chunk", "start", "stop", "stay", "stays", "masked",
    "outside", "flushing", "first", "total", "real", "tiny", "options", "tanh", "vanishing", "arrive", "clear",
    "first_step", "njit", "zero", "one", "half", "want_x", "d_x", "step", "forward", "backward", "stepper",
    "forward_loop", "backward_loop", "prepare", "product", "pack", "pack_rows", "tiles", "add_outer", "add_rows",
    "copy_into", "shard", "ended", "first_row", "rows", "past_rows", "padded", "clear_blocks", "clear_steps",
    "zero_out", "copyto", "dot", "where", "matmul", "from_outside", "fixed", *UFUNCS,
}  # fmt: skip
PREFIXES = ("all_", "some_", "new_", "next_", "before_", "after_", "past_", "carried_", "then_", "given_", "number_",
            "rows_", "packed_", "sum_", "weights_")  # fmt: skip
SUFFIXES = re.compile(r"n\d+|.*_(now|row|rows|kept|total|j)(_\d+)*_*")  # and the ends of others


@functools.lru_cache(1000)  # one step has the same few labels again and again
def identifier(label: str) -> str:
    """A Python identifier made of a label: letters, digits and underscores in plain ASCII, and never a keyword."""
    plain = unicodedata.normalize("NFKD", label.replace("h̃", "candidate").replace("ĥ", "candidate"))
    text = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" if c in " .-" else "" for c in plain)[:40]
    text = text.strip("_")
    if not text or text[0].isdigit():
        text = f"v_{text}" if text else ""
    reserved = keyword.iskeyword(text) or keyword.issoftkeyword(text) or text in OURS or text.startswith(PREFIXES)
    reserved = reserved or SUFFIXES.fullmatch(text) is not None
    return f"{text}_" if reserved or text in dir(builtins) else text


def comment(text: str) -> str:
    """A comment that ends where its line does, whatever characters a name has."""
    return "# " + (text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text))
