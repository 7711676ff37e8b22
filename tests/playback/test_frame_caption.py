"""The label below a frame: of one size whatever the caption, with the progress of each gradient."""

import re

from tests.playback.test_frames import small
from tinygrad_gru.diagram.explore.captions import states
from tinygrad_gru.diagram.explore.trace import trace_of
from tinygrad_gru.diagram.render.look import Look
from tinygrad_gru.playback.frame_caption import Below


def labels():
    trace = trace_of(small())
    below = Below(trace, Look(), 760)
    return [below.write(state, "", "#112233") for state in states(trace)]


def test_every_label_has_as_many_rows():
    assert len({label.count("<TR>") for label in labels()}) == 1


def test_a_leaf_counts_its_contributions():
    first, *_, last = labels()
    assert "∂L/∂x: none of 2 yet" in first and re.search(r"∂L/∂x</B>: 2 of 2, norm 1\.\d+", last)


def test_the_last_event_is_marked_in_its_colour():
    first, *others = labels()
    assert "#112233" not in first and sum('COLOR="#112233"><B>' in label for label in others) == 6  # three of each pass
