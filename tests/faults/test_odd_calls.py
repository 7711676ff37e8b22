"""Odd arguments of every public callable: see odd_calls.py."""

import json
import signal
import subprocess
import sys
import time
import warnings

import pytest

from tests.cli.command import environment
from tests.faults import odd_calls
from tests.faults.good_calls import TABLES
from tests.faults.odd_calls import call, violations
from tinygrad_gru.errors import ArgumentError


@pytest.fixture
def alarm(monkeypatch):
    monkeypatch.setattr(odd_calls, "SECONDS", 0.3)
    before = signal.signal(signal.SIGALRM, odd_calls.too_slow)
    yield
    signal.signal(signal.SIGALRM, before)


def raw(x):
    if x is None:
        raise TypeError("unsupported operand")


def two_lines(x):
    if x is None:
        error = ArgumentError("first")
        error.args = ("first\nsecond",)
        raise error


def endless(x):
    if x is None:
        raise ArgumentError("a" * 500)


def warns(x):
    if x is None:
        warnings.warn("careful", DeprecationWarning, stacklevel=1)


def slow(x):
    if x is None:
        time.sleep(5)


def takes_all_memory(x):
    if x is None:
        raise MemoryError


def speechless(x):
    if x is None:
        raise KeyError(10**5000)


PLANTED = {
    raw: "raw TypeError: unsupported operand",
    two_lines: "a message of 2 lines",
    endless: "a message of 1 lines, 500 letters",
    warns: "DeprecationWarning: careful",
    slow: "raw TimeoutError",
    takes_all_memory: "raw MemoryError",
    speechless: "raw KeyError: no words: Exceeds the limit",
}


@pytest.mark.parametrize("function", PLANTED)
def test_a_planted_fault_is_caught(function, alarm):
    (violation,) = violations("planted", lambda: call(function, x=1))
    assert (violation.argument, violation.odd) == ("x", "None")
    assert PLANTED[function] in violation.what


def test_a_good_call_that_is_refused_is_caught(alarm):
    def refuses(x):
        raise ArgumentError("no. try: nothing")

    (violation,) = violations("planted", lambda: call(refuses, 1))
    assert "a good call is refused" in violation.what


def test_what_a_users_own_function_raises_is_no_fault(alarm):
    assert not list(violations("planted", lambda: call(lambda f: f() if f is odd_calls.raises else None, raw)))


def test_a_public_callable_without_a_line_is_caught():
    assert odd_calls.without_a_line(["core"], []) == odd_calls.without_a_line(["core"], ["tg.nn.GRU"])
    missing = odd_calls.without_a_line(["core"], ["tg.sum with keepdims"])
    assert "tg.sum" not in missing and {"tg.mean", "Tensor.sum", "Tensor.data", "tg.grad_of"} <= set(missing)


@pytest.mark.parametrize("name", TABLES)
def test_every_public_callable_has_a_line(name):
    assert odd_calls.without_a_line(TABLES[name], odd_calls.table(name)) == []


@pytest.mark.parametrize("name", TABLES)
def test_odd_arguments_are_taken_or_refused_in_a_line(name, tmp_path):
    command = [sys.executable, "-m", "tests.faults.odd_calls", name]
    env = environment(TINYGRAD_GRU_JIT="0", TMPDIR=str(tmp_path))  # what Numba compiles at first would be too slow
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, encoding="utf-8", timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1])["violations"] == []
