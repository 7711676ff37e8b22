"""Printed equations, read and computed by a few lines of their own: what is printed must be what is computed."""

import math
import re

import numpy as np

TOKEN = re.compile(
    r"""(?P<gradient>∂L⁺?/∂(?:[^\W\dᵀ²³½Σ](?:[^\Wᵀ²³½]|[\u0300-\u036f′.])*|⟨[^⟩]*⟩[₀-₉′]*))
      | (?P<sum>Σ(?:_[\w,]+)?)
      | (?P<number>½|[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)
      | (?P<name>√|(?:(?:δ|a)_)?⟨[^⟩]*⟩[₀-₉′]*|[^\W\dᵀ²³½Σ](?:[^\Wᵀ²³½]|[\u0300-\u036f′.])*)
      | (?P<part>(?<=\S)\[(?=[0-9HI, ]*:|-?[0-9]+\]))
      | (?P<sign>²|³|\^−?[0-9.]+|⁻¹|ᵀ|[-+−⊙/()\[\],:|])""",
    re.VERBOSE,
)

FUNCTIONS = {
    "tanh": np.tanh,
    "σ": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "relu′": lambda x: (x > 0) * 1.0,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "exp": np.exp,
    "log": np.log,
    "√": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "sign": np.sign,
    **{
        name: getattr(np, name)
        for name in [
            "tan",
            "arcsin",
            "arccos",
            "arctan",
            "arctan2",
            "sinh",
            "cosh",
            "arcsinh",
            "arccosh",
            "arctanh",
            "hypot",
            "exp2",
            "log2",
            "log10",
            "reciprocal",
            "logaddexp",
            "floor",
            "ceil",
            "trunc",
            "round",
        ]
    },
    "erf": np.vectorize(math.erf, otypes=[float]),
    "erfc": np.vectorize(math.erfc, otypes=[float]),
    "mod": np.remainder,
    "floordiv": np.floor_divide,
    "hypot′1": lambda x, y: x / np.hypot(x, y),
    "hypot′2": lambda x, y: y / np.hypot(x, y),
    "arctan2′1": lambda y, x: x / (x * x + y * y),
    "arctan2′2": lambda y, x: -y / (x * x + y * y),
    "logaddexp′1": lambda x, y: 1 / (1 + np.exp(y - x)),
    "logaddexp′2": lambda x, y: 1 / (1 + np.exp(x - y)),
    "mean": np.mean,
    "max": np.maximum,
    "max′1": lambda x, y: (x > y) + 0.5 * (x == y),
    "max′2": lambda x, y: (y > x) + 0.5 * (x == y),
    "min": np.minimum,
    "min′1": lambda x, y: (x < y) + 0.5 * (x == y),
    "min′2": lambda x, y: (y < x) + 0.5 * (x == y),
    "clip": lambda x: np.clip(x, 0, 1),
    "full": lambda x, *shape: np.broadcast_to(x, [int(n) for n in shape]),
    "reshape": lambda x, *shape: np.reshape(x, [int(n) for n in shape]),
    "clip′": lambda x: ((x >= 0) & (x <= 1)) * 1.0,
}


class Evaluation:
    """One formula: + and − bind least, then ⊙ and /, then what stands side by side, a product of matrices."""

    def __init__(self, text, values):
        self.tokens = [(m.lastgroup, m.group()) for m in TOKEN.finditer(text)]
        assert "".join(text.split()) == "".join("".join(word.split()) for _, word in self.tokens), text
        self.values = values
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
        while self.peek("⊙", "/"):
            total = total * self.side_by_side() if self.take()[1] == "⊙" else total / self.side_by_side()
        return total

    def side_by_side(self):
        if self.peek() and self.tokens[self.at][0] == "sum":
            axes = self.take()[1].partition("_")[2]
            over = tuple(0 if a == "B" else int(a) for a in axes.split(",")) if axes else None
            return np.sum(self.side_by_side(), axis=over)
        total = self.tight()
        while self.peek() and (self.tokens[self.at][0] in ("gradient", "name", "number", "sum") or self.peek("(", "[")):
            other = self.side_by_side() if self.tokens[self.at][0] == "sum" else self.tight()
            total = total * other if np.ndim(total) == 0 or np.ndim(other) == 0 else total @ other
        return total

    def tight(self):
        x = self.atom()
        while self.peek() and (self.tokens[self.at][0] == "part" or self.tokens[self.at][1][0] in "²³^⁻ᵀ"):
            kind, word = self.take()
            if kind == "part":
                x = x[self.slices()]
            elif word == "ᵀ":
                x = x.T
            else:
                exponent = {"²": "2", "³": "3", "⁻¹": "-1"}.get(word, word[1:].replace("−", "-"))
                x = x ** float(exponent)
        return x

    def slices(self):
        """`:H` or `H:` of the rows; `:, :H` of the columns."""
        ends, words = [], ""
        while not self.peek("]"):
            words += self.take()[1]
        self.take("]")
        for key in words.split(","):
            start, colon, stop = key.partition(":")
            if not colon:  # one of the rows
                return int(key)
            ends.append(slice(*[int(self.values.get(end, end)) if end else None for end in (start, stop)]))
        return tuple(ends)

    def atom(self):
        kind, word = self.take()
        if kind == "number":
            return 0.5 if word == "½" else float(word)
        if word == "(":
            found = self.sum()
            self.take(")")
            return found
        if word == "|":
            found = self.sum()
            self.take("|")
            return np.abs(found)
        if word == "[":
            return np.concatenate(self.several("]"), axis=-1)
        if self.peek("(") and word in FUNCTIONS and word not in self.values:
            self.take("(")
            return FUNCTIONS[word](*self.several(")"))
        assert kind in ("name", "gradient"), word
        return self.values[word]

    def several(self, end):
        found = [self.sum()]
        while self.peek(","):
            self.take(",")
            found.append(self.sum())
        self.take(end)
        return found


def evaluated(lines, values, shapes):
    """Each line `name = formula` in turn; what it makes is known to the next. Returns all that was made.

    A number stands for as many as the shape beside it says.
    """
    values = dict(values)
    made = {}
    for line in lines:
        name, _, formula = line.partition(" = ")
        found = Evaluation(formula, values).value()
        made[name] = values[name] = np.full(shapes[name], found) if np.ndim(found) == 0 else found
    return made
