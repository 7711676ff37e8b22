"""Printed equations, read and computed by a few lines of their own: what is printed must be what is computed."""

import ast
import math
import re

import numpy as np

NAME = r"[^\W\dᵀ²³½ΣΠ](?:[^\Wᵀ²³½]|[\u0300-\u036f′.])*"
BRACKETS = r"\[(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*\]"
TOKEN = re.compile(
    rf"""(?P<gradient>∂L⁺?/∂(?:{NAME}|⟨[^⟩]*⟩[₀-₉′]*))
      | (?P<total>[ΣΠ](?:_[\w,]+)?)
      | (?P<number>½|[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?|∞)
      | (?P<name>√|(?:(?:δ|a)_)?⟨[^⟩]*⟩[₀-₉′]*|[a-z]+_[0-9],[0-9](?=\()|{NAME})
      | (?P<placed>→\ {BRACKETS})
      | (?P<part>(?<=[\w)\]ᵀ²³′⟩|‖]){BRACKETS})
      | (?P<setting>;[^()]*(?:\([^()]*\)[^()]*)*(?=\)))
      | (?P<sign>²|³|\^−?[0-9.]+|\^|⁻¹|ᵀ|[-+−⊙⊗/()\[\],:;|‖])""",
    re.VERBOSE,
)


def along(function):
    """A function of all numbers, of each row, or along the axes that are said."""
    return lambda x, axis=None, keepdims=False: function(x, axis=axis, keepdims=keepdims)


def softmax(x, axis=-1, keepdims=False):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def derivative_of_extreme(better):
    """By the first operand, with half of it where both are the same."""
    return lambda x, y: better(x, y) + 0.5 * (np.asarray(x) == y)


FUNCTIONS = {
    **{name: getattr(np, name) for name in (
        "tanh", "exp", "log", "sin", "cos", "sign", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh",
        "arcsinh", "arccosh", "arctanh", "logaddexp", "floor", "ceil", "trunc", "round", "where", "tril", "triu",
        "clip",
    )},
    "round": lambda x, decimals=0: np.round(x, int(decimals)),
    "tril": lambda x, n=0: np.tril(x, int(n)),
    "triu": lambda x, n=0: np.triu(x, int(n)),
    "σ": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "relu′": lambda x: (x > 0) * 1.0,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "√": np.sqrt,
    "log₂": np.log2,
    "log₁₀": np.log10,
    "erf": np.vectorize(math.erf, otypes=[float]),
    "erfc": np.vectorize(math.erfc, otypes=[float]),
    "mod": np.remainder,
    "clip′": lambda x, low, high: ((x >= low) & (x <= high)) * 1.0,
    "max′₁": derivative_of_extreme(np.greater),
    "max′₂": lambda x, y: derivative_of_extreme(np.greater)(y, x),
    "min′₁": derivative_of_extreme(np.less),
    "min′₂": lambda x, y: derivative_of_extreme(np.less)(y, x),
    "ones": lambda *shape: np.ones([int(n) for n in shape]),
    "zeros": lambda *shape: np.zeros([int(n) for n in shape]),
    "reshape": lambda x, *shape: np.reshape(x, [int(n) for n in shape]),
    "permute": lambda x, *axes: np.transpose(x, [int(a) for a in axes]),
    "tile": lambda x, *times: np.tile(x, [int(n) for n in times]),
    "tr": np.trace,
    "diag": lambda x, n=0: np.diag(x, int(n)) if np.ndim(x) < 2 else np.diagonal(x, int(n), -2, -1),
    "logaddexp′₁": lambda x, y: 1 / (1 + np.exp(y - x)),
    "logaddexp′₂": lambda x, y: 1 / (1 + np.exp(x - y)),
    "pow′₁": lambda x, y: np.where(y == 0, 0, y * np.power(x, y - 1)),
    "pow′₂": lambda x, y: np.where(x == 0, 0, np.power(x, y) * np.log(np.where(x == 0, 1, x))),
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "solve": np.linalg.solve,
    "chol": np.linalg.cholesky,
    "eigvals": np.linalg.eigvalsh,
    "svdvals": lambda x: np.linalg.svd(x, compute_uv=False),
    "eigvecs": lambda x: np.linalg.eigh(x)[1],
    "U": lambda x: np.linalg.svd(x, full_matrices=False)[0],
    "V": lambda x: np.swapaxes(np.linalg.svd(x, full_matrices=False)[2], -1, -2),
    "gelu": lambda x, *how: x * 0.5 * np.vectorize(math.erfc)(-x / math.sqrt(2)) if not how else (
        x * 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    ),
}  # fmt: skip
ALONG = {
    "max": along(np.max), "min": along(np.min), "mean": along(np.mean), "var": along(np.var), "std": along(np.std),
    "softmax": softmax,
}  # fmt: skip
ALONG_AN_AXIS = {
    "stack": lambda *xs, axis=0: np.stack(xs, axis),
    "cumsum": lambda x, axis=-1: np.cumsum(x, axis),
    "cumprod": lambda x, axis=-1: np.cumprod(x, axis),
    "sort": lambda x, axis=-1: np.sort(x, axis),
    "flip": lambda x, axis=None: np.flip(x, axis),
    "roll": lambda x, *shift, axis=None: np.roll(x, tuple(map(int, shift)), axis),
}


class Evaluation:
    """One formula: + and − bind least, then ⊙ and /, then what stands side by side, a product of matrices.

    `keepdims`: whether the axes that are summed over stay, which formulas leave unsaid; `shape` is that of the line.
    """

    def __init__(self, text, values, shape=(), keepdims=False):
        self.tokens = [(m.lastgroup, m.group()) for m in TOKEN.finditer(text)]
        assert "".join(text.split()) == "".join("".join(word.split()) for _, word in self.tokens), text
        self.values = values
        self.shape = shape
        self.keepdims = keepdims
        self.at = 0

    def value(self):
        """The number, or array."""
        found = self.sum()
        assert self.at == len(self.tokens), self.tokens[self.at :]
        return found

    def peek(self, *words):
        return self.at < len(self.tokens) and (not words or self.tokens[self.at][1] in words)

    def take(self, *words):
        assert self.peek(*words), (words, self.tokens[self.at :])
        self.at += 1
        return self.tokens[self.at - 1]

    def sum(self):
        negative = self.peek("−") and self.take("−")
        total = -self.product() if negative else self.product()
        while self.peek("+", "−"):
            total = total + self.product() if self.take()[1] == "+" else total - self.product()
        return total

    def product(self):
        total = self.side_by_side()
        while self.peek("⊙", "/", "⊗"):
            sign, other = self.take()[1], self.side_by_side()
            total = total * other if sign == "⊙" else total / other if sign == "/" else np.outer(total, other)
        return total

    def side_by_side(self):
        if self.peek() and self.tokens[self.at][0] == "total":
            sign, _, axes = self.take()[1].partition("_")
            over = axes_of(axes)
            keep = self.keepdims and over is not None
            return (np.sum if sign == "Σ" else np.prod)(self.side_by_side(), axis=over, keepdims=keep)
        total = self.tight()
        while self.peek() and (
            self.tokens[self.at][0] in ("gradient", "name", "number", "total") or self.peek("(", "[")
        ):
            other = self.side_by_side() if self.tokens[self.at][0] == "total" else self.tight()
            total = total * other if np.ndim(total) == 0 or np.ndim(other) == 0 else total @ other
        return total

    def tight(self):
        x = self.atom()
        while self.peek() and (self.tokens[self.at][0] in ("part", "placed") or self.tokens[self.at][1][0] in "²³^⁻ᵀ"):
            kind, word = self.take()
            if kind == "part":
                x = np.asarray(x)
                x = x[key_of(word[1:-1], x.shape, self.values)]
            elif kind == "placed":
                zeros = np.zeros(self.shape)
                np.add.at(zeros, key_of(word[3:-1], self.shape, self.values), x)
                x = zeros
            elif word == "ᵀ":
                x = np.swapaxes(x, -1, -2)
            elif word == "^":
                x = x ** self.atom()
            else:
                exponent = {"²": "2", "³": "3", "⁻¹": "-1"}.get(word, word[1:].replace("−", "-"))
                x = x ** float(exponent)
        return x

    def atom(self):
        kind, word = self.take()
        if kind == "number":
            return 0.5 if word == "½" else math.inf if word == "∞" else float(word)
        if word == "(":
            found = self.sum()
            self.take(")")
            return found
        if word in "|‖":
            found = self.sum()
            self.take(word)
            return np.abs(found) if word == "|" else np.sqrt(np.sum(np.square(found)))
        if word == "[":
            found, below = self.several("]")
            return np.vstack(found) if below else np.concatenate([np.atleast_1d(x) for x in found], axis=-1)
        if self.peek("(") and word not in self.values:
            return self.function(word)
        assert kind in ("name", "gradient"), word
        return self.values[word]

    def function(self, word):
        self.take("(")
        found, _ = self.several(")", last=False)
        told = [number_of(n) for n in self.take()[1][1:].split(",")] if self.tokens[self.at][0] == "setting" else []
        self.take(")")
        base, _, axes = word.partition("_")
        if base in ("max", "min") and len(found) == 2:
            return (np.maximum if base == "max" else np.minimum)(*found)
        over = axes_of(axes)
        if base in ("var", "std") and told:  # n − 1
            told = []
            found = [found[0], over, None, None, 1, self.keepdims]
            return (np.var if base == "var" else np.std)(*found)
        if base in ALONG:
            return ALONG[base](*found, **({} if over is None else {"axis": over, "keepdims": self.keepdims}))
        if base in ALONG_AN_AXIS:
            over = over[0] if over is not None and len(over) == 1 else over
            return ALONG_AN_AXIS[base](*found, *told, **({} if over is None else {"axis": over}))
        return FUNCTIONS[word](*found, *told)

    def several(self, end, last=True):
        """What stands in brackets, and whether it stands below each other."""
        found, below = [self.sum()], False
        while self.peek(",", ";"):
            below = self.take(",", ";")[1] == ";"
            found.append(self.sum())
        if last:
            self.take(end)
        return found, below


def axes_of(text):
    return tuple(0 if a == "B" else int(a) for a in text.split(",")) if text else None


def number_of(text):
    text = text.strip(" ()").replace("−", "-").replace("∞", "inf")
    try:
        return float(text)
    except ValueError:
        return text


def key_of(text, shape, values):
    """`:H` or `H:` of the rows; `:, :H` of the columns; `i, c` of each row the one that c names."""
    words, depth = [""], 0
    for c in text:  # commas outside of brackets
        depth += (c == "[") - (c == "]")
        words = [*words, ""] if c == "," and not depth else [*words[:-1], words[-1] + c]
    words = [word.strip() for word in words]
    real = [word for word in words if word != "None"]
    letters = {word: "ijkl".index(word) for word in words if word in set("ijkl")}
    arrays = [values[word].ndim for word in words if word in values and np.ndim(values[word])]
    depth = max([0, *arrays, *(n + 1 for n in letters.values())])
    key, axis = [], -1
    for word in words:
        axis += word != "None"
        if word == "…":
            key.append(...)
            axis = len(shape) - len(real) + axis
        elif word == "None":
            key.append(None)
        elif ":" in word:
            key.append(slice(*[int(values.get(end, end)) if end else None for end in word.split(":")]))
        elif word in letters:
            key.append(np.arange(shape[axis]).reshape([-1 if n == letters[word] else 1 for n in range(depth)]))
        elif word in values:
            key.append(np.asarray(values[word]))
        elif word.startswith("["):
            array = np.array(ast.literal_eval(word))
            key.append(array if array.size else array.astype(int))
        elif word:
            key.append(word == "True" if word in ("True", "False") else int(word))
    return tuple(key)


def evaluated(lines, values, shapes, keepdims=False):
    """Each line `name = formula` in turn; what it makes is known to the next. Returns all that was made.

    A number stands for as many as the shape beside it says.
    """
    values = dict(values)
    made = {}
    for line in lines:
        name, _, formula = line.partition(" = ")
        found = Evaluation(formula, values, shapes[name], keepdims).value()
        made[name] = values[name] = np.full(shapes[name], found) if np.ndim(found) == 0 else found
    return made
