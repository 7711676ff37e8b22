"""A compiled GRU with a linear layer is timed, in processes that differ in one variable."""

import pytest

from benchmarks import waiting_threads


@pytest.mark.jit
def test_a_step_takes_time():
    assert waiting_threads.milliseconds(rounds=1, row=1) > 0


def test_a_row_for_each_variable_and_two_threads(monkeypatch):
    asked = []
    monkeypatch.setattr(waiting_threads, "output", lambda code, **variables: asked.append(variables) or ["1.5"])
    rows = waiting_threads.main()

    assert [row["OPENBLAS_THREAD_TIMEOUT"] for row in rows] == ["not set", "20"]
    assert [v.get("OPENBLAS_THREAD_TIMEOUT") for v in asked] == [None, "20"]
    assert {v["OPENBLAS_NUM_THREADS"] for v in asked} == {"2"}
