"""Expressions as text: for the terminal, for the boxes of pictures, in LaTeX. One writer, one table of precedence.

What differs between them are the signs.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from .expression import Expression
from .latex import GREEK, SUBSCRIPTS, latex_name, latex_number, latex_word
from .short import number as short

__all__ = ["LATEX", "SHORT", "UNICODE", "Signs", "in_rows", "written"]

SUM, TERM, PRODUCT, MATRIX, TIGHT, ATOM = range(1, 7)  # how tightly an operation binds, the loosest first

# By kind: how tightly it binds, and how tightly its first operand and the others must, to need no brackets.
PRECEDENCE = {
    "sum": (SUM, TERM, PRODUCT),  # −a + b, but a + (−b)
    "minus": (TERM, PRODUCT, PRODUCT),
    "multiple": (PRODUCT, ATOM, MATRIX),  # a number and one factor: ½ Σ a²
    "product": (PRODUCT, TIGHT, TIGHT),
    "divide": (PRODUCT, MATRIX, TIGHT),
    "outer": (PRODUCT, TIGHT, TIGHT),
    "matmul": (MATRIX, MATRIX, TIGHT),  # a b c, but a (b c)
    "total": (MATRIX, TIGHT, TIGHT),
    "transpose": (TIGHT, ATOM, ATOM),
    "power": (TIGHT, ATOM, ATOM),
    "raised": (TIGHT, ATOM, ATOM),
    "exponent": (TIGHT, ATOM, SUM),  # raised, in LaTeX: what stands above needs no brackets
    "placed": (TIGHT, TIGHT, TIGHT),
    "fraction": (TIGHT, SUM, SUM),  # a quotient of LaTeX, whose bar is a bracket
    "part": (ATOM, ATOM, ATOM),
    "join": (ATOM, SUM, SUM),
    "call": (ATOM, SUM, SUM),
}

FUNCTIONS = {
    "tanh", "exp", "log", "sin", "cos", "max", "min", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "det",
}  # fmt: skip
AROUND = {  # functions whose signs stand around what they are taken of
    "√": (("√(", ")"), (r"\sqrt{", "}")),
    "|·|": (("|", "|"), ("|", "|")),
    "‖·‖": (("‖", "‖"), (r"\|", r"\|")),
}
TOTALS = {"Σ": r"\sum", "Π": r"\prod"}


@dataclass(frozen=True)
class Signs:
    """What differs between the forms of one formula."""

    hadamard: str = " ⊙ "
    minus: str = "−"
    between: str = " "  # two matrices
    transposed: str = "ᵀ"
    over: str = " / "
    outer: str = " ⊗ "
    to: str = " → "
    latex: bool = False
    digits: int = 6
    most: int | None = None  # operands of one kind, before the middle ones are left out


UNICODE = Signs()
LATEX = Signs(
    hadamard=r" \odot ", minus="-", between=r" \, ", transposed=r"^{\top}", outer=r" \otimes ", to=r" \to ",
    latex=True,
)  # fmt: skip
SHORT = Signs(hadamard="⊙", over="/", digits=3, most=4)  # in the boxes of pictures


def written(x: Expression, signs: Signs = UNICODE) -> str:
    """The expression as one line."""
    return _write(x, signs)[0]


def _write(x: Expression, s: Signs) -> tuple[str, int]:
    """The text, and how tightly its outermost operation binds."""
    kind = x.kind
    if kind == "kept":
        return _write(x.operands[0], s)
    if kind in ("divide", "raised") and s.latex:
        kind = "fraction" if kind == "divide" else "exponent"
    elif kind == "product" and x.operands[0].kind == "number" and len(x.operands) == 2:
        kind = "multiple"
    binding, first, other = PRECEDENCE.get(kind, (ATOM, ATOM, ATOM))
    operands = [t.operands[0] if i and kind == "sum" and t.kind == "minus" else t for i, t in enumerate(x.operands)]
    texts = [_inside(operand, s, other if i else first) for i, operand in enumerate(operands)]
    match kind:
        case "name":
            text = latex_name(x.value) if s.latex else x.value
            binding = TIGHT if x.value.startswith("∂L") else ATOM  # (∂L/∂y)ᵀ, not ∂L/∂yᵀ
        case "setting":
            text = _setting(x.value, s)
        case "number":
            text = _number(x.value, s)
        case "cut":
            text = "(…)"
        case "sum":
            signs = [s.minus if term.kind == "minus" else "+" for term in x.operands]
            text = texts[0] + "".join(f" {sign} {text}" for sign, text in zip(signs[1:], texts[1:], strict=True))
        case "minus":
            text = s.minus + texts[0]
        case "multiple" | "product" if x.operands[0].kind == "number":
            text = texts[0] + (r" \, " if s.latex else " ") + s.hadamard.join(texts[1:])
        case "product":
            text = s.hadamard.join(texts)
        case "divide":
            text = s.over.join(texts)
        case "fraction":
            text = rf"\frac{{{texts[0]}}}{{{texts[1]}}}"
        case "matmul":
            text = s.between.join(texts)
        case "outer":
            text = texts[0] + s.outer + texts[1]
        case "raised":
            text = f"{texts[0]}^{texts[1]}"
        case "exponent":
            text = f"{texts[0]}^{{{texts[1]}}}"
        case "placed":
            text = f"{texts[0]}{s.to}[{_setting(x.value, s)}]"
        case "total":
            text = f"{_total(x.value, s)} {f'({texts[0]})' if x.operands[0].kind == 'placed' else texts[0]}"
        case "transpose":
            text = texts[0] + s.transposed
        case "power":
            text = texts[0] + _exponent(x.value, s)
        case "part":
            text = f"{texts[0]}[{_key(x.value[0], x.value[1], s)}]"
        case "join":  # below each other, or side by side
            text = f"[{_several(texts, s, '; ' if x.value == 'rows' else ', ')}]"
        case "call" if x.value in AROUND and len(texts) == 1:
            before, after = AROUND[x.value][s.latex]
            text = before + texts[0] + after
        case "call" if x.value == "ones" and s.latex:
            text = rf"\mathbf{{1}}_{{{' , '.join(texts)}}}"
        case "call":
            told = texts[sum(operand.kind != "setting" for operand in operands) :]
            beside = f"; {', '.join(told)}" if told else ""
            text = f"{_function(x.value, s)}({_several(texts[: len(texts) - len(told)], s, ', ')}{beside})"
        case _:
            raise AssertionError(x.kind)
    return text, binding


def _inside(x: Expression, s: Signs, wanted: int) -> str:
    """The text of an operand, in brackets where it binds less than is wanted."""
    text, binding = _write(x, s)
    return text if binding >= wanted else f"({text})"


def _several(texts: list[str], s: Signs, between: str) -> str:
    """These side by side; of many that differ in subscripts alone the first two and the last: `h₁, h₂, …, h₃₀`."""
    if s.most and len(texts) > s.most and len({re.sub("[₀-₉]+", "", text) for text in texts}) == 1:
        texts = [*texts[:2], "…", texts[-1]]
    return between.join(texts)


def _total(value: str, s: Signs) -> str:
    """`Σ`, `Σ_B`, `Π_0,1`."""
    sign, _, axes = value.partition("_")
    total = TOTALS[sign] if s.latex else sign
    return total if not axes else total + (f"_{{{axes}}}" if s.latex else f"_{axes}")


def _key(axis: str, key: str, s: Signs) -> str:
    return _setting(f":, {key}" if axis == "columns" else key, s)


def _setting(text: str, s: Signs) -> str:
    """What stands in brackets or after a semicolon: `:, c_1`, `2, 0`, `ij,jk→ik`."""
    if not s.latex:
        return text
    signs = {":": "{:}", "…": r"\ldots{}", "→": r" \to ", "−": "-", "∞": r"\infty", "None": r"\mathrm{None}"}
    words = re.split(r"(:|…|→|−|∞|None|[^\W\d][\w′\u0300-\u036f]*)", text)
    return "".join(signs.get(word) or (latex_name(word) if word[:1].isalpha() else word) for word in words)


def _number(value: float, s: Signs) -> str:
    if value == 0.5:
        return r"\frac{1}{2}" if s.latex else "½"
    text = short(value, s.digits)
    near = Fraction(value).limit_denominator(64) if math.isfinite(value) else Fraction(0)
    if near.denominator > 1 and len(text) > 5 and abs(float(near) - value) < 1e-7 * value:  # 1/6, not 0.166667
        return rf"\frac{{{near.numerator}}}{{{near.denominator}}}" if s.latex else f"({near})"
    return latex_number(text) if s.latex else text


def _exponent(value: float, s: Signs) -> str:
    text = short(value, 6).replace("−", "-")
    if s.latex:
        return f"^{{{text}}}"
    return {"2": "²", "3": "³", "-1": "⁻¹"}.get(text, "^" + short(value, 6))


def _function(name: str, s: Signs) -> str:
    if not s.latex:
        return name
    name, _, axis = name.rpartition("_") if re.fullmatch(r".+_[0-9A-Z,]+", name) else (name, "", "")
    if axis:
        return f"{_function(name, s)}_{{{axis}}}"
    if lower := re.search("[₀-₉]+$", name):  # a base, or which derivative
        return f"{_function(name[: lower.start()], s)}_{{{lower[0].translate(SUBSCRIPTS)}}}"
    base, primes = re.match(r"([^′]*)(′*)", name).groups()  # type: ignore[union-attr]
    text = GREEK.get(base) or ("\\" + base if base in FUNCTIONS else latex_word(base))
    text = f"{{{text}}}" if primes and base in FUNCTIONS else text  # or the number stood below the word
    return text + "'" * len(primes)


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
