"""The pictures that pages show, and what each is drawn of. `python -m tests.docs.pictures` draws them anew.

Beside each SVG lies its DOT, which a test compares with what the drawer says today, whatever Graphviz there is. With
the same Graphviz the SVG is the same too, on each machine: its text is measured in the font that the package brings.
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tinygrad_gru as tg
from examples.minimal_gated_unit import MinimalGatedUnit
from examples.steps import step12
from tinygrad_gru.cli import main
from tinygrad_gru.diagram import Picture, draw, draw_layer
from tinygrad_gru.updates.learning_curve import curves_of_cells, standalone

__all__ = ["CURVES", "FOLDER", "PICTURES", "save", "shown_on", "skeleton"]

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


class Sine(tg.Op):
    """Chapter 7's, with its planted mistake."""

    def forward(self, x):
        return np.sin(x)

    def vjp(self, g, out, x):
        return g * tg.cos(x) * 1.001


def planted() -> Picture:
    """sin at 1, with a slope that is 0.1 % too large."""
    return draw(Sine()(leaf("x", 1.0)).named("y"), level="op", title="y = sin(x), as the blog has it")


def adding() -> str:
    """The losses of step 12: the mean of ten updates each, beside what always answering 1 gives."""
    cells = {cell: step12.train(make(np.random.default_rng(0), 2, 24)) for cell, make in CELLS.items()}
    points = {cell: [list(zip(range(10, 401, 10), np.reshape(losses, (-1, 10)).mean(1), strict=True))]
              for cell, losses in cells.items()}  # fmt: skip
    return standalone(curves_of_cells(points, {"always 1": 1 / 6}, "squared error"))


def unrolled_rnn() -> Picture:
    """Four steps of a plain cell, the last state summed."""
    tg.seed(0)
    rnn = tg.nn.RNN(2, 4)
    x = np.random.default_rng(0).normal(size=(4, 1, 2)).astype(np.float32)
    return draw_layer(rnn, x, head=lambda out, h_n: h_n.sum(), title="A plain cell over four steps", width="readme")


def own_cell() -> Picture:
    """The minimal gated unit of the example, over three steps."""
    tg.seed(0)
    layer = tg.nn.Recurrent(MinimalGatedUnit(2, 4))
    x = np.random.default_rng(0).normal(size=(3, 1, 2)).astype(np.float32)
    return draw_layer(layer, x, title="A minimal gated unit, unrolled for 3 steps", width="readme")


# By name, the options of `tinygrad-gru graph`, or a function that makes the picture.
PICTURES: dict[str, str | Callable[[], Picture]] = {
    "gru": "--cell gru --length 3 --width readme",
    "gru-readme": "--cell gru --length 3 --width readme --params hide",
    "gru-readme-dark": "--cell gru --length 3 --width readme --params hide --theme dark",
    "vanishing": "--cell rnn --level cell --length 40 --width readme",
    "rolled": "--cell gru --length 30 --rolled --width readme",
    "gru-slide": "--cell gru --length 3 --slide",
    "slope": slope,
    "diamond": diamond,
    "product": product,
    "stretched": stretched,
    "near-and-far": near_and_far,
    "matmul": matmul,
    "unrolled-rnn": unrolled_rnn,
    "four-ways": "--cell gru --length 2 --path h@1 --width readme",
    "reset-after": "--cell gru --length 2 --reset-after --width readme",
    "lstm": "--cell lstm --length 2 --width readme",
    "one-step": "--cell gru --length 1 --level op --width readme",
    "own-cell": own_cell,
    "planted": planted,
}

# By name, a function that makes learning curves: an SVG of which there is no DOT.
CURVES: dict[str, Callable[[], str]] = {"adding": adding}
CELLS = {"RNN": step12.RNNCell, "GRU": step12.GRUCell}


def save(name: str, folder: Path, suffixes: tuple[str, ...] = ("dot", "svg")) -> None:
    """Draw one of them into a folder."""
    made_by = PICTURES[name]
    for suffix in suffixes:
        path = folder / f"{name}.{suffix}"
        if callable(made_by):
            made_by().save(path)
        else:
            assert main(["graph", "--quiet", *made_by.split(), "-o", str(path)]) == 0


def shown_on(page: Path) -> set[str]:
    """The names of the pictures that a page shows."""
    return set(re.findall(r"pictures/([\w-]+)\.svg[\")]", page.read_text(encoding="utf-8")))


def skeleton(dot: str) -> str:
    """A DOT text without shades of colour and decimals, which another processor may round otherwise."""
    return re.sub(r"\d+\.\d+", "0.0", re.sub(r"#[0-9A-Fa-f]{6}", "#", dot))


if __name__ == "__main__":
    for each in PICTURES:
        save(each, FOLDER)
    for each, drawn in CURVES.items():
        (FOLDER / f"{each}.svg").write_text(drawn(), encoding="utf-8")
