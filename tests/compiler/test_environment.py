"""Environment variables: what they may hold, and one line for anything else."""

import os

import pytest

from tinygrad_gru.compiler import environment, jit
from tinygrad_gru.errors import ArgumentError

NUMBERS = ("TINYGRAD_GRU_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in (*NUMBERS, "TINYGRAD_GRU_JIT", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    environment.threads.cache_clear()
    yield
    environment.threads.cache_clear()


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("3", 3), (" 5 ", 5), ("007", 7)])
def test_a_number_of_threads(monkeypatch, text, number):
    monkeypatch.setenv("TINYGRAD_GRU_THREADS", text)
    assert environment.threads() == number


WRONG = ["²", "٣", "１２", "1_0", "0", "-1", "1.5", "many", "9" * 5000, "+2", "1e3", "0x2"]


@pytest.mark.parametrize("text", WRONG, ids=[text[:4] for text in WRONG])
def test_anything_else_is_refused_in_one_line_that_says_which_variable(monkeypatch, text):
    monkeypatch.setenv("TINYGRAD_GRU_THREADS", text)
    with pytest.raises(ArgumentError, match="^TINYGRAD_GRU_THREADS: got .*wanted a whole number from 1 up. try: ") as e:
        environment.threads()
    assert len(str(e.value)) < 120 and "\n" not in str(e.value)


def test_without_it_the_products_threads_count_and_then_the_cores(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4,2")
    assert environment.threads() == 4
    environment.threads.cache_clear()
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.setenv("TINYGRAD_GRU_THREADS", " ")  # as good as not set
    assert environment.threads() == 2
    for text in WRONG:
        environment.threads.cache_clear()
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", text)
        assert environment.threads() == 4
    environment.threads.cache_clear()
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert 1 <= environment.threads() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(("text", "on"), [("1", True), ("0", False), ("", True), (" 0 ", False)])
def test_whether_numba_is_used(monkeypatch, text, on):
    monkeypatch.setenv("TINYGRAD_GRU_JIT", text)
    assert environment.jit_by_default() is on


@pytest.mark.parametrize("text", ["off", "false", "no", "2", "²", "01", "-0"])
def test_a_word_that_might_have_meant_off_is_refused(monkeypatch, text):
    monkeypatch.setenv("TINYGRAD_GRU_JIT", text)
    with pytest.raises(ArgumentError, match="^TINYGRAD_GRU_JIT: got .*wanted 0 or 1. try: TINYGRAD_GRU_JIT=0$"):
        environment.jit_by_default()
    with jit(False):  # what the code says counts more
        from tinygrad_gru.compiler.code.native.machine_code import uses_numba

        assert not uses_numba()


def test_the_cache_is_where_an_absolute_path_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert environment.cache_folder() == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path))
    for text in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", text)
        assert environment.cache_folder() == tmp_path / ".cache"
