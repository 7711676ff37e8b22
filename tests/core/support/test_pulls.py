"""What stands in for a vjp: recording, watching, stopping, refusing, raising the alarm."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support import pulls
from tinygrad_gru.core.support.scopes import context_kept
from tinygrad_gru.errors import AnomalyError, StaleGraphError


def squared():
    x = tg.Tensor([3.0], requires_grad=True, name="x")
    return x, x * x


G = np.ones(1, np.float32)


def test_a_plain_pull_computes_numbers_and_a_recorded_one_tensors():
    _, node = squared()
    assert [c.tolist() for c in pulls.numeric(G, node)] == [[3.0], [3.0]]
    with context_kept():  # it enters the scope "backward"
        assert all(isinstance(c, tg.Tensor) for c in pulls.recorded(G, node))


def test_nothing_asked_for_is_the_vjp_itself():
    assert pulls.with_extras(None) is None and pulls.with_extras(pulls.numeric) is pulls.numeric


def test_a_gradient_that_has_arrived_at_a_target_goes_no_further():
    _, node = squared()
    assert pulls.stopping_at({node}, pulls.numeric)(G, node) == (None, None)
    assert pulls.stopping_at(set(), pulls.numeric)(G, node)[0].tolist() == [3.0]


def test_a_node_whose_input_was_replaced_is_refused():
    x, node = squared()
    with pytest.raises(StaleGraphError, match=r"x \(1,\) was given another array after multiply used it"):
        pulls.refusing([(node, x)], pulls.numeric)(G, node)


def test_a_watcher_is_told_of_each_contribution_and_its_place():
    _, node = squared()
    calls = []
    pulls.watched(lambda n, position, c: calls.append((n is node, position, c.tolist())), (), pulls.numeric)(G, node)
    assert calls == [(True, 0, [3.0]), (True, 1, [3.0])]


def test_what_leads_nowhere_is_not_watched():
    x, node = squared()
    calls = []
    pulls.watched(lambda *call: calls.append(call), {x}, pulls.numeric)(G, node)
    assert calls == []


def test_the_alarm_rings_at_the_first_number_that_is_not_finite():
    _, node = squared()
    heard = []
    alarm = pulls.alarm(lambda *call: heard.append(call))
    alarm(node, 0, G)
    assert len(heard) == 1
    with pytest.raises(AnomalyError, match=r"backward of multiply, to x \(1,\), made infinity \(1 of 1 elements\)"):
        alarm(node, 1, G * np.float32(np.inf))
