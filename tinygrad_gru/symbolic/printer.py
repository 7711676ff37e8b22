"""Expressions as text: Unicode for the terminal, LaTeX for a paper. One writer, two sets of signs."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from .expression import Expression
from .latex import GREEK, latex_name, latex_word
from .short import number as short

__all__ = ["LATEX", "UNICODE", "Signs", "in_rows", "written"]

SUM, TERM, PRODUCT, MATRIX, TIGHT, ATOM = range(1, 7)  # how tightly the outermost operation binds

FUNCTIONS = {
    "tanh", "exp", "log", "sin", "cos", "max", "min", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "det",
}  # fmt: skip
AROUND = {  # functions whose signs stand around what they are taken of
    "√": (("√(", ")"), (r"\sqrt{", "}")),
    "|·|": (("|", "|"), ("|", "|")),
    "‖·‖": (("‖", "‖"), (r"\|", r"\|")),
}


@dataclass(frozen=True)
class Signs:
    """What differs between the two."""

    latex: bool
    hadamard: str
    minus: str
    between: str  # two matrices
    transposed: str


UNICODE = Signs(False, " ⊙ ", "−", " ", "ᵀ")
LATEX = Signs(True, r" \odot ", "-", r" \, ", r"^{\top}")


def written(x: Expression, signs: Signs = UNICODE) -> str:
    """The expression as one line."""
    return _write(x, signs)[0]


def _write(x: Expression, s: Signs) -> tuple[str, int]:
    """The text, and how tightly its outermost operation binds."""
    match x.kind, x.operands:
        case "name", _:
            return (latex_name(x.value) if s.latex else x.value), ATOM
        case "number", _:
            return _number(x.value, s), ATOM
        case "sum", terms:
            text = _inside(terms[0], s, TERM)
            for t in terms[1:]:
                negative = t.kind == "minus"
                text += f" {s.minus if negative else '+'} {_inside(t.operands[0] if negative else t, s, PRODUCT)}"
            return text, SUM
        case "minus", (operand,):
            return s.minus + _inside(operand, s, PRODUCT), TERM
        case "product", factors:
            first, *others = factors
            if first.kind != "number":
                return s.hadamard.join(_inside(f, s, TIGHT) for f in factors), PRODUCT
            space = r" \, " if s.latex else " "
            return _number(first.value, s) + space + s.hadamard.join(_inside(f, s, TIGHT) for f in others), PRODUCT
        case "divide", (over, under):
            if s.latex:
                return rf"\frac{{{_inside(over, s, SUM)}}}{{{_inside(under, s, SUM)}}}", TIGHT
            return f"{_inside(over, s, TIGHT)} / {_inside(under, s, TIGHT)}", PRODUCT
        case "matmul", (first, second):
            return _inside(first, s, MATRIX) + s.between + _inside(second, s, TIGHT), MATRIX
        case "total", (operand,):
            return f"{_total(x.value, s)} {_inside(operand, s, TIGHT)}", MATRIX
        case "transpose", (operand,):
            return _inside(operand, s, ATOM if operand.kind != "part" else TIGHT) + s.transposed, TIGHT
        case "power", (operand,):
            return _inside(operand, s, ATOM) + _exponent(x.value, s), TIGHT
        case "part", (operand,):
            return f"{_inside(operand, s, ATOM)}[{_key(x.value[0], x.value[1], s)}]", ATOM
        case "join", operands:
            between = "; " if x.value == "rows" else ", "  # below each other, or side by side
            return f"[{between.join(_inside(o, s, SUM) for o in operands)}]", ATOM
        case "call", (operand,) if x.value in AROUND:
            before, after = AROUND[x.value][s.latex]
            return before + _inside(operand, s, SUM) + after, ATOM
        case "call", operands:
            return f"{_function(x.value, s)}({', '.join(_inside(o, s, SUM) for o in operands)})", ATOM
    raise AssertionError(x.kind)


def _inside(x: Expression, s: Signs, wanted: int) -> str:
    """The text of an operand, in brackets where it binds less than is wanted."""
    text, binding = _write(x, s)
    return text if binding >= wanted else f"({text})"


def _total(axes: str, s: Signs) -> str:
    total = r"\sum" if s.latex else "Σ"
    return total if not axes else total + (f"_{{{axes}}}" if s.latex else f"_{axes}")


def _key(axis: str, key: str, s: Signs) -> str:
    key = f":, {key}" if axis == "columns" else key
    return key.replace(":", "{:}").replace("…", r"\ldots{}") if s.latex else key


def _number(value: float, s: Signs) -> str:
    if value == 0.5:
        return r"\frac{1}{2}" if s.latex else "½"
    text = short(value, 6)
    if not math.isfinite(value):
        return text.replace("−", "-").replace("∞", r"\infty").replace("NaN", r"\mathrm{NaN}") if s.latex else text
    near = Fraction(value).limit_denominator(64)
    if near.denominator > 1 and len(text) > 5 and abs(float(near) - value) < 1e-7 * value:  # 1/6, not 0.166667
        return rf"\frac{{{near.numerator}}}{{{near.denominator}}}" if s.latex else f"({near})"
    if not s.latex:
        return text
    mantissa, e, exponent = text.replace("−", "-").partition("e")
    return mantissa + (rf" \cdot 10^{{{exponent}}}" if e else "")


def _exponent(value: float, s: Signs) -> str:
    text = short(value, 6).replace("−", "-")
    if s.latex:
        return f"^{{{text}}}"
    return {"2": "²", "3": "³", "-1": "⁻¹"}.get(text, "^" + short(value, 6))


def _function(name: str, s: Signs) -> str:
    if not s.latex:
        return name
    name, _, axis = name.rpartition("_") if re.fullmatch(r".+_[0-9,-]+", name) else (name, "", "")
    if axis:
        return f"{_function(name, s)}_{{{axis}}}"
    base, primes, which = re.match(r"([^′]*)(′*)(.*)", name.replace("‖·‖", "norm")).groups()  # type: ignore[union-attr]
    text = GREEK.get(base) or ("\\" + base if base in FUNCTIONS else latex_word(base))
    text = f"{{{text}}}" if primes and base in FUNCTIONS else text  # or the number stood below the word
    return text + "'" * len(primes) + (f"_{{{which}}}" if which else "")


def in_rows(x: Expression, signs: Signs, widest: int) -> list[str]:
    """The same, a long sum in rows that begin with + or −, none much longer than `widest` columns of plain text."""
    rows, width = [""], 0
    for term in x.operands if x.kind == "sum" else (x,):
        negative = term.kind == "minus" and x.kind == "sum"
        inner = term.operands[0] if negative else term
        sign = f"{signs.minus if negative else '+'} " if rows[0] else signs.minus if negative else ""
        text = sign + _inside(inner, signs, PRODUCT if x.kind == "sum" else SUM)
        wide = len(_inside(inner, UNICODE, SUM)) + 3
        if rows[-1] and width + wide > widest:
            rows, width = [*rows, text], wide
        else:
            rows[-1] += f" {text}" if rows[-1] else text
            width += wide
    return rows
