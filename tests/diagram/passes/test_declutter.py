"""Wide fans: a note at each step instead of a line to one node."""

import numpy as np

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss, nodes_of
from tinygrad_gru.diagram.build import build_graph
from tinygrad_gru.diagram.passes.declutter import WIDEST, cut_fans


def reader(steps):
    """Every step reads a row of one table, and every state goes into the loss."""
    table = (tg.Tensor(np.ones((steps, 1, 2)), requires_grad=True, name="W") * 2.0).named("table")
    h, states = tg.Tensor(np.zeros((1, 2)), requires_grad=True, name="h"), []
    for t in range(steps):
        with tg.scope("step", t + 1):
            h = tg.tanh(h + table[t]).named("h")
        states.append(h)
    return tg.stack(states).sum().named("L")


def test_lines_to_many_steps_become_a_word_in_each():
    graph = build_graph([reader(20)])
    before = len(graph.edges)
    cut_fans(graph)
    assert before - len(graph.edges) == 20 + 19  # the last state goes on to the loss: that is the line
    states = [node for node in graph.nodes if node.title.startswith("h") and node.title != "h₀"]
    assert states[3].notes == ("to L",) and states[-1].notes == ()
    assert sum("from table" in node.notes for node in graph.nodes) == 20
    assert sum(bool(edge.line) for edge in graph.edges) >= 20  # the state line is whole


def test_a_few_lines_stay():
    for loss in (reader(WIDEST), gru_loss(20)):
        graph = build_graph([loss])
        before = list(graph.edges)
        assert cut_fans(graph).edges == before


def test_the_words_are_drawn_and_printed():
    picture = tg.draw(reader(20), level="cell", fold="none")
    assert sum("from table" in text and "to L" in text for text in nodes_of(picture.dot).values()) == 19
    assert picture.text().count("from table") == 20
