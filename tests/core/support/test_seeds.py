"""What a backward pass is asked for, and what it begins with."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru.core.support.seeds import checked_inputs, checked_outputs, seeds_for, sum_of_seeds
from tinygrad_gru.errors import ArgumentError, GraphError, ShapeError

x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")


def test_a_loss_begins_with_one_of_its_own_dtype():
    loss = (x * x).sum()
    (seed,) = seeds_for([loss], None, create_graph=False)
    assert seed.shape == () and seed.dtype == np.float32 and seed == 1


def test_several_elements_need_a_gradient_of_their_shape():
    y = x * x
    with pytest.raises(ArgumentError, match=r"has 2 elements, so its gradient must be given. try: .sum\(\)"):
        seeds_for([y], None, create_graph=False)
    with pytest.raises(ShapeError, match="must have its shape"):
        seeds_for([y], [np.ones(3)], create_graph=False)
    with pytest.raises(ArgumentError, match="2 grad_outputs for 1 outputs"):
        seeds_for([y], [1.0, 1.0], create_graph=False)


def test_to_be_differentiated_again_a_seed_is_a_tensor():
    (seed,) = seeds_for([x * x], [np.ones(2)], create_graph=True)
    assert isinstance(seed, tg.Tensor) and seed.dtype == np.float32


def test_a_result_that_depends_on_nothing_is_refused():
    with pytest.raises(GraphError, match="does not depend on anything that requires a gradient"):
        seeds_for([tg.Tensor(1.0)], None, create_graph=False)


def test_an_output_that_stands_there_twice_begins_with_the_sum():
    loss = x.sum()
    assert sum_of_seeds([loss, loss], [1.0, 2.0]) == {loss: 3.0}


def test_only_tensors_are_differentiated_and_only_with_respect_to_those_that_require_it():
    assert checked_outputs(x) == [x] and checked_inputs([x, x])[0] == [x, x]
    with pytest.raises(GraphError, match="wants a tensor to differentiate, got"):
        checked_outputs(np.ones(2))
    with pytest.raises(GraphError, match=r"c \(1,\) does not require a gradient"):
        checked_inputs(tg.Tensor([1.0], name="c"))
