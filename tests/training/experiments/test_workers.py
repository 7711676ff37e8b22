"""Many trainings at once: results as they are ready, and errors that are not lost."""

import pytest

from tinygrad_gru.errors import ConfigError
from tinygrad_gru.training.experiments.workers import BACKENDS, check, spread


def doubled(n):
    return 2 * n


@pytest.mark.parametrize("backend", ["sequential", "threading"])
def test_every_item_has_its_result(backend):
    assert sorted(spread(doubled, range(5), jobs=2, backend=backend)) == [0, 2, 4, 6, 8]


def test_items_may_depend_on_earlier_results():
    results = []

    def items():
        yield 1
        yield len(results)

    for result in spread(doubled, items(), jobs=1, backend="sequential"):
        results.append(result)
    assert results == [2, 2] or results == [2, 0]


def test_an_error_while_items_are_made_is_raised():
    def items():
        yield 1
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(spread(doubled, items(), jobs=1, backend="threading"))


@pytest.mark.parametrize(
    "jobs, backend, scheduler, message",
    [
        (0, "loky", None, "jobs"),
        (-2, "loky", None, "jobs"),
        (1, "lokky", None, "did you mean loky"),
        (1, "dask", None, "scheduler"),
        (1, "loky", "tcp://here:1", "scheduler"),
    ],
)
def test_what_cannot_be_used_is_refused(jobs, backend, scheduler, message):
    with pytest.raises(ConfigError, match=message):
        check(jobs, backend, scheduler)
    assert "loky" in BACKENDS
