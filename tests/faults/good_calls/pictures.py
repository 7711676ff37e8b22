"""A good call of everything public in pictures: tg.draw, tg.equations, the player, the insides; fresh each time."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_gru as tg
from tests.faults.good_calls.ingredients import path, x
from tests.faults.odd_calls import call
from tinygrad_gru import diagram, nn
from tinygrad_gru.inspection import analyse as insides
from tinygrad_gru.inspection import page as insides_page
from tinygrad_gru.inspection.analyse import Insides
from tinygrad_gru.playback import frames
from tinygrad_gru.playback import page as player
from tinygrad_gru.symbolic.api import equations_of_cell

__all__ = ["CALLS"]


def loss() -> tg.Tensor:
    """That of a small layer after three steps."""
    return player.loss_of_layer(nn.GRU(2, 2), x(3, 1, 2))


def small() -> tg.Tensor:
    a = tg.Tensor([0.5, 2.0], requires_grad=True, name="a")
    return (a * a).sum().named("L")


def looked() -> Insides:
    return insides.look_inside(nn.GRU(2, 2), x(3, 1, 2))


def outlined(*args: Any, **named: Any) -> str:
    """A picture and its text: some options are first used there."""
    return tg.draw(*args, **named).text()


CALLS: dict[str, Any] = {
    "tg.draw": lambda: call(
        outlined,
        loss(),
        level="gate",
        values=True,
        grads=True,
        title="a GRU",
        fold=1,
        params="inline",
        heat=True,
        theme="dark",
        direction="TB",
        slide=False,
    ),
    "tg.draw of some steps": lambda: call(outlined, [loss()], steps="1-2", path="W_r@1", level="op"),
    "tg.draw of the way back": lambda: call(outlined, small(), backward=True),
    "tg.draw on a slide": lambda: call(outlined, small(), slide=True),
    "tg.draw into a width": lambda: call(outlined, small(), width="readme"),
    "tg.draw rolled up": lambda: call(outlined, loss(), rolled=True),
    "tg.diagram.draw_layer": lambda: call(
        diagram.draw_layer, nn.GRU(2, 2), x(3, 1, 2), head=lambda out, h: (h * h).sum(), level="cell"
    ),
    "tg.diagram.Picture.save": lambda: call(tg.draw(small()).save, path("a.dot")),
    "tg.equations": lambda: call(tg.equations, small(), title="a square", sizes={2: "H"}),
    "tg.equations.text": lambda: call(lambda: str(tg.equations(small()))),
    "tg.equations.snippet": lambda: call(lambda numbers=True: tg.equations(small()).snippet(numbers)),
    "tg.symbolic.api.equations_of_cell": lambda: call(equations_of_cell, nn.GRUCell(2, 3), batch=1, values=np.ones),
    "tg.playback.page.player": lambda: call(player.player, small(), title="a square", influences=[[0.0]]),
    "tg.playback.page.page_of_layer": lambda: call(player.page_of_layer, nn.GRU(1, 1), x(1, 1, 1), "a GRU"),
    "tg.playback.page.influences_of": lambda: call(player.influences_of, nn.GRU(1, 1), x(1, 1, 1)),
    "tg.playback.page.loss_of_layer": lambda: call(player.loss_of_layer, nn.GRU(2, 2), x(3, 1, 2)),
    "tg.playback.frames.frames": lambda: call(
        lambda *a, **k: list(frames.frames(*a, **k)), small(), theme="light", title="a square", first=1, last=2
    ),
    "tg.playback.frames.save_frames": lambda: call(
        frames.save_frames, small(), path("frames"), form="svg", theme="light", title="a square", first=1, last=2
    ),
    "tg.inspection.analyse.look_inside": lambda: call(
        insides.look_inside, nn.GRU(2, 2), x(3, 1, 2), labels=["a", "b", "c"]
    ),
    "tg.inspection.analyse.influence": lambda: call(insides.influence, nn.GRU(2, 2), x(3, 1, 2)),
    "tg.inspection.analyse.input_of": lambda: call(
        insides.input_of, nn.Sequential(nn.Linear(2, 2), nn.GRU(2, 2)), x(3, 1, 2)
    ),
    "tg.inspection.analyse.saturation": lambda: call(insides.saturation, looked()),
    "tg.inspection.page.page": lambda: call(insides_page.page, [("GRU", looked())], title="a GRU", at=2, theme="dark"),
}
