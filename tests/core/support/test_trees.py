"""Trees: what is one, its leaves in order, and others in their places."""

from typing import NamedTuple

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.trees import flattened, is_tree
from tinygrad_gru.errors import ArgumentError


class Pair(NamedTuple):
    first: object
    second: object


@pytest.mark.parametrize("data", [2.0, [1.0, 2.0], [[1.0], [2.0]], (1, 2), np.ones(2), [], "text", None])
def test_numbers_in_lists_are_data_and_no_tree(data):
    leaves, rebuilt = flattened(data)
    assert not is_tree(data) and leaves == [data] and rebuilt(["x"]) == "x"


def test_the_leaves_of_a_tree_come_in_order_and_others_take_their_places():
    a, b, t = np.ones(1), np.ones(2), tg.Tensor([1.0])
    leaves, rebuilt = flattened({"layer": [a, {"b": b}], "pair": Pair(t, 2.0), "both": (a, [1.0, 2.0])})
    assert [id(leaf) for leaf in leaves[:3]] == [id(a), id(b), id(t)] and leaves[3:] == [2.0, a, [1.0, 2.0]]
    assert rebuilt("uvwxyz") == {"layer": ["u", {"b": "v"}], "pair": Pair("w", "x"), "both": ("y", "z")}


def test_a_list_that_holds_itself_is_refused():
    endless = {}
    endless["a"] = endless
    with pytest.raises(ArgumentError, match="more than 64 lists and dictionaries in each other"):
        flattened(endless)
