"""Sequence classification: each group of rows of a table is a sequence, and has one label."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import DataError
from ..base import Ragged, Rows
from ..baselines import majority_class, nearest_mean
from ..data.facts import fact
from ..data.overlap import without_trained
from ..data.reader import Records, Source
from ..data.scaling import Scaling, listed, numbers, numeric_columns, refuse_twin_labels
from ..data.split import MOST_LABELS, split
from ..data.text import sha256
from ..metrics import confusion, error_rate
from ..models import AtTheEnd, most_likely, outputs
from .table_task import TableTask, read_table

__all__ = ["Groups"]


class Groups(TableTask):
    """The label of each group of rows; the rows of a group stand in the order of the table."""

    metric = "share of groups wrong"
    compare = "the most frequent label, the nearest mean"
    length_is = "rows that are read of a group, its last ones"

    def __init__(
        self, source: Source, length: int, label: str, group: str, facts: Mapping[str, Any] | None = None
    ) -> None:
        """With the facts of a run its columns, scaling and labels are used, and another table is tested whole."""
        self.length, self.label, self.group = length, label, group
        own_columns = [] if facts is None else Scaling.from_facts(facts).columns
        records = source.table([label, group, *own_columns])
        columns = own_columns or numeric_columns(records, but=[label, group])
        self.names, members = _grouped(records, group)
        values = numbers(records, columns)  # (N, C)
        self._left_out = source.left_out([label, group, *columns])
        refuse_twin_labels(records, label)
        refuse_twin_labels(records, group, len(self.names))
        labels = _labels_of(records, label, group, None if facts is None else fact(facts, "labels", list))
        self._fingerprint = sha256(source.text)

        if facts is None:
            self.labels = sorted(set(labels))
            if not 2 <= len(self.labels) <= MOST_LABELS or len(labels) < 10:
                got = f"{len(labels)} groups with {len(self.labels)} different labels"
                raise DataError(f"{source.name} holds {got}, wanted 10 or more with 2 to {MOST_LABELS}. try: --group")
        else:
            self.labels = fact(facts, "labels", list)
        self._train, self._held_out = (np.sort(indices) for indices in split(len(members)))
        if facts is not None and facts.get("sha256") != self._fingerprint:
            self._held_out, self._train = np.arange(len(members)), self._train[:0]
            self.all_held_out = True
        self._y = np.array([self.labels.index(name) for name in labels])
        if facts is None:
            self.scaling = Scaling.of(columns, values[np.concatenate([members[i] for i in self._train])])
        else:
            self.scaling = Scaling.from_facts(facts)
        z = self.scaling(values)
        self._x = [z[rows] for rows in members]

    @classmethod
    def create(cls, length: int, file: Path | None = None, label: str = "label", group: str = "group") -> Groups:
        """The groups of a CSV file, and the columns that name them and hold their labels."""
        return cls(read_table(file), length, label, group)

    @classmethod
    def again(cls, length: int, file: Path | None, facts: Mapping[str, Any]) -> Groups:
        """A table in the columns, the scaling and the labels of a run."""
        return cls(read_table(file), length, fact(facts, "label", str), fact(facts, "group", str), facts)

    @property
    def data(self) -> str:
        """The groups, their labels, and the columns that are used and left out."""
        counts = np.bincount(self._y, minlength=len(self.labels))
        labels = [f"{name} ({n})" for name, n in zip(self.labels, counts, strict=True)]
        parts = [
            f"{len(self._x):,} groups by {listed([self.group])}; {len(self._held_out):,} are held out",
            f"{listed([self.label])}: {listed(labels)}",
            f"columns: {listed(self.scaling.columns)}",
        ]
        if longer := sum(len(x) > self.length for x in self._x):
            parts.append(f"of {longer:,} groups only the last {self.length} rows")
        return " · ".join(parts + ([f"left out, no numbers: {listed(self._left_out)}"] if self._left_out else []))

    @property
    def facts(self) -> dict[str, Any]:
        """The columns and their scaling, the labels, and the file's fingerprint."""
        return {
            "kind": "groups",
            **self.scaling.as_facts(),
            "label": self.label,
            "group": self.group,
            "labels": self.labels,
            "length": self.length,
            "sha256": self._fingerprint,
        }

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> AtTheEnd:
        """An untrained model for these columns and labels."""
        columns, labels = Scaling.from_facts(facts).columns, fact(facts, "labels", list)
        return AtTheEnd(cell, len(columns), hidden, len(labels), keep_bias)

    def _batch(self, chosen: Array) -> Ragged:
        x, lengths = _side_by_side([self._x[i] for i in chosen], self.length)
        return Ragged(x, self._y[chosen], lengths)

    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Ragged]:
        """Groups drawn from those to train on."""
        self.refuse_to_train()
        while True:
            yield self._batch(rng.choice(self._train, batch))

    def tell_apart(self, own: Any) -> None:
        """Leave out the groups whose rows the run was trained on."""
        trained = {own._x[i].tobytes() for i in own._train}
        marked = np.array([self._x[i].tobytes() in trained for i in self._held_out])
        self._held_out, self.overlap = without_trained(self._held_out, marked, "groups")

    def loss(self, model: Any, batch: Ragged, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats."""
        return nn.losses.cross_entropy(model(Tensor(batch.x, name="x"), batch.lengths), batch.y), None

    def _predicted(self, model: Any, chosen: Array) -> Array:
        """The likeliest label of each group."""
        parts = [self._batch(chosen[i : i + 256]) for i in range(0, len(chosen), 256)]
        return np.concatenate([outputs(model, p.x, p.lengths).argmax(axis=-1) for p in parts])

    def evaluate(self, model: Any) -> float:
        """The share of held-out groups with another label."""
        return error_rate(self._predicted(model, self._held_out), self._y[self._held_out])

    @cached_property
    def baselines(self) -> dict[str, float]:
        """The most frequent label, and that of the nearest mean: its features are the means of the columns."""
        target = self._y[self._held_out]
        labels = self._y[self._train] if len(self._train) else target
        frequent = majority_class(labels)
        errors = {f"always answering {self.labels[frequent]}": error_rate(np.full_like(target, frequent), target)}
        if len(self._train):
            means = np.array([x[-self.length :].mean(axis=0) for x in self._x])  # (N, C)
            nearest = nearest_mean(means[self._train], labels, means[self._held_out])
            errors["the nearest mean"] = error_rate(nearest, target)
        return errors

    @property
    def goal(self) -> float:
        """Better than the best baseline, or never wrong where that is too."""
        return max(min(self.baselines.values()), 1e-9)

    def tables(self, model: Any) -> dict[str, Rows]:
        """Which labels are taken for which."""
        return {"confusion": confusion(self._y[self._held_out], self._predicted(model, self._held_out), self.labels)}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Held-out groups, their labels, and those of the model."""
        chosen = rng.choice(self._held_out, count)
        return [
            {"input": self.names[i], "true": self.labels[self._y[i]], "predicted": self.labels[k]}
            for i, k in zip(chosen, self._predicted(model, chosen), strict=True)
        ]

    @classmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """The label of each group with its probability."""
        scaling, labels = Scaling.from_facts(facts), fact(facts, "labels", list)
        group, length = fact(facts, "group", str), fact(facts, "length", int)
        records = source.table([group, *scaling.columns])
        names, members = _grouped(records, group)
        z = scaling(numbers(records, scaling.columns))
        for name, rows in zip(names, members, strict=True):
            x, lengths = _side_by_side([z[rows]], length)
            yield {group: name} | most_likely(outputs(model, x, lengths)[0], labels)


def _grouped(records: Records, group: str) -> tuple[list[str], list[Array]]:
    """The groups' names, in the order in which they appear, and the rows of each."""
    places: dict[str, int] = {}
    of_row = array("l")
    for record in records:
        name = record.fields[group].strip()
        if not name:
            raise records.source.error(record.line, f"{group} is missing. try: the name of the group it belongs to")
        of_row.append(places.setdefault(name, len(places)))
    codes = np.array(of_row, np.int64)
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes, minlength=len(places)))[:-1]) if places else []
    return list(places), members


def _labels_of(records: Records, label: str, group: str, known: Sequence[str] | None) -> list[str]:
    """The label that all rows of a group share; one of `known`, unless that is None."""
    labels: dict[str, str] = {}
    same: dict[str, str] = {}  # equal texts, once
    for record in records:
        name, text = record.fields[group].strip(), record.fields[label].strip()
        first = labels.setdefault(name, same.setdefault(text, text))
        if text != first or not first:
            if first:
                problem = f"{label} is {record.fields[label][:40] or 'none'!r}, but {first[:40]!r} before in {group} "
                raise records.source.error(record.line, problem + repr(record.fields[group][:40]))
            raise records.source.error(record.line, f"{label} is missing. try: leave the row out")
        if known is not None and first not in known:
            raise records.source.error(record.line, f"label {first[:40]!r} was never seen in training")
    return list(labels.values())


def _side_by_side(sequences: Sequence[Array], longest: int) -> tuple[Array, Array]:
    """Sequences (T_i, C) as one array (T, B, C), padded with zeros, and their lengths (B,)."""
    cut = [x[-longest:] for x in sequences]
    lengths = np.array([len(x) for x in cut])
    x = np.zeros((lengths.max(), len(cut), cut[0].shape[1]), np.float32)
    for b, sequence in enumerate(cut):
        x[: len(sequence), b] = sequence
    return x, lengths
