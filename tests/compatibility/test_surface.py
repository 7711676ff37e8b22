"""The comparison of two checkouts sees what a user would: a name that is gone, another default, another promise."""

import pytest

from tests.compatibility.surface import ROOT, differences, surface


@pytest.fixture(scope="module")
def here():
    return surface(ROOT)


def test_it_knows_functions_classes_methods_options_and_promises(here):
    assert here["tinygrad_gru.tanh"].startswith("(x") and "reset_after" in here["tinygrad_gru.nn.GRU"]
    assert "tinygrad_gru.nn.GRU.load_state_dict" in here and "command train --lr" in here
    assert here["command train"].startswith("Train") and here["promise: Python numbers are weak"].startswith("test_")
    assert len(here) > 900


def test_two_that_are_the_same_differ_in_nothing(here):
    assert differences(here, dict(here)) == {"gone": [], "new": [], "changed": []}


def test_what_is_gone_new_and_changed_is_named(here):
    after = here | {"tinygrad_gru.another": "(x)", "tinygrad_gru.tanh": "(y)"}
    del after["command train --lr"]
    assert differences(here, after) == {
        "gone": ["command train --lr"],
        "new": ["tinygrad_gru.another"],
        "changed": [f"tinygrad_gru.tanh\n    {here['tinygrad_gru.tanh']}\n    (y)"],
    }
