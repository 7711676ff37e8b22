"""Where the first number came from that is none."""

import tinygrad_gru as tg
from tinygrad_gru.updates.divergence import first_non_finite


def test_the_operation_is_named_with_its_place():
    def loss():
        x = tg.Tensor([1.0, 0.0], requires_grad=True, name="x")
        with tg.scope("step", 3):
            return tg.log(x).sum()

    said = first_non_finite(loss)
    assert said.startswith("the first was where log(x (2,)) made infinity (1 of 2 elements) in step 3, at ")
    assert "test_divergence.py:" in said


def test_so_is_one_on_the_way_back():
    def loss():
        x = tg.Tensor([1e-30], requires_grad=True, name="x")
        return (tg.sqrt(x * 1e-15) * 1e30).sum()

    assert "backward of" in first_non_finite(loss)


def test_where_every_number_is_finite_nothing_is_said():
    assert first_non_finite(lambda: (tg.Tensor([1.0], requires_grad=True) * 2).sum()) == ""
    assert first_non_finite(lambda: 0.5) == ""
