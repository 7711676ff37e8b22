r"""Names in LaTeX. The result is plain ASCII that any LaTeX compiles, whatever the name.

Greek letters and accents have commands; a special character is escaped; a sign that no font of LaTeX has, such as a
Chinese letter, is written as its number in Unicode: `\mathrm{U{+}6743}`.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["latex_name", "latex_number", "latex_title", "latex_word"]

GREEK = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\epsilon", "ζ": r"\zeta", "η": r"\eta",
    "θ": r"\theta", "ι": r"\iota", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "ν": r"\nu", "ξ": r"\xi", "ο": "o",
    "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "ς": r"\varsigma", "τ": r"\tau", "υ": r"\upsilon", "φ": r"\phi",
    "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega", "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda",
    "Ξ": r"\Xi", "Π": r"\Pi", "Σ": r"\Sigma", "Υ": r"\Upsilon", "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega",
}  # fmt: skip
ACCENTS = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0306": "breve",
    "\u0307": "dot", "\u0308": "ddot", "\u030c": "check", "\u20d7": "vec",
}  # fmt: skip
SPECIAL = {
    "\\": r"\backslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\wedge{}", "~": r"\sim{}", " ": r"\ ", "∂": r"\partial{}", "·": r"\cdot{}", "×": r"\times{}",
    "′": "{}'", "−": "-", "⊙": r"\odot{}", "∞": r"\infty{}", "…": r"\ldots{}", "→": r"\to{}", "'": r"{}'",
    "<": "{<}", ">": "{>}",
}  # fmt: skip
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋", "0123456789-")
NAME = re.compile(r"(?P<base>⟨.*⟩|[^_₀-₉₋′⟨]+)(?:_(?P<sub>⟨.*⟩|[^′⟨]+?))?(?P<step>[₀-₉₋]*)(?P<primes>′*)")


def latex_name(name: str) -> str:
    r"""A name as LaTeX: `W_r` is `W_{r}`, `h̃` is `\tilde{h}`, `∂L/∂z` a fraction, `⟨a b⟩` the words in it.

    >>> latex_name("W_x_1"), latex_name("h̃₂′"), latex_name("⟨50% {p}⟩")
    ('W_{x_{1}}', "\\tilde{h}_{2}'", '\\mathrm{50\\%\\ \\{p\\}}')
    """
    if name.startswith("∂L") and "/∂" in name:
        over, _, under = name.partition("/∂")
        plus = "^{+}" if over.endswith("⁺") else ""
        return rf"\frac{{\partial L{plus}}}{{\partial {latex_name(under)}}}"
    match = NAME.fullmatch(name)
    if match is None:
        return latex_word(name)
    lower = [latex_name(match["sub"])] if match["sub"] else []
    lower += [match["step"].translate(SUBSCRIPTS)] if match["step"] else []
    text = _base(match["base"])
    return text + (f"_{{{','.join(lower)}}}" if lower else "") + "'" * len(match["primes"])


def latex_word(text: str) -> str:
    """A word, upright: what is more than one letter, or none at all."""
    return rf"\mathrm{{{_ascii(text.removeprefix('⟨').removesuffix('⟩'))}}}"


def latex_number(text: str) -> str:
    r"""A number as `1.5e−3`, `−∞` or `NaN`: `1.5 \cdot 10^{-3}`."""
    mantissa, e, exponent = text.replace("−", "-").partition("e")
    if e:
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return mantissa.replace("∞", r"\infty").replace("NaN", r"\mathrm{NaN}")


def latex_title(text: str) -> str:
    """A title, outside of formulas: `GRUCell(3, 2, reset\\_after=True)`."""
    plain = re.sub(r"[{}_$&#%]", r"\\\g<0>", text)
    return re.sub(r"\\(?![{}_$&#%])|[\^~<>|\"]|[^ -~]+", lambda match: f"${latex_word(match[0])}$", plain)


def _base(text: str) -> str:
    """A letter with its accent stands slanted, a word upright."""
    apart = unicodedata.normalize("NFD", text)
    if apart[0].isalnum() and all(c in ACCENTS for c in apart[1:]):
        slanted = _ascii(apart)
        return slanted if "+" not in slanted else latex_word(text)
    return latex_word(text)


def _ascii(text: str) -> str:
    """Each character by its command, accents around the letter before them."""
    signs: list[str] = []
    for c in unicodedata.normalize("NFD", text):
        if c in ACCENTS and signs:
            signs[-1] = rf"\{ACCENTS[c]}{{{signs[-1]}}}"
        else:
            signs.append(_sign(c))
    if len(signs) == 1:
        return signs[0]
    return "".join(sign + "{}" if sign[:1] == "\\" and sign[1:].isalpha() else sign for sign in signs)


def _sign(c: str) -> str:
    if c in GREEK or c in SPECIAL:
        return GREEK.get(c) or SPECIAL[c]
    if c.isascii():
        return c if c.isprintable() else ""
    plain = unicodedata.normalize("NFKD", c)  # a letter in some other shape: 𝔥, ⁷
    if plain != c:
        return _ascii(plain)
    return f"U{{+}}{ord(c):04X}" if c.isprintable() else ""
