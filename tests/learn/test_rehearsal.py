"""An exercise is rehearsed: whatever would annoy a class is found before the class does."""

import pytest

from tests.learn.test_course import SOFTSIGN, own, text_in  # noqa: F401
from tinygrad_gru.learn.course import own_exercise
from tinygrad_gru.learn.exercise import exercise
from tinygrad_gru.learn.rehearsal import faults


@pytest.mark.parametrize("name", ["slopes", "minimal_gated_unit"])
def test_ours_are_sound(name):
    assert faults(exercise(name)) == []


def test_a_sound_one_of_ones_own_has_no_faults(own):  # noqa: F811
    assert faults(own_exercise(own)) == []


WITH_STUB = "STUB = {!r}\nHINTS ="
SAME = "def same(x):\n    'Another.'\n    return 1 / (1 + np.abs(x))\n\n\nTWINS = (same, not_squared)\n_ ="
DOCSTRING = '    """The slope of a fraction has the SQUARE of what it is divided by."""\n'
HEAD = "def softsign_slope(x):\n"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("(1 + np.abs(x))\n", "(1 + np.abs(x)) ** 2\n", "the twin not_squared passes. try: a case"),
        (DOCSTRING, "", "not_squared has no docstring"),
        ("HINTS =", WITH_STUB.format(HEAD + "    return 1 / (1 + abs(x)) ** 2\n"), "its stub passes"),
        ("HINTS =", WITH_STUB.format(HEAD + "    return 0 * x\n"), "its stub is not told that it is empty"),
        ("HINTS =", WITH_STUB.format("def softsign_slope(x:"), "its stub cannot be run: SyntaxError"),
        ("TWINS =", SAME, "the twin not_squared is taken for same"),
    ],
)
def test_a_planted_fault_is_found(old, new, fault, own):  # noqa: F811
    assert old in SOFTSIGN
    own.write_text(SOFTSIGN.replace(old, new))
    found = faults(own_exercise(own))
    assert any(fault in line for line in found), found


def test_a_solution_that_keeps_something_between_calls_is_found(own):  # noqa: F811
    counting = SOFTSIGN.replace("return 1 / (1 + np.abs(x)) ** 2", "CALLS.append(0)\n    return len(CALLS) + 0 * x")
    own.write_text(counting.replace("def softsign", "CALLS = []\n\n\ndef softsign"))
    assert any("does not pass" in line for line in faults(own_exercise(own)))
