"""Equations as a few lines of NumPy that compute them: what `tinygrad-gru explain --snippet` prints."""

from __future__ import annotations

import keyword
import math
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
RESERVED = {"np", "rng", "print", *"TBIH", *(head.partition("(")[0] for head, _ in OWN.values())}
COUNTED = {"T": "steps", "B": "sequences in a batch", "I": "numbers in the input", "H": "in the state"}
AXES = {"T": "0", "B": "0", "H": "-1", "I": "-1"}  # where they mostly are: if not, other numbers come out


def snippet(equations: Equations, numbers: bool = False) -> str:
    """A program of NumPy that computes the equations, on random input or on the `numbers` that they have.

    It has been run: ArgumentError where it does not give their values, or where NumPy has no function for one.
    """
    writer = _Writer(equations)
    lines = [line for line in equations.forward if not line.detail] + equations.backward
    text = _program(equations, lines, writer, numbers)
    if misshapen := _tried(text, equations, lines, writer):
        writer.misshapen = misshapen
        text = _program(equations, lines, writer, numbers)
        if left := _tried(text, equations, lines, writer):
            raise ArgumentError(f"snippet: {next(iter(left))} cannot be written in NumPy. try: text()")
    shown = [writer.name(line.name) for line in (equations.forward[-1:] + equations.backward[-1:])]
    return text + "\n\n" + "\n".join(f'print("{name} =", {name}, sep="\\n")' for name in shown) + "\n"


def _program(equations: Equations, lines: list[Equation], writer: _Writer, numbers: bool) -> str:
    """All of it but the lines that print."""
    body = [writer.line(line) for line in lines]
    widest = min(76, max(map(len, body), default=0))
    body = [f"{text:<{widest}}  # {line.shape}" for text, line in zip(body, lines, strict=True)]
    forward = len(body) - len(equations.backward)
    functions = [f"def {head}:\n    return {what}\n\n\n" for head, what in writer.functions]
    title = re.sub(r"[^\w ]", "", equations.title.partition("(")[0]) or "a graph"  # it stands in a string
    text = f'"""The equations of {title} in NumPy, forward and backward."""\n\nimport numpy as np\n\n'
    text += "\n" + "".join(functions) if functions else ""
    return text + "\n".join(
        [*writer.inputs(numbers), "", "# forward", *body[:forward], "", "# backward", *body[forward:]]
    )


def _tried(text: str, equations: Equations, lines: list[Equation], writer: _Writer) -> dict[str, bool]:
    """Run it on the numbers of the equations: the same must come out.

    Those that come out in another shape, which formulas leave unsaid, each with whether it is a single number.
    """
    start = text.index("# forward")
    head = text[: text.index("rng = ")] if "rng = " in text else text[:start]
    space: dict[str, Any] = {}
    try:
        exec(head, space)  # what has just been written here, in names made of letters and digits
        space |= {writer.name(name): np.asarray(value, float) for name, _, value in equations.given}
        exec(text[start:], space)
    except (ValueError, IndexError, TypeError, NameError, SyntaxError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise ArgumentError(f"snippet: these equations cannot be written in NumPy: {error}. try: text()") from error
    misshapen = {}
    for line in lines:
        computed, wanted = np.asarray(space[writer.name(line.name)], float), np.asarray(line.value, float)
        if computed.size not in (1, wanted.size) or not np.allclose(computed.ravel(), wanted.ravel(), 1e-4, 1e-6):
            raise ArgumentError(f"snippet: {line.name} cannot be written in NumPy. try: text()")
        if computed.shape != wanted.shape:
            misshapen[line.name] = computed.size == 1
    return misshapen


class _Writer:
    """Writes expressions in Python. `functions` are those that NumPy has not, and that have been used."""

    def __init__(self, equations: Equations) -> None:
        self.equations = equations
        self.letters = {letter: size for letter, size in equations.sizes.items() if _is_variable(letter)}
        self.misshapen: dict[str, bool] = {}
        self.functions: list[tuple[str, str]] = []
        before = {name for name, _, _ in equations.given}
        self.known = before | {line.name for line in [*equations.forward, *equations.backward]}
        self.new = {line.name for line in equations.forward if line.name.removesuffix("′") in before}
        self.transposed = ".T" if all(np.ndim(value) < 3 for _, _, value in equations.given) else ".mT"
        self._names: dict[str, str] = {}

    def line(self, line: Equation) -> str:
        """`r = sigmoid(np.concatenate([h, x], axis=-1) @ W_r + b_r)`."""
        text = self.write(line.expression)
        if line.name in self.misshapen:
            size = self.size(line.shape, line.value)
            text = f"np.full({size}, {text})" if self.misshapen[line.name] else f"np.reshape({text}, {size})"
        return f"{self.name(line.name)} = {text}"

    def inputs(self, numbers: bool) -> list[str]:
        """The lines that make what the equations begin with."""
        start = [(self.name(name), shape, value) for name, shape, value in self.equations.given]
        letters = self.letters
        sizes = f"{', '.join(letters)} = {', '.join(map(str, letters.values()))}"
        counted = ", ".join(COUNTED[letter] for letter in letters if letter in COUNTED)
        lines = [sizes + f"  # {counted}" * bool(counted)] if letters else []
        if numbers:
            return [*lines, *(f"{name} = np.array({_digits(value)})" for name, _, value in start)]
        random = ["rng = np.random.default_rng(0)"]
        for name, shape, value in start:
            size = self.size(shape, value)
            is_mask = np.asarray(value).dtype == bool
            random.append(f"{name} = rng.random(size={size}) < 0.5" if is_mask else f"{name} = rng.normal(size={size})")
        return [*lines, *random]

    def size(self, shape: str, value: Any) -> str:
        """A shape as NumPy's functions take it: `(B, H)`, `H`."""
        if any(not word.isdigit() and word not in self.letters for word in re.findall(r"[^\s,()+]+", shape)):
            shape = str(np.shape(value)).replace(",)", ")")
        return shape if "," in shape else shape.strip("()") or "()"

    def name(self, name: str) -> str:
        """The name as Python has it: `dW_r` for ∂L/∂W_r, `h_new` for h′, `candidate` for h̃."""
        if name not in self._names:
            word = self._identifier(name)
            while word in self._names.values() or keyword.iskeyword(word) or word in RESERVED or word in self.letters:
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
                is_size = str(x.value).isdigit() or (x.value in self.equations.sizes and x.value not in self.known)
                return str(x.value) if is_size else self.name(x.value), ATOM
            case "number":
                if not math.isfinite(x.value):
                    return f"np.{x.value}", ATOM
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
        axes = ", ".join(AXES.get(a, a) for a in axes.split(",")) if axes else ""
        over = f", axis={f'({axes})' if ',' in axes else axes}" if axes else ""
        words = [self.write(y) for y in x.operands if y.kind != "setting"]
        words += [y.value.replace("−", "-").replace("∞", "np.inf") for y in x.operands if y.kind == "setting"]
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


def _is_variable(letter: str) -> bool:
    return letter.isidentifier() and not keyword.iskeyword(letter) and letter not in RESERVED - set("TBIH")


def _digits(value: Any) -> str:
    """The numbers of an array as Python has them, with seven digits: what is small is not 0."""
    numbers = np.asarray(value)
    if numbers.dtype.kind == "f":
        numbers = np.array([float(f"{n:.7g}") for n in numbers.ravel()]).reshape(numbers.shape)
    return re.sub(r"\b(nan|inf)\b", r"np.\1", str(numbers.tolist()))
