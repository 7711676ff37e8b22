"""The models of the tasks: a recurrent layer, and a linear map of its last state or of each of its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import nn
from ..core.ops import softmax
from ..core.support.arrays import Array
from ..core.support.modes import no_grad
from ..core.support.operands import value_of
from ..core.tensor import Tensor
from ..errors import CheckpointError, ConfigError
from .bag import BagOfWords
from .base import recurrent
from .data.facts import fact
from .data.reader import BadLines, Source
from .data.tokens import MOST_WORDS, coded, rules_of, words_of
from .linear import LinearForecast
from .served import Served, answering

__all__ = [
    "AtEachStep", "AtTheEnd", "CharModel", "FromLinear", "WordModel", "classify_texts", "last_state", "most_likely",
    "outputs", "probabilities", "set_dropout", "words_served",
]  # fmt: skip

EMBEDDING = 32  # numbers per word or character
SMALL = 0.1  # what a network adds to a simple answer at first, and what it knows of a word
TRUST = 0.5  # the share of a bag of words that a network starts from
AT_ONCE = 64  # texts that are classified as one batch


class TaskModel(nn.Module):
    """Base of the models: `dropout` is the share that is masked in training, none unless it is set."""

    dropout: float = 0.0

    def masked(self, x: Any) -> Any:
        """x with dropout, in training."""
        return nn.Dropout(self.dropout)(x) if self.dropout and self.training else x


class AtTheEnd(TaskModel):
    """Many to one: a sequence (T, B, I) to O outputs (B, O), computed from the last state."""

    def __init__(self, cell: str, inputs: int, hidden: int, outputs: int, keep_bias: float | None = None) -> None:
        self.recurrent = recurrent(cell, inputs, hidden, keep_bias)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, x: Any, lengths: Array | None = None) -> Any:
        """The state after the last step, of sequences of different lengths each after its own, mapped to (B, O)."""
        _, state = self.recurrent(x, lengths=lengths)
        return self.output(self.masked(last_state(state)))  # (B, O)


class FromLinear(AtTheEnd):
    """A forecast: windows (T, B, C) to changes from their last row (B, O): a linear one, and what is to be added."""

    def __init__(
        self, cell: str, inputs: int, hidden: int, outputs: int, keep_bias: float | None, linear: LinearForecast
    ) -> None:
        super().__init__(cell, inputs, hidden, outputs, keep_bias)
        self.linear = linear
        for parameter in self.output.parameters():
            parameter.data = parameter.data * np.float32(SMALL)

    def forward(self, x: Any, lengths: Array | None = None) -> Any:
        """The linear forecast of the change, and what the network adds to it."""
        return super().forward(x, lengths) + self.linear(x)


class AtEachStep(TaskModel):
    """Many to many: a sequence (T, B, I) to O outputs at each step, (T, B, O)."""

    def __init__(self, cell: str, inputs: int, hidden: int, outputs: int, keep_bias: float | None = None) -> None:
        self.recurrent = recurrent(cell, inputs, hidden, keep_bias)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, x: Any, lengths: Array | None = None) -> Any:
        """The state at every step, mapped to O outputs."""
        out, _ = self.recurrent(x, lengths=lengths)  # (T, B, H)
        return self.output(self.masked(out))  # (T, B, O)


class WordModel(TaskModel):
    """Text classification: an embedding of words, a recurrent layer, and its last state mapped to a logit per label.

    With a `bag` the network says what is to be added to the answer of a bag of words, as a forecast says what is added
    to the last row; how far the bag is trusted is learned. Its embedding starts small then: what a rare word means is
    not made up.
    """

    def __init__(
        self, cell: str, words: int, hidden: int, labels: int, keep_bias: float | None = None,
        bag: BagOfWords | None = None,
    ) -> None:  # fmt: skip
        self.embedding = nn.Embedding(words, EMBEDDING)
        self.recurrent = recurrent(cell, EMBEDDING, hidden, keep_bias)
        self.output = nn.Linear(hidden, labels)
        self.bag = bag
        if bag is not None:
            self.embedding.W.data = self.embedding.W.data * np.float32(SMALL)
            self.trust = nn.Parameter(np.array([TRUST], np.float32))

    def forward(self, codes: Array, lengths: Array | None = None, start: Any = None) -> Any:
        """Words (T, B) to logits (B, C), each text read to its own end; `start` (B, C) stands for the bag's answer."""
        _, state = self.recurrent(self.masked(self.embedding(codes)), lengths=lengths)
        logits = self.output(self.masked(last_state(state)))  # (B, C)
        if self.bag is None:
            return logits
        return logits + self.trust * (self.bag(codes) if start is None else start)

    @classmethod
    def of(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> WordModel:
        """An untrained model for the words and labels of a run, and the bag of words that it starts from."""
        words, labels = fact(facts, "words", list), fact(facts, "labels", list)
        if not all(type(word) is str for word in [*words, *labels]) or len(words) > MOST_WORDS + 1:
            raise CheckpointError("the checkpoint's words and labels cannot be used, wanted texts. try: another one")
        bag = BagOfWords.from_facts(facts, len(words), len(labels))
        return cls(cell, len(words), hidden, len(labels), keep_bias, bag)


class CharModel(TaskModel):
    """A character language model: an embedding, a recurrent layer, and a logit per character that may come next."""

    def __init__(self, vocabulary: int, cell: str, hidden: int, keep_bias: float | None = None) -> None:
        self.embedding = nn.Embedding(vocabulary, EMBEDDING)
        self.recurrent = recurrent(cell, EMBEDDING, hidden, keep_bias)
        self.output = nn.Linear(hidden, vocabulary)

    def forward(self, codes: Array, state: Any = None) -> tuple[Any, Any]:
        """Characters (T, B) to logits (T, B, V), and the last state."""
        out, state = self.recurrent(self.masked(self.embedding(codes)), state)  # (T, B, H)
        return self.output(self.masked(out)), state  # (T, B, V)


def set_dropout(model: Any, share: float) -> None:
    """Mask this share in training; ConfigError for a model that has no dropout."""
    if not isinstance(model, TaskModel):
        raise ConfigError(f"dropout: {type(model).__name__} has none. try: without --dropout")
    model.dropout = share


def words_served(model: WordModel, facts: Mapping[str, Any], column: str, longest: int) -> Served:
    """A model of texts for an ONNX file: codes of words and lengths to the probabilities of the labels."""
    words, labels = fact(facts, "words", list), fact(facts, "labels", list)
    tokeniser = fact({"tokeniser": 1} | dict(facts), "tokeniser", int)
    more = {"text": column, "vocabulary": words, "length": longest, "tokeniser": rules_of(tokeniser)}
    return answering(model, labels, more, codes=len(words))


def last_state(state: Any) -> Any:
    """The state (B, H) of the one layer: of an LSTM the first of h and c."""
    return (state[0] if isinstance(state, tuple) else state)[0]


def outputs(model: Any, x: Array, lengths: Array | None = None) -> Array:
    """The outputs of a model for x, as an array; no graph is recorded."""
    with no_grad():
        x_in = Tensor(x, name="x") if x.dtype == np.float32 else x  # codes go in as they are
        return np.asarray(value_of(model(x_in) if lengths is None else model(x_in, lengths)))


def probabilities(logits: Array) -> Array:
    """Softmax over the last axis, in float64."""
    return np.asarray(softmax(logits.astype(np.float64)))


def most_likely(logits: Array, names: Sequence[str]) -> dict[str, Any]:
    """The name of the class with the largest logit (C,), and its probability, as a row."""
    p = probabilities(logits)
    best = int(p.argmax())
    return {"predicted": names[best], "probability": round(float(p[best]), 4)}


def classify_texts(
    model: Any, facts: Mapping[str, Any], source: Source, column: str, longest: int
) -> Iterator[dict[str, Any]]:
    """The label of each text of a source with its probability."""
    words, labels = fact(facts, "words", list), fact(facts, "labels", list)
    tokeniser = fact({"tokeniser": 1} | dict(facts), "tokeniser", int)
    places = {word: i for i, word in enumerate(words)}
    texts: list[str] = []
    bad = BadLines(source)
    in_file = source.column(column) or column

    def rows() -> Iterator[dict[str, Any]]:
        logits = outputs(model, *coded([words_of(text, tokeniser) for text in texts], places, longest))  # (B, C)
        for text, row in zip(texts, logits, strict=True):
            yield {column: text} | most_likely(row, labels)

    for record in source.records([in_file], bad):
        if not record.fields[in_file].strip():
            bad.add(record.line, f"{column} is empty", "a text")
            continue
        texts.append(record.fields[in_file])
        if len(texts) == AT_ONCE:
            yield from rows()
            texts.clear()
    bad.tell()
    if texts:
        yield from rows()
