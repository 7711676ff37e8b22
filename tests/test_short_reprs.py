"""Whatever stands at the end of a cell, or in an assertion that fails, prints a few lines, and no pages of arrays."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn, optim
from tinygrad_gru.compiler import compiled
from tinygrad_gru.core.support.arguments import ShortRepr
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.diagram.explore.captions import states
from tinygrad_gru.diagram.explore.trace import trace_of
from tinygrad_gru.inspection import look_inside
from tinygrad_gru.symbolic.api import equations_of_cell
from tinygrad_gru.training import Config, load_checkpoint, train_run
from tinygrad_gru.training.runs.facts import read_facts

MOST_LINES, MOST_LETTERS = 15, 900


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """What the package hands out, of a size at which arrays would fill the screen."""
    rng = np.random.default_rng(0)
    layer, x = nn.GRU(8, 64), rng.normal(size=(9, 1, 8)).astype(np.float32)
    loss = loss_of_layer(layer, x)
    picture, trace = tg.draw(loss), trace_of(loss)
    cell = nn.GRUCell(2, 4)
    code = compiled(cell).code
    run = tmp_path_factory.mktemp("reprs") / "run"
    result = train_run(Config.of("adding", length=5, hidden=16, updates=4, batch=2), run, quiet=True)
    checkpoint = load_checkpoint(run / "last.npz")
    return [
        *(layer, loss, layer.cell.W_r, optim.Adam(layer.parameters()), optim.Adam(layer.parameters()).params[0]),
        *(tg.Tensor(x)[np.arange(9)].op, loss.scope, equations_of_cell(cell).forward[0], look_inside(layer, x)),
        *(picture, picture.graph, picture.graph.nodes[0], picture.graph.edges[0], picture.graph.classes),
        *(picture.numbers, picture.style, picture.content, picture.html()),
        *(trace, trace.events[-1], next(iter(states(trace)))),
        *(compiled(cell), code, code.plan, code.plan.program),
        *(result, checkpoint, checkpoint.training, read_facts(run), checkpoint.config),
    ]


def test_nothing_prints_arrays_by_the_page(things):
    long = {
        type(thing).__name__: (text.count("\n") + 1, len(text))
        for thing in things
        if (text := repr(thing)).count("\n") >= MOST_LINES or len(text) > MOST_LETTERS
    }
    assert long == {} and len(things) > 25


def test_an_operation_with_arrays_says_their_shapes():
    class Scale(tg.Op):
        def __init__(self, by):
            self.by = by

        def forward(self, x):
            return x * self.by

        def vjp(self, g, out, x):
            return g * self.by

    assert repr(Scale(np.ones((50, 40)))) == "Scale(by=float64 (50, 40))"
    assert repr(tg.tanh(tg.Tensor([1.0], requires_grad=True)).op) == "Tanh()"


def test_a_short_repr_has_small_values_and_the_sizes_of_others():
    from dataclasses import dataclass

    @dataclass(repr=False)
    class Thing(ShortRepr):
        n: int
        words: list
        array: object
        other: object

    assert (
        repr(Thing(3, ["a"] * 9, np.ones(3), object()))
        == "Thing(n=3, words=list of 9, array=float64 (3,), other=object)"
    )
