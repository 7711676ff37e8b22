"""Names in formulas: their steps, primes for what repeats, and ⟨⟩ for what could be a formula."""

import tinygrad_gru as tg
from tinygrad_gru.symbolic.names import names_of, readable


def test_a_second_tensor_of_a_name_gets_its_step_or_a_prime():
    h, again = tg.Tensor([1.0], name="h"), tg.Tensor([1.0], name="h")
    with tg.record(), tg.scope("step", 2):
        later = (h + 1.0).named("h")
    assert list(names_of([h, again, later]).values()) == ["h₁", "h₁′", "h₂"]


def test_the_tensors_of_one_name_in_several_steps_all_have_their_step():
    h = tg.Tensor([1.0], name="h")
    steps = []
    with tg.record():
        for i in (1, 2, 3):
            with tg.scope("step", i):
                h = (h + 1.0).named("h")
                steps.append(h)
    assert list(names_of([steps[0].inputs[0], *steps]).values()) == ["h₀", "h₁", "h₂", "h₃"]


def test_a_name_that_could_be_a_formula_is_set_apart():
    assert readable("W_r") == "W_r" and readable("a + b") == "⟨a + b⟩" and readable("2") == "⟨2⟩"


def test_the_only_step_has_its_index_too():
    start = tg.Tensor([1.0], name="h")
    with tg.record(), tg.scope("step", 1):
        h = (start + 1.0).named("h")
        r = tg.tanh(h).named("r")
    assert list(names_of([start, h, r]).values()) == ["h₀", "h₁", "r₁"]
