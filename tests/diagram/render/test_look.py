"""The look: options that are refused, and heat where it shows best what there is."""

import pytest

import tinygrad_gru as tg
from tests.diagram.examples import gru_loss
from tinygrad_gru.diagram.passes.pipeline import Content, graph_of
from tinygrad_gru.diagram.render.look import Look, warmed
from tinygrad_gru.errors import ArgumentError


def test_heat_is_the_default_at_level_cell_alone():
    loss = gru_loss(2)
    assert [warmed(Look(), graph_of([loss], Content(level)), None).heat for level in ("cell", "gate", "op")] == [
        True, False, False,
    ]  # fmt: skip
    assert warmed(Look(), graph_of([loss], Content("gate")), True).heat
    assert "log scale" not in tg.draw(loss, "cell", grads=False, heat=True).dot  # there is none to show


def test_gradients_are_the_first_numbers_to_go():
    assert [Look(brief=n).grads for n in range(5)] == [True, True, True, False, False]


@pytest.mark.parametrize("options", [{"values": 1.5}, {"title": 3}, {"direction": "RL"}])
def test_other_options_are_refused(options):
    with pytest.raises(ArgumentError, match="draw: "):
        Look(**options)
