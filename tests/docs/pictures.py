"""The pictures that pages show, and what each is drawn of. `python -m tests.docs.pictures` draws them anew.

Beside each SVG lies its DOT, which a test compares with what the drawer says today: text does not depend on the fonts
of a machine.
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tinygrad_gru as tg
from examples.minimal_gated_unit import MinimalGatedUnit
from tinygrad_gru.cli import main
from tinygrad_gru.diagram import Picture, draw, draw_layer

__all__ = ["FOLDER", "PICTURES", "save", "skeleton"]

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


def leaf(name: str, value: object) -> tg.Tensor:
    return tg.Tensor(value, requires_grad=True, name=name)


def slope() -> Picture:
    """y = tanh(w·x + b), with every number and its slope."""
    w, x, b = leaf("w", 0.5), leaf("x", 2.0), leaf("b", -0.3)
    return draw(tg.tanh((w * x).named("a") + b).named("y"), level="op", title="y = tanh(w·x + b)")


def diamond() -> Picture:
    """b = a + a, c = b·b: two ways from c back to a, twice."""
    a = leaf("a", 3.0)
    b = (a + a).named("b")
    return draw((b * b).named("c"), level="op", title="b = a + a,  c = b·b")


def product() -> Picture:
    """L = Σ x ⊙ y."""
    x, y = leaf("x", [2.0, 3.0]), leaf("y", [5.0, 7.0])
    return draw((x * y).named("out").sum().named("L"), level="op", title="out = x ⊙ y")


def stretched() -> Picture:
    """A bias (3,) under a matrix (4, 3)."""
    x, b = leaf("x", np.ones((4, 3))), leaf("b", np.zeros(3))
    return draw((x + b).named("out").sum().named("L"), level="op", title="b (3,) is added to each of four rows")


def near_and_far() -> Picture:
    """d is made of b, which is near, and of c, which was made of b: b must wait for both."""
    a = leaf("a", 2.0)
    b = tg.tanh(a).named("b")
    c = tg.tanh(b).named("c")
    return draw((b * c).named("d"), level="op", title="b is near d by one way, and far by the other")


def matmul() -> Picture:
    """One product of matrices, with shapes."""
    x, W = leaf("x", np.ones((4, 2))), leaf("W", np.ones((2, 3)))
    return draw((x @ W).named("out").sum().named("L"), level="op", title="out = x W")


def unrolled_rnn() -> Picture:
    """Four steps of a plain cell, the last state summed."""
    tg.seed(0)
    rnn = tg.nn.RNN(2, 4)
    x = np.random.default_rng(0).normal(size=(4, 1, 2)).astype(np.float32)
    return draw_layer(rnn, x, head=lambda out, h_n: h_n.sum(), title="A plain cell over four steps")


def own_cell() -> Picture:
    """The minimal gated unit of the example, over three steps."""
    tg.seed(0)
    layer = tg.nn.Recurrent(MinimalGatedUnit(2, 4))
    x = np.random.default_rng(0).normal(size=(3, 1, 2)).astype(np.float32)
    return draw_layer(layer, x, title="A minimal gated unit, unrolled for 3 steps")


# By name, the options of `tinygrad-gru graph`, or a function that makes the picture.
PICTURES: dict[str, str | Callable[[], Picture]] = {
    "gru": "--cell gru --length 3",
    "gru-slide": "--cell gru --length 3 --slide",
    "slope": slope,
    "diamond": diamond,
    "product": product,
    "stretched": stretched,
    "near-and-far": near_and_far,
    "matmul": matmul,
    "unrolled-rnn": unrolled_rnn,
    "four-ways": "--cell gru --length 2 --path h@1",
    "reset-after": "--cell gru --length 2 --reset-after",
    "lstm": "--cell lstm --length 2",
    "one-step": "--cell gru --length 1 --level op",
    "own-cell": own_cell,
}


def save(name: str, folder: Path, suffixes: tuple[str, ...] = ("dot", "svg")) -> None:
    """Draw one of them into a folder."""
    made_by = PICTURES[name]
    for suffix in suffixes:
        path = folder / f"{name}.{suffix}"
        if callable(made_by):
            made_by().save(path)
        else:
            assert main(["graph", "--quiet", *made_by.split(), "-o", str(path)]) == 0


def skeleton(dot: str) -> str:
    """A DOT text without shades of colour and decimals, which another processor may round otherwise."""
    return re.sub(r"\d+\.\d+", "0.0", re.sub(r"#[0-9A-Fa-f]{6}", "#", dot))


if __name__ == "__main__":
    for each in PICTURES:
        save(each, FOLDER)
