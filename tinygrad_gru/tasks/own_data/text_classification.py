"""The user's own texts with labels: a table with a column of texts and one of labels, or JSONL with these keys."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...errors import ConfigError, DataError
from ..bag import BagOfWords
from ..base import Ragged, Rows, Task
from ..baselines import bag_of_words, majority_class
from ..data.facts import fact
from ..data.overlap import without_trained
from ..data.reader import BadLines, Source, read_source
from ..data.scaling import SHOWN, listed
from ..data.split import FLATTERED, MOST_LABELS, split, stratified, with_validation
from ..data.tables.form import Reading
from ..data.text import of_run, reading_facts, sha256
from ..data.tokens import TOKENISER, UNKNOWN, coded, composed, vocabulary_of, words_of
from ..metrics import confusion, error_rate
from ..models import WordModel, classify_texts, outputs, words_served
from ..served import Served
from .table_task import OVERRIDING, listed_classes, mean_loss

__all__ = ["Labelled"]

AT_ONCE = 256  # texts that are measured as one batch


class Labelled(Task):
    """Classify texts, having been trained on texts with labels. A fifth of the different texts is held out.

    A tenth of the others is for validation: the weights with the lowest loss on it are those that are kept.
    """

    name = "labelled"
    teaches = "the words of texts of your own, read in order, can tell their label"
    metric = "share wrong"
    compare = "the most frequent label; a bag of words (naive Bayes)"
    expect = "depends on your texts: the goal is to be better than the bag of words"
    accepts = "a text; of CSV and JSONL the column text"
    length_is = "words that are read of a text, its last ones"
    defaults: ClassVar[Mapping[str, Any]] = {
        "hidden": 32, "updates": 500, "batch": 32, "lr": 0.002, "length": 100, "dropout": 0.5,
    }  # fmt: skip

    def __init__(
        self, source: Source, length: int, facts: Mapping[str, Any] | None = None, text: str = "text",
        label: str = "label", split_seed: int | None = None,
    ) -> None:  # fmt: skip
        """With the facts of a run its words and labels are used, and texts that are not its own are all tested."""
        if source.kind == "lines":
            raise DataError(f"{source.name}: wanted CSV with the columns text and label, or JSONL. try: FILE.csv")
        self.length = length
        own = True
        if facts is not None:
            source, own = of_run(source, facts)
            text, label = (
                fact({"text": "text", "label": "label"} | dict(facts), name, str) for name in ("text", "label")
            )
        self._reading, header = reading_facts(source, facts), source.header()
        self.text, self.label = source.column(text, header) or text, source.column(label, header) or label
        for column, option in ((self.text, "--text"), (self.label, "--label")):
            if column not in header:
                got = ", ".join(header[:20])
                nameless = ", or --header no --text 'column 1' --label 'column 2' if these are no names"
                more = nameless if source.kind == "csv" and source.form.header else ""
                raise source.error(1, f"no column {column!r}, got {got}. try: {option} with one of these{more}")
        self._source, self._bad, self._fingerprint = source, BadLines(source), sha256(source.text)
        self.texts, labels, lines = _texts_and_labels(source, self.text, self.label, self._bad)
        self._left_out = source.left_out([self.text, self.label])
        self._tokeniser = TOKENISER if facts is None else fact({"tokeniser": 1} | dict(facts), "tokeniser", int)
        self._stratified = facts is None or facts.get("split") == "stratified"
        self._validates = facts is None or facts.get("validation") is True
        self._split_seed = split_seed if facts is None else facts.get("split_seed")
        train, held_out = _split(self.texts, labels if self._stratified else None, self._split_seed)
        known, validation = train, train[:0]
        if self._validates:
            train, validation = _validated(self.texts, known, self._split_seed)
        if facts is None:
            self._learn(source, labels, known)
        else:
            self.words, self.labels = fact(facts, "words", list), fact(facts, "labels", list)
            if not own:
                known = train = validation = train[:0]
                held_out, self.all_held_out = np.arange(len(self.texts)), True
        places = {composed(str(name)): i for i, name in enumerate(self.labels)}
        if (unknown := next((i for i, name in enumerate(labels) if name not in places), None)) is not None:
            problem = f"{self.label} {labels[unknown][:40]!r} was never seen in training: {self._shown()}"
            raise source.error(lines[unknown], problem)
        self._places = {word: i for i, word in enumerate(self.words)}
        self._y = np.array([places[name] for name in labels])
        self._known, self._train, self._validation, self._held_out = known, train, validation, held_out
        C, V = len(self.labels), len(self.words)
        if facts is None:
            self._bag = BagOfWords.of(self._codes(known), self._y[known], V, C)
        else:
            self._bag = BagOfWords.from_facts(facts, V, C)

    def _words(self, text: str) -> list[str]:
        """The words of a text, as the run cuts it up."""
        return words_of(text, self._tokeniser)

    def _learn(self, source: Source, labels: list[str], train: Array) -> None:
        """The words and labels of the texts that are trained on."""
        self.labels = sorted(set(labels))
        if not 2 <= len(self.labels) <= MOST_LABELS:
            got = f"{len(self.labels)} different labels, such as {self.labels[0][:40]!r}"
            raise DataError(f"{source.name} holds {got}, wanted 2 to {MOST_LABELS}. try: another column as --label")
        if len(set(self.texts)) < 10:
            raise DataError(
                f"{source.name} holds {len(set(self.texts))} different texts, wanted 10 at least. try: more"
            )
        self.words = vocabulary_of((self._words(self.texts[i]) for i in train), 2 if len(train) >= 1000 else 1)

    def _shown(self) -> str:
        return f"wanted {', '.join(self.labels[:10])}"

    @classmethod
    def create(
        cls, length: int, file: Path | None = None, text: str = "text", label: str = "label",
        split_seed: int | None = None, **options: Any,
    ) -> Labelled:  # fmt: skip
        """The texts of a table or JSONL file, and the columns of them and their labels; options are a Reading's."""
        reading = Reading.of(options)
        return cls(_source(file, reading), length, text=text, label=label, split_seed=split_seed, **options)

    @classmethod
    def again(cls, length: int, file: Path | None, facts: Mapping[str, Any]) -> Labelled:
        """The texts of a file in a run's own words and labels."""
        return cls(_source(file, Reading.from_facts(facts)), length, facts)

    @property
    def data(self) -> str:
        """The numbers of texts and labels, and the words and columns that are left out."""
        counts = np.bincount(self._y, minlength=len(self.labels))
        labels = [f"{name} ({n})" for name, n in zip(self.labels, counts, strict=True)]
        parts = [
            f"{len(self.texts):,} texts; {len(self._held_out):,} are held out{self._of_validation}",
            f"labels: {listed(labels)}",
        ]
        if unknown := len(
            {word for i in self._known for word in self._words(self.texts[i]) if word not in self._places}
        ):
            parts.append(f"{unknown:,} rare words count as unknown")
        if longer := sum(len(self._words(text)) > self.length for text in self.texts):
            parts.append(f"of {longer:,} texts only the last {self.length} words")
        return " · ".join(parts + ([f"columns left out: {listed(self._left_out)}"] if self._left_out else []))

    @property
    def _of_validation(self) -> str:
        """What chooses the weights that are kept, for people."""
        if n := len(self._validation):
            return f", {n:,} more choose the weights that are kept"
        return FLATTERED if len(self._train) else ""

    @property
    def report(self) -> list[str]:
        """How the texts are read, the columns, and the split of each class."""
        form = self._source.form.words if self._source.kind == "csv" else "JSONL"
        lines = [f"read as: {self._source.encoding} · {form}"]
        lines += [f"{listed([self.text])}: the texts · {listed([self.label])}: their labels"]
        lines += [f"{listed([name])}: left out, neither texts nor labels" for name in self._left_out[:SHOWN]]
        if more := len(self._left_out) - SHOWN:
            lines += [f"and {more:,} more columns"] if more > 0 else []
        lines += [self._bad.words] if self._bad.count else []
        classes = listed_classes(self.labels, self._y, self._known, self._held_out)
        return [*lines, f"split: texts trained on + held out: {classes}", OVERRIDING]

    @property
    def facts(self) -> dict[str, Any]:
        """The words, the labels, how the file is read, and its fingerprint."""
        return {
            "words": self.words,
            "labels": self.labels,
            "length": self.length,
            "sha256": self._fingerprint,
            "text": self.text,
            "label": self.label,
            "tokeniser": self._tokeniser,
            "split": "stratified" if self._stratified else "random",
            "reading": self._reading,
            **({"validation": True} if self._validates else {}),
            **({"bag": self._bag.as_facts()} if self._bag is not None else {}),
            **({"split_seed": self._split_seed} if self._split_seed is not None else {}),
        }

    @cached_property
    def baselines(self) -> dict[str, float]:
        """The most frequent label, and naive Bayes on the words."""
        target = self._y[self._held_out]
        labels = self._y[self._known] if len(self._known) else target
        frequent = majority_class(labels)
        errors = {f"always answering {self.labels[frequent]}": error_rate(np.full_like(target, frequent), target)}
        if len(self._known):
            codes = self._codes(self._known), self._codes(self._held_out)
            bag = bag_of_words(codes[0], labels, codes[1], len(self.words), len(self.labels))
            errors["bag of words"] = error_rate(bag, target)
        return errors

    @property
    def goal(self) -> float:
        """Better than the best baseline, or never wrong where that is too."""
        return max(min(self.baselines.values()), 1e-9)

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> WordModel:
        """An untrained model for these words and labels."""
        return WordModel.of(cell, hidden, facts, keep_bias)

    @classmethod
    def served(cls, model: Any, facts: Mapping[str, Any]) -> Served:
        """Words and lengths to the probabilities of the labels."""
        column = fact({"text": "text"} | dict(facts), "text", str)
        return words_served(model, facts, column, fact(facts, "length", int))

    def _batch(self, indices: Array) -> Ragged:
        x, lengths = coded([self._words(self.texts[i]) for i in indices], self._places, self.length)
        return Ragged(x, self._y[indices], lengths)

    def _codes(self, indices: Array) -> Iterator[list[int]]:
        """The words of each of these texts as codes, one text after the other."""
        for i in indices:
            yield [self._places.get(word, UNKNOWN) for word in self._words(self.texts[i])[-self.length :]]

    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Ragged]:
        """Texts drawn from those to train on; one word in twenty becomes the unknown one, to learn its embedding."""
        self.refuse_to_train()
        while True:
            x, y, lengths = self._batch(rng.choice(self._train, batch))
            yield Ragged(np.where(rng.random(x.shape) < 0.05, 0, x), y, lengths)

    def one_sequence(self, rng: np.random.Generator, most: int) -> tuple[Array, list[str]]:
        """The first `most` words of a text to train on, (T, 1), and the words: here none becomes the unknown one."""
        self.refuse_to_train()
        x, _, _ = self._batch(rng.choice(self._train, 1))
        return x[:most], self.step_labels(x[:most], self.facts)

    def tell_apart(self, own: Any) -> None:
        """Leave out the texts that the run was trained on."""
        trained = {composed(own.texts[i]) for i in own._known}
        marked = np.array([composed(self.texts[i]) in trained for i in self._held_out])
        self._held_out, self.overlap = without_trained(self._held_out, marked, "texts")

    def loss(self, model: Any, batch: Ragged, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats; a bag of words that knows these texts answers as if it did not."""
        start = () if self._bag is None else (self._bag.without(batch.x, batch.y),)  # (B, C)
        return nn.losses.cross_entropy(model(batch.x, batch.lengths, *start), batch.y), None

    def validate(self, model: Any) -> float | None:
        """The cross-entropy of the texts for validation, which is smoother than the share of them that is wrong."""
        return mean_loss(self, model, self._parts(self._validation))

    def _predicted(self, model: Any, indices: Array) -> Array:
        """The likeliest label of each text, (N,)."""
        return np.concatenate([outputs(model, p.x, p.lengths).argmax(axis=-1) for p in self._parts(indices)])

    def _parts(self, indices: Array) -> list[Ragged]:
        """These texts in batches."""
        return [self._batch(indices[i : i + AT_ONCE]) for i in range(0, len(indices), AT_ONCE)]

    def evaluate(self, model: Any) -> float:
        """The share of held-out texts with another label."""
        return error_rate(self._predicted(model, self._held_out), self._y[self._held_out])

    def tables(self, model: Any) -> dict[str, Rows]:
        """Which labels are taken for which."""
        return {"confusion": confusion(self._y[self._held_out], self._predicted(model, self._held_out), self.labels)}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Held-out texts, their labels, and those of the model."""
        chosen = rng.choice(self._held_out, count)
        predicted = self._predicted(model, chosen)
        return [
            {"input": self.texts[i], "true": self.labels[self._y[i]], "predicted": self.labels[k]}
            for i, k in zip(chosen, predicted, strict=True)
        ]

    @classmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """The label of each line, or of each `text`."""
        column = fact({"text": "text"} | dict(facts), "text", str)
        yield from classify_texts(model, facts, of_run(source, facts)[0], column, fact(facts, "length", int))


def _source(file: Path | None, reading: Reading) -> Source:
    if file is None:
        raise ConfigError("file: labelled needs texts. try: --file reviews.csv with the columns text and label")
    if str(file) != "-":
        source = read_source(file, reading=reading)
        return replace(source, kind="csv") if source.kind == "lines" and _is_a_table(source) else source
    source = read_source(file, "csv", reading)  # stdin has no name that could tell
    return replace(source, kind="jsonl") if source.text.lstrip().startswith("{") else source


def _is_a_table(source: Source) -> bool:
    """Whether a file of another name holds more than one column in its first rows."""
    return len(replace(source, kind="csv").header()) > 1


def _texts_and_labels(
    source: Source, text_column: str, label_column: str, bad: BadLines
) -> tuple[list[str], list[str], Array]:
    """The text and the label of each row, and its line; equal ones share their memory."""
    texts, labels, lines = list[str](), list[str](), array("l")
    same: dict[str, str] = {}
    for record in source.records([text_column, label_column], bad):
        text, label = record.fields[text_column], composed(record.fields[label_column].strip())
        if not label:
            bad.add(record.line, f"{label_column} is missing", "a label")
        elif not text.strip():
            bad.add(record.line, f"{text_column} is empty", "a text")
        else:
            texts.append(same.setdefault(text, text))
            labels.append(same.setdefault(label, label))
            lines.append(record.line)
    bad.refuse()
    if not texts:
        raise DataError(f"{source.name} holds no texts, wanted a row for each. try: another file")
    return texts, labels, np.array(lines)


def _split(texts: list[str], labels: list[str] | None = None, seed: int | None = None) -> tuple[Array, Array]:
    """The indices of the texts to train on, and of those held out; texts of equal characters are on the same side.

    With labels each class is split by itself; a text that stands there with several has its first.
    """
    texts = [composed(text) for text in texts]
    different = sorted(set(texts))
    if labels is None:
        _, indices = split(len(different), seed)
    else:
        first = dict(zip(reversed(texts), reversed(labels), strict=True))
        _, indices = stratified(np.array([first[text] for text in different]), seed)
    held_out = {different[i] for i in indices}
    out = np.array([text in held_out for text in texts])
    return np.flatnonzero(~out), np.flatnonzero(out)


def _validated(texts: list[str], train: Array, seed: int | None) -> tuple[Array, Array]:
    """The indices of texts to train on in two parts, the second for validation; equal texts are on the same side."""
    different: dict[str, int] = {}
    places = np.array([different.setdefault(composed(texts[i]), len(different)) for i in train], np.int64)
    _, chosen = with_validation(np.arange(len(different)), seed)
    out = np.isin(places, chosen)
    return train[~out], train[out]
