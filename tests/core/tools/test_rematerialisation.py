"""What was not kept is computed again, and the walk goes back through it."""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.core.tools.rematerialisation import vjp_by_running_again

W = tg.Tensor([3.0], requires_grad=True, name="W")
G = np.ones(1, np.float32)


def product(x):
    return [x * x * W]


def test_contributions_reach_the_inputs_and_what_the_function_closes_over():
    dx, dW = vjp_by_running_again(product, [G], [np.array([2.0], np.float32)], [W])
    assert (dx.tolist(), dW.tolist()) == ([12.0], [4.0])


def test_given_tensors_the_walk_is_recorded():
    x = tg.Tensor([2.0], requires_grad=True)
    dx, _ = vjp_by_running_again(product, [tg.Tensor(G)], [x], [W])
    assert isinstance(dx, tg.Tensor) and tg.grad(dx.sum(), x).tolist() == [6.0]


def test_what_has_no_influence_gets_nothing():
    dx, dW = vjp_by_running_again(lambda x: [tg.Tensor([1.0])], [G], [np.array([2.0], np.float32)], [W])
    assert (dx, dW) == (None, None)


def test_hooks_on_what_is_closed_over_wait_for_the_whole_gradient():
    heard = []
    handle = W.register_hook(lambda g: heard.append(g))
    vjp_by_running_again(product, [G], [np.array([2.0], np.float32)], [W])
    handle.remove()
    assert heard == []
