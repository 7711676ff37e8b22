"""Expressions as text: Unicode for the terminal, LaTeX for a paper. One writer, two sets of signs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from .expressions import Expression
from .formulas import number as short

__all__ = ["LATEX", "UNICODE", "Signs", "latex_name", "written"]

SUM, TERM, PRODUCT, MATRIX, TIGHT, ATOM = range(1, 7)  # how tightly the outermost operation binds

GREEK = {
    "σ": r"\sigma", "δ": r"\delta", "γ": r"\gamma", "φ": r"\phi", "α": r"\alpha", "β": r"\beta", "λ": r"\lambda",
    "μ": r"\mu", "θ": r"\theta", "ε": r"\epsilon", "τ": r"\tau", "∂": r"\partial ",
}  # fmt: skip
ACCENTS = {"\u0303": "tilde", "\u0302": "hat", "\u0304": "bar", "\u0307": "dot"}
FUNCTIONS = {"tanh", "exp", "log", "sin", "cos", "max", "min"}
AROUND = {  # functions whose signs stand around what they are taken of
    "√": (("√(", ")"), (r"\sqrt{", "}")),
    "|·|": (("|", "|"), ("|", "|")),
    "‖·‖": (("‖", "‖"), (r"\|", r"\|")),
}
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋", "0123456789-")
SPECIAL = {"\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
           "_": r"\_", "^": r"\^{}", "~": r"\sim "}  # fmt: skip


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
            total = r"\sum" if s.latex else "Σ"
            if x.value:
                total += "_{" + x.value + "}" if s.latex else "_" + x.value
            return f"{total} {_inside(operand, s, TIGHT)}", MATRIX
        case "transpose", (operand,):
            return _inside(operand, s, ATOM if operand.kind != "part" else TIGHT) + s.transposed, TIGHT
        case "power", (operand,):
            return _inside(operand, s, ATOM) + _exponent(x.value, s), TIGHT
        case "part", (operand,):
            axis, key = x.value
            inside = {"rows": key, "columns": f":, {key}", "element": key}[axis]
            return f"{_inside(operand, s, ATOM)}[{inside.replace(':', '{:}') if s.latex else inside}]", ATOM
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


def _number(value: float, s: Signs) -> str:
    if value == 0.5:
        return r"\frac{1}{2}" if s.latex else "½"
    text = short(value, 6)
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
    base = name.rstrip("′0123456789")
    primes = name[len(base) :].replace("′", "'")
    text = GREEK.get(base) or ("\\" + base if base in FUNCTIONS else rf"\mathrm{{{_escaped(base)}}}")
    return text + primes.rstrip("0123456789") + (f"_{{{digits}}}" if (digits := primes.lstrip("'")) else "")


def latex_name(name: str) -> str:
    """A name as LaTeX: `W_r`, `h̃`, `h₁`, `h′`, `∂L/∂z`."""
    if name.startswith("∂L") and "/∂" in name:
        over, _, under = name.partition("/∂")
        plus = "^{+}" if over.endswith("⁺") else ""
        return rf"\frac{{\partial L{plus}}}{{\partial {latex_name(under)}}}"
    found = re.fullmatch(r"(?P<base>[^_₀-₉₋′]+)(?:_(?P<sub>[^′]+?))?(?P<step>[₀-₉₋]*)(?P<primes>′*)", name)
    if found is None:
        return rf"\mathrm{{{_escaped(name)}}}"
    lower = [latex_name(found["sub"])] if found["sub"] else []
    lower += [found["step"].translate(SUBSCRIPTS)] if found["step"] else []
    text = _letter(found["base"])
    return text + (f"_{{{','.join(lower)}}}" if lower else "") + "'" * len(found["primes"])


def _letter(base: str) -> str:
    """A letter with its accent; a word stands upright."""
    apart = unicodedata.normalize("NFD", base)
    if len(apart) == 2 and apart[1] in ACCENTS:
        return rf"\{ACCENTS[apart[1]]}{{{_letter(apart[0])}}}"
    if len(base) == 1:
        return GREEK.get(base, _escaped(base))
    return rf"\mathrm{{{_escaped(base)}}}"


def _escaped(text: str) -> str:
    return "".join(SPECIAL.get(c, c) for c in text if c.isprintable())
