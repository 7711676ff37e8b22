"""From all that there is to say to names alone."""

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram.passes.pipeline import Content
from tinygrad_gru.diagram.render.fit.detail import details, without_lone_boxes
from tinygrad_gru.diagram.render.look import Look


def test_numbers_go_first_then_words_then_formulas_then_gradients_and_names_stay():
    ways = list(details(Content(), "to fit"))
    briefs = [0, 1, 1, 2, 3, 4, 5]
    assert [(way.brief, way.numbers) for way in ways] == [(0, True), *((brief, False) for brief in briefs)]
    assert [way.words for way in ways] == [True, True, True, False, *[True] * 4], "the legend says which is which"
    assert [way.remark.partition(",")[0] for way in ways[-2:]] == ["names and values alone", "names alone"]
    assert [way.look(Look()).values for way in ways] == [True] * 7 + [False]
    assert not any(way.look(Look(values=False)).values for way in ways)


def test_what_a_level_does_not_show_is_not_left_out():
    assert [way.brief for way in details(Content("cell"), "")] == [0, 0]
    assert [way.brief for way in details(Content("op"), "")] == [0, 0, 1, 1, 2]
    assert [way.brief for way in details(Content(grads=False), "")] == [0, 0, 1, 1, 2, 4, 5]
    assert [way.brief for way in details(Content(backward=True), "")] == [0, 0, 1, 1, 2, 3]


def test_a_box_around_one_node_goes_and_that_of_a_step_stays():
    graph = tg.draw(gru_loss(1)).graph
    without_lone_boxes(graph)
    assert {place.title for node in graph.nodes for place in node.place} == {"step 1"}
