"""A character language model: predict the next character of a text, and write more of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.ops import log_softmax, softmax
from ...core.support.arrays import Array
from ...core.support.modes import no_grad
from ...errors import ArgumentError, DataError
from ..base import Batch, Rows, Task
from ..baselines import bits_per_character
from ..data.encodings import Text
from ..data.facts import fact
from ..data.overlap import shared_beginning
from ..data.reader import Source, decoded
from ..data.text import encode, read_text, sha256
from ..models import CharModel
from ..served import Served, answering

__all__ = ["CharModel", "Chars", "write_text"]

HELD_OUT = 20  # the last 1/20 of the text is held out
MOST_WRITTEN = 1_000_000  # characters at once
STREAMS = 16  # it is read in so many streams, to be measured quickly


class Chars(Task):
    """Predict the next character of a text, its last 5 % held out."""

    name = "chars"
    teaches = "a state can hold what was read: spelling, words, layout, far beyond the last two characters"
    metric = "bits per character"
    scale = 1 / math.log(2)  # the loss is in nats
    compare = "counts of characters, and of which follows each pair"
    expect = "1.6 on the help texts of Python, where counting pairs needs 2.3"
    accepts = "text, each line by itself"
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 128, "updates": 2000, "batch": 32, "lr": 0.005, "length": 64}

    def __init__(
        self, text: str, length: int, facts: Mapping[str, Any] | None = None, encoding: str | None = None
    ) -> None:
        """With the facts of a run its vocabulary is used, and another text than its own is held out whole."""
        self.length, self._text = length, Text("", encoding or "UTF-8")
        self._encoding = encoding  # asked for
        self.sha256 = sha256(text)
        if facts is not None and facts.get("sha256") != self.sha256:
            self._hold_out(text, fact(facts, "vocabulary", str))
            return
        needed = HELD_OUT * (length + 1)  # so that the held-out part has one sequence at least
        if len(text) < needed:
            raise DataError(
                f"the text has {len(text)} characters, wanted at least {needed} for sequences of {length}. "
                "try: a longer text, or a smaller --length"
            )
        self.vocabulary, codes = encode(text)
        if len(self.vocabulary) < 2:
            raise DataError(f"the text is {self.vocabulary!r} over and over: there is nothing to predict. try: another")
        split = len(codes) - len(codes) // HELD_OUT
        self.train, self.held_out = codes[:split], codes[split:]

    def _hold_out(self, text: str, vocabulary: str) -> None:
        """All of a text, in the vocabulary of a run."""
        unknown = sorted(set(text) - set(vocabulary))
        if unknown:
            raise DataError(
                f"the text holds {unknown[0]!r}, never seen in training, which knows {shown(vocabulary)}. "
                "try: the text of the run"
            )
        if len(text) < 2:
            raise DataError("the text has 1 character, wanted 2 or more, one to follow the other. try: a longer text")
        characters, codes = encode(text)
        places = np.array([vocabulary.index(c) for c in characters])
        self.all_held_out, self.vocabulary = True, vocabulary
        self.train, self.held_out = places[:0], places[codes]

    @classmethod
    def create(cls, length: int, file: Path | None = None, encoding: str | None = None) -> Chars:
        """The text of a file, or of Python's own documentation, in sequences of `length` characters."""
        if file is None:
            return cls(read_text(), length)
        text = decoded(file, encoding)
        task = cls(text.text, length, encoding=encoding)
        task._text = text._replace(text="")
        return task

    @cached_property
    def baselines(self) -> dict[str, float]:
        """Count models of order 0 and 2, measured on the same held-out characters as the network."""
        train = np.append(self.train, self.held_out[0])
        symbols = len(self.vocabulary)
        return {f"order-{k} counts": bits_per_character(train, self.held_out[1:], symbols, order=k) for k in (0, 2)}

    @property
    def goal(self) -> float:
        """Better than both count models: where triples are too rare, single characters predict better."""
        return min(self.baselines.values())

    @property
    def data(self) -> str:
        """The numbers of characters, different ones, and held-out ones."""
        n = len(self.train) + len(self.held_out)
        return f"{n:,} characters, {len(self.vocabulary)} different; the last {len(self.held_out):,} are held out"

    @property
    def facts(self) -> dict[str, Any]:
        """The vocabulary, and the text's fingerprint."""
        asked = {} if self._encoding is None else {"encoding": self._encoding}
        return {"vocabulary": self.vocabulary, "sha256": self.sha256} | asked

    @property
    def report(self) -> list[str]:
        """In which encoding the text was, where it is not UTF-8."""
        return [] if self._text.encoding == "UTF-8" else [f"read as: {self._text.words} (--encoding says otherwise)"]

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> CharModel:
        """An untrained model for this vocabulary."""
        return CharModel(len(fact(facts, "vocabulary", str)), cell, hidden, keep_bias)

    @classmethod
    def served(cls, model: Any, facts: Mapping[str, Any]) -> Served:
        """Characters to the probabilities of the one that follows, at each step."""
        vocabulary = fact(facts, "vocabulary", str)
        return answering(model, vocabulary, {"vocabulary": list(vocabulary)}, codes=len(vocabulary))

    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Batch]:
        """The text in `batch` streams, each going on where its last batch ended, so that the state can be carried on.

        At the end of the text a stream goes on at the beginning.
        """
        self.refuse_to_train()
        n = len(self.train)
        starts = (rng.integers(n) + np.arange(batch) * n // batch) % n  # (B,)
        steps = np.arange(self.length + 1)[:, None]  # (T+1, 1)
        while True:
            codes = self.train[(starts + steps) % n]  # (T+1, B)
            yield Batch(codes[:-1], codes[1:])
            starts = (starts + self.length) % n

    def tell_apart(self, own: Any) -> None:
        """Name a beginning that the run was trained on."""
        self.overlap = shared_beginning(own.train, self.held_out, self.length, "characters")

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, Any]:
        """The cross-entropy in nats, and the last state; gradients do not reach back into earlier batches."""
        logits, state = model(batch.x, state)  # (T, B, V)
        return nn.losses.cross_entropy(logits, batch.y), _detached(state)

    def evaluate(self, model: Any) -> float:
        """Bits per character over the held-out text."""
        n = len(self.held_out) - 1
        streams = max(1, min(STREAMS, n // self.length))
        steps = n // streams  # fewer than 16 characters at the end are left out
        x = self.held_out[: streams * steps].reshape(streams, steps).T  # (T, B)
        y = self.held_out[1 : streams * steps + 1].reshape(streams, steps).T  # (T, B)
        total, state = 0.0, None
        with no_grad():
            for t in range(0, steps, self.length):  # piece by piece: the logits of all of it would be large
                piece = Batch(x[t : t + self.length], y[t : t + self.length])
                loss, state = self.loss(model, piece, state)
                total += loss.item() * piece.y.size
        return total / (streams * steps) * self.scale

    def tables(self, model: Any) -> dict[str, Rows]:
        """The bits of the characters that follow a space, of those within a word, and of spaces."""
        x, y = self.held_out[:-1], self.held_out[1:]
        bits = _bits(model, x, y, self.length)
        spaces = np.array([c.isspace() for c in self.vocabulary])
        after = {
            "first of a word": spaces[x] & ~spaces[y],
            "within a word": ~spaces[x] & ~spaces[y],
            "space": spaces[y],
        }
        return {
            "where the bits go": [
                {"character": name, "share": float(chosen.mean()), "bits": float(bits[chosen].mean())}
                for name, chosen in after.items()
                if chosen.any()
            ]
        }

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Places in the held-out text, and the characters that the model would have written, at temperature 0."""
        size = min(self.length, len(self.held_out) // 2)
        rows = []
        for start in rng.integers(len(self.held_out) - 2 * size + 1, size=count):
            before, after = self.held_out[start : start + size], self.held_out[start + size : start + 2 * size]
            prompt, right = ("".join(self.vocabulary[i] for i in part) for part in (before, after))
            likeliest = "".join(write_text(model, self.vocabulary, size, rng, prompt, temperature=0))
            rows.append({"input": prompt, "true": right, "predicted": likeliest})
        return rows

    @classmethod
    def again(cls, length: int, file: Path | None, facts: Mapping[str, Any]) -> Chars:
        """The task with the vocabulary of a run: another text is held out whole."""
        encoding = facts.get("encoding")
        asked = encoding if isinstance(encoding, str) else None
        return cls(read_text(file, asked), length, facts, asked)

    @classmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """The bits per character of each line, and the characters that would come next."""
        vocabulary = fact(facts, "vocabulary", str)
        places = {character: i for i, character in enumerate(vocabulary)}
        for line, text in source.lines():
            unknown = next((c for c in text if c not in places), None)
            if unknown is not None:
                raise source.error(line, f"{unknown!r} was never seen in training. try: {shown(vocabulary)}")
            codes = np.array([places.get("\n", 0), *(places[c] for c in text)])
            bits = _bits(model, codes[:-1], codes[1:], 1000)
            rng = np.random.default_rng(0)
            more = "".join(write_text(model, vocabulary, 20, rng, text, temperature=0))
            yield {"input": text, "bits per character": round(float(bits.mean()), 4), "next": more}


def _bits(model: Any, x: Array, y: Array, length: int) -> Array:
    """How many bits each character of y costs that follows those of x so far, both (T,)."""
    bits, state = [], None
    with no_grad():
        for t in range(0, len(x), length):
            logits, state = model(x[t : t + length, None], state)
            log_p = log_softmax(logits.numpy()[:, 0].astype(np.float64))  # (T, V)
            bits.append(-log_p[np.arange(len(log_p)), y[t : t + length]] / math.log(2))
    return np.concatenate(bits)


def write_text(
    model: Any, vocabulary: str, length: int, rng: np.random.Generator, prompt: str = "", temperature: float = 1.0
) -> Iterator[str]:
    """Write `length` characters after the prompt, one by one.

    Each is sampled from softmax(logits / temperature): below 1 likely characters become likelier, and at 0 it is always
    the likeliest. Without a prompt it starts as if after the end of a line.
    """
    if not (math.isfinite(temperature) and temperature >= 0):
        raise ArgumentError(f"temperature: got {temperature}, wanted a number of at least 0. try: --temperature 0.8")
    if not 0 <= length <= MOST_WRITTEN:
        raise ArgumentError(f"length: got {length}, wanted a whole number from 0 to {MOST_WRITTEN}. try: --length 300")
    places = {character: i for i, character in enumerate(vocabulary)}
    unknown = sorted(set(prompt) - set(places))
    if unknown:
        raise ArgumentError(
            f"prompt: {unknown[0]!r} was never seen in training. try: the characters {shown(vocabulary)}"
        )
    codes = [places[c] for c in prompt] or [places.get("\n", 0)]
    return _characters(model, vocabulary, length, rng, codes, temperature)


def _characters(
    model: Any, vocabulary: str, length: int, rng: np.random.Generator, codes: list[int], temperature: float
) -> Iterator[str]:
    if not length:
        return
    if not isinstance(model, CharModel):  # any function of codes and a state will do
        state = None
        for _ in range(length):
            with no_grad():
                logits, state = model(np.array(codes)[:, None], state)  # (T, 1, V)
            codes = [draw(logits.data[-1, 0], temperature, rng)]
            yield vocabulary[codes[0]]
        return
    with no_grad():
        first, state = model(np.array(codes)[:, None])  # the prompt at once
    step = nn.Stepper(model.recurrent, batch=1, h0=state)  # then character by character, which costs less this way
    vectors, W = model.embedding.W.data, model.output.W.data
    b: Any = model.output.b
    logits = first.data[-1, 0]  # (V,)
    for written in range(1, length + 1):
        code = draw(logits, temperature, rng)
        yield vocabulary[code]
        if written < length:
            logits = (step(vectors[code][None]) @ W + b.data)[0]


def draw(logits: Array, temperature: float, rng: np.random.Generator) -> int:
    """A symbol drawn with probabilities softmax(logits / temperature); the likeliest one at temperature 0."""
    if temperature == 0:
        return int(np.argmax(logits))
    with np.errstate(over="ignore"):  # a tiny temperature makes all but the likeliest −∞
        p = softmax((logits.astype(np.float64) - logits.max()) / temperature)
    return int(rng.choice(len(p), p=p))


def shown(vocabulary: str, most: int = 40) -> str:
    """The printable characters of a vocabulary, cut if there are many."""
    printable = "".join(c for c in vocabulary if c.isprintable())
    return printable[:most] + (" …" if len(printable) > most else "")


def _detached(state: Any) -> Any:
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
