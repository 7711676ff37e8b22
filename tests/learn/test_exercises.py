"""Each exercise can be solved, cannot be passed by its stub or by a wrong twin, and tells its twins apart."""

import inspect

import numpy as np
import pytest

from tinygrad_gru.errors import ArgumentError
from tinygrad_gru.learn.exercise import exercise, exercises
from tinygrad_gru.learn.exercises import ORDER
from tinygrad_gru.learn.judging.judge import judge
from tinygrad_gru.learn.judging.outcome import outcome

TWINS = [(task.name, twin.__name__) for task in exercises() for twin in task.twins]


def defined_by(source, name):
    """What a file of this text defines under a name."""
    namespace = {}
    exec(compile(source, "attempt.py", "exec"), namespace)
    return namespace[name]


def outcomes(task, attempt):
    wanted = [outcome(task, task.solution, case).arrays for case in task.cases()]
    return [outcome(task, attempt, case, arrays) for case, arrays in zip(task.cases(), wanted, strict=True)]


def test_there_are_sixteen_in_the_order_of_the_chapters():
    chapters = [task.chapter for task in exercises()]
    assert len(TWINS) > 100  # as README says
    assert len(ORDER) == 16 and chapters == sorted(chapters) and set(chapters) == set(range(1, 15))


@pytest.mark.parametrize("name", ORDER)
def test_the_solution_passes_and_raises_nothing(name):
    task = exercise(name)
    verdict = judge(task, task.solution)
    assert verdict.passed, verdict.message
    assert all(each.arrays is not None for each in outcomes(task, task.solution))


@pytest.mark.parametrize("name", ORDER)
def test_the_stub_can_be_run_and_is_told_that_it_is_empty(name):
    task = exercise(name)
    stub = task.stub(f"tinygrad-gru learn check {name}")
    verdict = judge(task, defined_by(stub, task.answer))
    assert (verdict.passed, verdict.message) == (False, "Nothing yet: write your code in the place of the dots.")
    assert f"Check it:  tinygrad-gru learn check {name}\n" in stub


@pytest.mark.parametrize("name, twin", TWINS)
def test_a_wrong_twin_fails_with_its_own_message(name, twin):
    task = exercise(name)
    (attempt,) = [each for each in task.twins if each.__name__ == twin]
    verdict = judge(task, attempt)
    assert (verdict.passed, verdict.twin) == (False, twin)
    assert verdict.message == " ".join(attempt.__doc__.split()) and 20 < len(verdict.message) < 140


@pytest.mark.parametrize("name", ORDER)
def test_no_two_twins_agree_on_the_cases(name):
    task = exercise(name)
    results = {twin.__name__: outcomes(task, twin) for twin in task.twins}
    assert len(results) >= 3
    for one, ours in results.items():
        for other, theirs in results.items():
            same = all(a.same_as(b, task.rtol) for a, b in zip(ours, theirs, strict=True))
            assert same is (one == other), (one, other)


@pytest.mark.parametrize("name", ORDER)
def test_three_hints_give_away_more_and_more_and_a_line_of_ours_does_it(name):
    task = exercise(name)
    assert len(task.hints) == 3 and len(set(task.hints)) == 3
    for file, number, line in task.ours():
        module = inspect.getsourcefile(__import__(file.removesuffix(".py").replace("/", "."), fromlist=["x"]))
        with open(module, encoding="utf-8") as source:  # noqa: PTH123
            assert source.read().splitlines()[number - 1].strip() == line
    assert task.torch
    assert len(task.title) <= 55 and task.title.endswith((".", "?"))


def test_an_attempt_that_writes_into_its_arguments_spoils_no_other_case_and_is_told_so():
    task = exercise("multiply_vjp")

    def attempt(g, x, y):
        dx, dy = g * y, g * x
        g *= 0
        x *= 0
        return dx, dy

    verdict = judge(task, attempt)
    assert not verdict.passed and verdict.message.startswith("The numbers are right, but g is changed by it, in place")


def test_another_way_to_the_same_numbers_passes():
    assert judge(
        exercise("unbroadcast"), lambda c, shape: np.einsum("ab->b", c) if shape == (3,) else _slow(c, shape)
    ).passed


def _slow(c, shape):
    total = np.zeros(shape)
    for index in np.ndindex(c.shape):
        own = index[len(index) - len(shape) :]
        total[tuple(0 if size == 1 else i for i, size in zip(own, shape, strict=True))] += c[index]
    return total


def test_an_unknown_exercise_is_refused_with_the_nearest_one():
    with pytest.raises(ArgumentError, match="no exercise 'gru_bak'. did you mean gru_back?"):
        exercise("gru_bak")
