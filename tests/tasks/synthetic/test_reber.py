"""The embedded Reber grammar: strings against a grammar written out another way, and the success criterion."""

import re

import numpy as np
import pytest

from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks import Reber
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.synthetic.reber import ALPHABET, embedded, legal_next, reber_batch

# The same machine as a regular expression, from the picture in Hochreiter and Schmidhuber 1997, and not from ours.
LATE = "(?:XT*VP)*(?:S|XT*VV)"  # from where the upper and the lower way meet
INNER = f"B(?:TS*X{LATE}|PT*V(?:V|P{LATE}))E"
EMBEDDED = re.compile(f"B(?:T{INNER}T|P{INNER}P)E")


class Oracle:
    """Gives every legal symbol the same logit; forgetful, it does not know what stood in the second place."""

    def __init__(self, forgets=False):
        self.forgets = forgets

    def __call__(self, x, lengths=None):
        logits = np.zeros(x.shape)
        for b in range(x.shape[1]):
            n = x.shape[0] if lengths is None else lengths[b]
            text = "".join(ALPHABET[i] for i in x.data[:n, b].argmax(-1))
            for t, legal in enumerate(legal_next(text)):
                if self.forgets and t == n - 2:
                    legal = {"T"}
                logits[t, b, [ALPHABET.index(c) for c in legal]] = 1
        return logits


def test_every_string_is_of_the_grammar_and_all_its_edges_are_taken():
    rng = np.random.default_rng(0)
    strings = [embedded(rng) for _ in range(2000)]
    assert all(EMBEDDED.fullmatch(text) for text in strings)
    pairs = {text[i : i + 2] for text in strings for i in range(len(text) - 1)}
    assert {"TS", "TX", "SS", "SX", "XX", "XS", "XT", "XV", "TT", "TV", "VP", "VV", "PX", "PS", "VE", "SE"} <= pairs
    assert abs(np.mean([text[1] == "T" for text in strings]) - 0.5) < 0.05


def test_what_is_legal_next_is_what_strings_do():
    rng = np.random.default_rng(1)
    for _ in range(300):
        text = embedded(rng)
        legal = legal_next(text)
        assert len(legal) == len(text) - 1
        assert all(after in allowed for after, allowed in zip(text[1:], legal, strict=True))
        assert legal[-2] == {text[1]} and legal[-1] == {"E"}


@pytest.mark.parametrize(("text", "place"), [("T", 1), ("BB", 2), ("BTBTT", 5), ("BTBPVVEPE", 8), ("BTBPVVETEE", 10)])
def test_a_string_that_breaks_a_rule_is_refused(text, place):
    with pytest.raises(DataError, match=f"symbol {place} is "):
        legal_next(text)


def test_a_batch_holds_strings_and_what_came_next():
    (x, y, lengths), strings = reber_batch(np.random.default_rng(0), longest=12, batch=50)
    for b, text in enumerate(strings):
        assert len(text) <= 12 and lengths[b] == len(text) - 1
        assert "".join(ALPHABET[i] for i in x[: lengths[b], b]) == text[:-1]
        assert "".join(ALPHABET[i] for i in y[: lengths[b], b]) == text[1:]
        assert (x[lengths[b] :, b] == -1).all() and (y[lengths[b] :, b] == -1).all()


def test_who_knows_the_grammar_is_never_wrong_and_who_forgets_half_of_the_time():
    task = Reber(length=30)
    assert task.evaluate(Oracle()) == 0
    assert task.evaluate(Oracle(forgets=True)) == pytest.approx(0.5, abs=0.1)
    where = task.tables(Oracle(forgets=True))["where"]
    assert where[0]["steps wrong"] == 0 and where[1]["steps wrong"] == pytest.approx(0.5, abs=0.1)


def test_who_forgets_the_second_symbol_cannot_do_better_than_half():
    task = Reber(length=30)
    assert task.baselines["counts of triples"] > 0.9  # outer and inner BT look the same to them
    forgetful = task.baselines["the grammar without its second symbol"]
    assert task.evaluate(Oracle(forgets=True)) == pytest.approx(forgetful, abs=0.1)


def test_the_beginning_of_a_string_is_answered():
    rows = list(Reber.predict(Oracle(), {}, Source("in", "BTBPVV\nBTBPVVETE\n")))
    assert [row["legal"] for row in rows] == ["E", ""]
    assert max(("p(E)", "p(T)"), key=rows[0].get) == "p(E)"
    with pytest.raises(DataError, match="in, line 1: symbol 2 is 'X', wanted P or T"):
        list(Reber.predict(Oracle(), {}, Source("in", "BX")))
