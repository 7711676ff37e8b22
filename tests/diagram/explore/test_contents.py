"""What the page holds: numbers that refer to each other, the engine's values and gradients, all of it JSON."""

import json

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.diagram.api import loss_of_layer
from tinygrad_gru.diagram.explore.contents import contents_of
from tinygrad_gru.diagram.passes.pipeline import Content
from tinygrad_gru.diagram.render.theme import LIGHT


def micrograd():
    """L = (a b + c) f, as in micrograd's lecture; its gradients are 6, −4, −2 and 4."""
    a, b, c, f = (
        tg.Tensor(v, requires_grad=True, name=n) for v, n in [(2.0, "a"), (-3.0, "b"), (10.0, "c"), (-2.0, "f")]
    )
    return (((a * b).named("e") + c).named("d") * f).named("L")


def gradients_in(data):
    """The sum of what the events bring to each tensor, by its title."""
    sums = {}
    for event in data["events"][data["turn"] :]:
        for to, g, *together in event[2]:
            sums[data["tensors"][to]["title"]] = together[0] if together else g
    return sums


def test_a_small_graph_is_whole():
    data = contents_of([micrograd()], Content())
    tensors = data["tensors"]
    titles = [tensors[node["tensor"]]["title"] for node in data["nodes"]]
    assert sorted(titles) == ["L", "a", "b", "c", "d", "e", "f"]
    joined = {(titles[source], titles[target]) for source, target, *_ in data["edges"]}
    assert joined == {("a", "e"), ("b", "e"), ("e", "d"), ("c", "d"), ("d", "L"), ("f", "L")}
    assert {t["title"]: t["value"] for t in tensors}["e"] == [-6.0]
    assert gradients_in(data) == {"a": [6.0], "b": [-4.0], "c": [-2.0], "d": [-2.0], "e": [-2.0], "f": [4.0]}
    assert data["boxes"] == [] and tensors[data["loss"]]["title"] == "L"


def test_a_page_of_what_is_rolled_up_has_every_step_with_its_numbers():
    loss = loss_of_layer(nn.GRU(2, 3), np.ones((13, 1, 2), np.float32))
    data = contents_of([loss], Content(rolled=True))
    assert data == contents_of([loss], Content())
    assert data["turn"] < len(data["events"]) and not any("t  ×" in box["title"] for box in data["boxes"])


def test_formulas_of_a_deep_network_have_the_names_of_the_equations():
    layer = nn.GRU(2, 3, num_layers=2, bidirectional=True)
    tensors = contents_of([loss_of_layer(layer, np.ones((2, 1, 2), np.float32))], Content())["tensors"]
    formulas = {t["title"]: t["formula"] for t in tensors}
    assert formulas["r₂ (1 forward)"] == "σ([h₁, x₂] W_r + b_r)"
    assert formulas["h̃₁ (2 backward)"] == "tanh([r₁⊙h₂, x₁] W_h + b_h)"


def test_two_weights_of_one_formula_are_told_apart():
    q, k = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
    both = nn.Sequential(q, k)
    y = both(tg.Tensor([[1.0, 2.0]], name="x")).named("y")
    (formula,) = (t["formula"] for t in contents_of([y], Content())["tensors"] if t["title"] == "y")
    assert formula == "x layers.0.W layers.1.W"


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
@pytest.mark.parametrize("content", [Content(), Content(steps="2-3"), Content(backward=True), Content(level="cell")])
def test_all_numbers_refer_to_what_is_there(kind, content):
    with tg.seed(0):
        data = contents_of([loss_of_layer(kind(2, 3), np.ones((3, 1, 2), np.float32))], content)
    nodes, boxes, tensors = (len(data[name]) for name in ("nodes", "boxes", "tensors"))
    assert all(0 <= node["tensor"] < tensors and -1 <= node["box"] < boxes for node in data["nodes"])
    assert all(0 <= t < tensors for node in data["nodes"] for t in node["tags"])
    assert all(0 <= source < nodes and 0 <= target < nodes for source, target, *_ in data["edges"])
    assert all(-1 <= box["parent"] < i for i, box in enumerate(data["boxes"]))  # the outer ones come first
    assert all(-1 <= t["node"] < nodes and all(0 <= i < tensors for i in t["from"]) for t in data["tensors"])
    roles = {role.replace(" ", "-") for role in LIGHT.roles} | {""}
    assert {part["role"] for part in (*data["boxes"], *data["nodes"])} <= roles
    json.dumps(data, allow_nan=False)


def test_what_is_no_single_number_has_values_and_no_events():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    data = contents_of([(x * x).named("y")], Content())
    assert data["events"] == [] and {t["title"]: t["value"] for t in data["tensors"]}["y"] == [1.0, 4.0]


def test_a_loss_without_gradients_plays_forward_only():
    with tg.record():
        x = tg.Tensor([1.0, 2.0], name="x")
        loss = tg.sum(x * x).named("L")
    data = contents_of([loss], Content())
    assert data["turn"] == len(data["events"]) == 2
    assert contents_of([micrograd()], Content(grads=False))["turn"] == 3  # as asked for


def test_of_large_arrays_the_first_numbers_and_the_norm_are_written():
    x = tg.Tensor(np.full(65, 2.0), requires_grad=True, name="x")
    data = contents_of([tg.sum(x).named("L")], Content())
    assert data["tensors"][0]["value"] == {"first": [2.0] * 8, "norm": 16.12}  # √(65 · 4)
    assert gradients_in(data)["x"] == {"first": [1.0] * 8, "norm": 8.062}


def test_nan_and_infinity_are_words():
    x = tg.Tensor([np.nan, np.inf, -np.inf, 1.0], requires_grad=True, name="x")
    data = contents_of([x], Content())
    assert data["tensors"][0]["value"] == ["nan", "inf", "-inf", 1.0]


def test_more_than_three_thousand_tensors_are_shown_and_not_played():
    x = tg.Tensor([1.0], requires_grad=True, name="x")
    for _ in range(3100):
        x = x + 1.0
    data = contents_of([tg.sum(x).named("L")], Content())
    assert data["events"] == [] and "too many to play" in data["note"]
