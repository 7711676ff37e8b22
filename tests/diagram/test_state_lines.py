"""State lines are found by names and steps alone."""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.diagram.build import build_graph


def chain(make, names="hh", steps=True):
    """Two states after a start, each of the last by make(h)."""
    h = tg.Tensor(np.ones((1, 2)), requires_grad=True, name="h")
    for t, name in enumerate(names, 1):
        if steps:
            with tg.scope("step", t):
                h = make(h).named(name)
        else:
            h = make(h).named(name)
    return build_graph([h])


def lines_of(graph):
    return [(edge.source.title, edge.target.title) for edge in graph.edges if edge.line]


def test_a_state_that_goes_on_directly_is_a_line():
    graph = chain(tg.tanh)
    assert lines_of(graph) == [("h₀", "h₁"), ("h₁", "h₂")] and {n.line for n in graph.nodes} == {"line_h"}


def test_small_operations_lie_on_it():
    assert lines_of(chain(lambda h: h * 0.5 + tg.tanh(h), "h")) == [("h₀", "⊙ ½"), ("⊙ ½", "+"), ("+", "h₁")]


def test_another_name_or_no_steps_make_no_line():
    assert lines_of(chain(tg.tanh, names="ab")) == [] and lines_of(chain(tg.tanh, steps=False)) == []
