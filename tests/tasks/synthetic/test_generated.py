"""Tasks that make their own data: the least length, the test set, and lines of symbols."""

import numpy as np
import pytest

from tinygrad_gru.errors import ArgumentError, ConfigError, DataError
from tinygrad_gru.tasks import Parity, Sine, Source
from tinygrad_gru.tasks.synthetic.generated import TEST_SEED, codes_of


def test_symbols_are_coded_by_their_place_in_the_alphabet():
    assert codes_of("caa", "abc").tolist() == [[2], [0], [0]]


def test_another_symbol_and_too_few_are_refused():
    with pytest.raises(DataError, match="^got 'd', wanted symbols of a b c$"):
        codes_of("ad", "abc")
    with pytest.raises(DataError, match="^got 1 symbols, wanted 2 or more$"):
        codes_of("a", "abc", shortest=2)


def test_a_length_below_the_least_is_refused_and_one_that_is_no_number():
    with pytest.raises(ConfigError, match=r"length: sine needs 24 or more .*, got 23. try: --length 60"):
        Sine(23)
    with pytest.raises(ArgumentError, match="sine: length must be a whole number from 1 up, got 'long'"):
        Sine("long")


def test_a_length_whose_test_set_does_not_fit_into_memory_is_refused_before_it_is_taken():
    with pytest.raises(ArgumentError, match="numbers take .* GB"):
        Parity(10**12)


def test_a_file_is_refused_with_the_task_that_reads_it(tmp_path):
    with pytest.raises(ConfigError, match="parity makes its own data, got a b.txt. try: tinygrad-gru train chars"):
        Parity.create(4, type(tmp_path)("a b.txt"))


def test_the_test_set_is_the_same_for_every_run_and_other_sequences_than_those_of_seed_0():
    x = Parity(8)._test.x
    np.testing.assert_array_equal(x, Parity(8).make(np.random.default_rng(TEST_SEED), 1000).x)
    assert (x != Parity(8).make(np.random.default_rng(0), 1000).x).any()


def test_a_line_that_cannot_be_read_is_refused_with_its_number_and_the_command_that_helps():
    with pytest.raises(DataError, match="in, line 2: got 'x', .* try: tinygrad-gru tasks parity, which says how"):
        list(Parity.predict(lambda x: np.zeros((*x.shape[:2], 2)), {}, Source("in", "01\nx\n")))
