"""Equations as a few lines of NumPy that compute them: what `tinygrad-gru explain --snippet` prints."""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError
from .expression import Expression

if TYPE_CHECKING:
    from .document import Equation, Equations

__all__ = ["snippet"]

# By kind of expression: how tightly Python binds what it is written as.
SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)
NUMPY = {
    "√": "sqrt", "|·|": "abs", "max": "maximum", "min": "minimum", "inv": "linalg.inv", "solve": "linalg.solve",
    "det": "linalg.det", "log₂": "log2", "log₁₀": "log10", "mod": "remainder",
    **{name: name for name in (
        "tanh", "exp", "log", "sin", "cos", "tan", "sign", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh",
        "arcsinh", "arccosh", "arctanh", "logaddexp", "floor", "ceil", "trunc", "round", "where", "tril", "triu",
        "clip", "ones", "zeros",
    )},
}  # fmt: skip
REDUCED = {"mean": "mean", "max": "max", "min": "min", "var": "var", "std": "std"}
OWN = {  # functions that NumPy has not
    "σ": ("sigmoid(a)", "1 / (1 + np.exp(-a))"),
    "relu": ("relu(a)", "np.maximum(a, 0)"),
    "relu′": ("relu_slope(a)", "(a > 0) * 1.0"),
    "softplus": ("softplus(a)", "np.logaddexp(a, 0)"),
    "silu": ("silu(a)", "a / (1 + np.exp(-a))"),
    "softmax": ("softmax(a)", "(e := np.exp(a - a.max(axis=-1, keepdims=True))) / e.sum(axis=-1, keepdims=True)"),
    "clip′": ("clip_slope(a, low, high)", "((low <= a) & (a <= high)) * 1.0"),
    "max′₁": ("max_slope_1(a, b)", "(a > b) + 0.5 * (a == b)"),
    "max′₂": ("max_slope_2(a, b)", "(b > a) + 0.5 * (a == b)"),
    "min′₁": ("min_slope_1(a, b)", "(a < b) + 0.5 * (a == b)"),
    "min′₂": ("min_slope_2(a, b)", "(b < a) + 0.5 * (a == b)"),
}
COUNTED = {"T": "steps", "B": "sequences in a batch", "I": "numbers in the input", "H": "in the state"}


def snippet(equations: Equations, numbers: bool = False) -> str:
    """A program of NumPy that computes the equations, on random input or on the `numbers` that they have.

    It has been run: ArgumentError where it does not give their values, or where NumPy has no function for one.
    """
    writer = _Writer(equations)
    lines = [line for line in equations.forward if not line.detail] + equations.backward
    body = [writer.line(line) for line in lines]
    widest = min(76, max(map(len, body), default=0))
    body = [f"{text:<{widest}}  # {line.shape}" for text, line in zip(body, lines, strict=True)]
    forward = len(body) - len(equations.backward)
    functions = [f"def {head}:\n    return {what}\n\n\n" for head, what in writer.functions]
    title = equations.title.partition("(")[0] or "a graph"
    text = f'"""The equations of {title} in NumPy, forward and backward."""\n\nimport numpy as np\n\n'
    text += "\n" + "".join(functions) if functions else ""
    text += "\n".join([*writer.inputs(numbers), "", "# forward", *body[:forward], "", "# backward", *body[forward:]])
    _try(text, equations, lines, writer)
    shown = [writer.name(line.name) for line in (equations.forward[-1:] + equations.backward[-1:])]
    return text + "\n\n" + "\n".join(f'print("{name} =", {name}, sep="\\n")' for name in shown) + "\n"


def _try(text: str, equations: Equations, lines: list[Equation], writer: _Writer) -> None:
    """Run it on the numbers of the equations: the same must come out."""
    start = text.index("# forward")
    head = text[: text.index("rng = ")] if "rng = " in text else text[:start]
    space: dict[str, Any] = {}
    try:
        exec(head, space)  # what has just been written here, in names made of letters and digits
        space |= {writer.name(name): np.asarray(value, float) for name, _, value in equations.given}
        exec(text[start:], space)
    except (ValueError, IndexError, TypeError) as error:
        raise ArgumentError(f"snippet: these equations cannot be written in NumPy: {error}. try: text()") from error
    for line in lines:
        computed, wanted = np.asarray(space[writer.name(line.name)], float), np.asarray(line.value, float)
        if computed.size not in (1, wanted.size) or not np.allclose(computed.ravel(), wanted.ravel(), 1e-4, 1e-6):
            raise ArgumentError(f"snippet: {line.name} cannot be written in NumPy. try: text()")


class _Writer:
    """Writes expressions in Python. `functions` are those that NumPy has not, and that have been used."""

    def __init__(self, equations: Equations) -> None:
        self.equations = equations
        self.functions: list[tuple[str, str]] = []
        before = {name for name, _, _ in equations.given}
        self.new = {line.name for line in equations.forward if line.name.removesuffix("′") in before}
        self.transposed = ".T" if all(np.ndim(value) < 3 for _, _, value in equations.given) else ".mT"
        self._names: dict[str, str] = {}

    def line(self, line: Equation) -> str:
        """`r = sigmoid(np.concatenate([h, x], axis=-1) @ W_r + b_r)`."""
        return f"{self.name(line.name)} = {self.write(line.expression)}"

    def inputs(self, numbers: bool) -> list[str]:
        """The lines that make what the equations begin with."""
        start = [(self.name(name), shape, value) for name, shape, value in self.equations.given]
        letters = {letter: size for letter, size in self.equations.sizes.items() if letter in COUNTED}
        sizes = f"{', '.join(letters)} = {', '.join(map(str, letters.values()))}"
        counted = ", ".join(COUNTED[letter] for letter in letters)
        lines = [f"{sizes}  # {counted}"] if letters else []
        if numbers:
            rounded = [np.round(np.asarray(value, float), 6).tolist() for _, _, value in start]
            return [
                *lines,
                *(f"{name} = np.array({there})" for (name, _, _), there in zip(start, rounded, strict=True)),
            ]
        shapes = [shape if "," in shape else shape.strip("()") or "()" for _, shape, _ in start]
        random = [f"{name} = rng.normal(size={shape})" for (name, _, _), shape in zip(start, shapes, strict=True)]
        return [*lines, "rng = np.random.default_rng(0)", *random]

    def name(self, name: str) -> str:
        """The name as Python has it: `dW_r` for ∂L/∂W_r, `h_new` for h′, `candidate` for h̃."""
        if name not in self._names:
            word = self._identifier(name)
            while word in self._names.values() or keyword.iskeyword(word) or word in ("np", "rng", *COUNTED):
                word += "_"
            self._names[name] = word
        return self._names[name]

    def _identifier(self, name: str) -> str:
        if name.startswith("∂L"):
            over, _, of = name.partition("/∂")
            return "d" + self.name(of) + ("_from_next" if over.endswith("⁺") else "")
        if name.startswith(("δ_", "a_")) and len(name) > 2:
            return ("delta_" if name[0] == "δ" else "a_") + self.name(name[2:])
        if name in self.new and name.endswith("′"):
            return self.name(name[:-1]) + "_new"
        name = name.replace("h̃", "candidate")
        words = []
        for c in unicodedata.normalize("NFKD", name.replace("′", "_2")):
            letter = unicodedata.name(c, "").removeprefix("GREEK ").partition(" LETTER ")[2].lower()
            words.append(c if c.isascii() and (c.isalnum() or c == "_") else letter if letter.isalpha() else "")
        text = "".join(words)
        return text if text[:1].isalpha() else f"v{text}"

    def write(self, x: Expression, wanted: int = SUM) -> str:
        """The expression, in brackets where it binds less than is wanted."""
        text, binding = self._write(x)
        return text if binding >= wanted else f"({text})"

    def _write(self, x: Expression) -> tuple[str, int]:
        ys = x.operands
        match x.kind:
            case "name":
                return self.name(x.value) if not str(x.value).isdigit() else x.value, ATOM
            case "number":
                return repr(int(x.value) if float(x.value).is_integer() and x.value < 1e15 else x.value), ATOM
            case "sum":
                text = self.write(ys[0], SUM)
                for y in ys[1:]:
                    inner = y.operands[0] if y.kind == "minus" else y
                    text += (" - " if y.kind == "minus" else " + ") + self.write(inner, PRODUCT)
                return text, SUM
            case "minus":
                return "-" + self.write(ys[0], PRODUCT), SIGN if ys[0].kind in ("name", "call") else SUM
            case "product":
                return " * ".join(self.write(y, SIGN) for y in ys), PRODUCT
            case "divide":
                return f"{self.write(ys[0], SIGN)} / {self.write(ys[1], POWER)}", PRODUCT
            case "matmul":
                return f"{self._factor(ys[0])} @ {self.write(ys[1], POWER)}", PRODUCT
            case "outer":
                return f"np.outer({self.write(ys[0])}, {self.write(ys[1])})", ATOM
            case "transpose":
                return self.write(ys[0], ATOM) + self.transposed, ATOM
            case "power":
                return f"{self.write(ys[0], ATOM)}**{self.write(_number(x.value), POWER)}", POWER
            case "raised":
                return f"{self.write(ys[0], ATOM)}**{self.write(ys[1], ATOM)}", POWER
            case "part":
                return f"{self.write(ys[0], ATOM)}[{self._key(*x.value)}]", ATOM
            case "join":
                axis = -1 if x.value == "columns" else -2
                return f"np.concatenate([{', '.join(map(self.write, ys))}], axis={axis})", ATOM
            case "total" | "kept" | "call":
                return self._function(x), ATOM
        raise ArgumentError(f"snippet: NumPy has no short form of “{x.kind}”. try: text()")

    def _factor(self, x: Expression) -> str:
        """The first factor of a product of matrices: a b c needs no brackets."""
        return self.write(x, PRODUCT if x.kind == "matmul" else POWER)

    def _key(self, axis: str, key: str) -> str:
        key = f":, {key}" if axis == "columns" else key
        if re.search(r"[^\s\d:,.…HIBT+\-]", key.replace("None", "")):
            raise ArgumentError(f"snippet: NumPy has no short form of [{key}]. try: text()")
        return key.replace("…", "...")

    def _function(self, x: Expression) -> str:
        keep = ", keepdims=True" if x.kind == "kept" else ""
        x = x.operands[0] if x.kind == "kept" else x
        base, _, axes = x.value.partition("_")
        axes = ", ".join("0" if a == "B" else a for a in axes.split(",")) if axes else ""
        over = f", axis={f'({axes})' if ',' in axes else axes}" if axes else ""
        words = [self.write(y) for y in x.operands if y.kind != "setting"]
        words += [y.value.replace("−", "-") for y in x.operands if y.kind == "setting"]
        if x.kind == "total":
            return f"np.{'sum' if base == 'Σ' else 'prod'}({words[0]}{over}{keep})"
        if base in REDUCED and len(words) == 1:
            return f"np.{REDUCED[base]}({words[0]}{over}{keep})"
        if base == "stack":
            return f"np.stack([{', '.join(words)}]{over})"
        if base in ("ones", "zeros"):
            return f"np.{base}(({', '.join(words)},))"
        if x.value in NUMPY:
            return f"np.{NUMPY[x.value]}({', '.join(words)})"
        if x.value in OWN:
            if OWN[x.value] not in self.functions:
                self.functions.append(OWN[x.value])
            return f"{OWN[x.value][0].partition('(')[0]}({', '.join(words)})"
        raise ArgumentError(f"snippet: NumPy has no function for {x.value}. try: text()")


def _number(value: float) -> Expression:
    return Expression("number", value=value)
