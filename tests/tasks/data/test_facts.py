"""Facts of a checkpoint, which may have been written by anybody."""

import pytest

from tinygrad_gru.errors import CheckpointError
from tinygrad_gru.tasks.data.facts import fact


def test_a_fact_is_looked_up_by_name_and_type():
    facts = {"length": 5, "labels": ["a"], "label": "y"}
    assert (fact(facts, "length", int), fact(facts, "labels", list), fact(facts, "label", str)) == (5, ["a"], "y")


@pytest.mark.parametrize("value", [None, True, 5.0, "5", [5]])
def test_a_fact_of_another_type_is_refused_and_a_bool_is_no_int(value):
    with pytest.raises(CheckpointError, match="^the checkpoint's length cannot be used, wanted a int. try: another"):
        fact({"length": value}, "length", int)


def test_a_fact_that_is_missing_and_an_empty_list_are_refused():
    with pytest.raises(CheckpointError, match="the checkpoint's labels cannot be used, wanted a list"):
        fact({}, "labels", list)
    with pytest.raises(CheckpointError, match="the checkpoint's labels cannot be used, wanted a list"):
        fact({"labels": []}, "labels", list)
