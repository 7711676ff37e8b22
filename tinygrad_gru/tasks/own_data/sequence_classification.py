"""Sequence classification: each group of rows of a table is a sequence, and has one label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
from ..data.reader import Source
from ..data.scaling import Scaling, listed
from ..data.split import FLATTERED, MOST_LABELS, split, stratified, with_validation
from ..data.tables.form import Reading
from ..data.tables.gaps import fill_gaps
from ..data.tables.rows import Table, table_of
from ..data.text import of_run, reading_facts, sha256
from ..data.tokens import composed
from ..metrics import confusion, error_rate
from ..models import AtTheEnd, most_likely, outputs
from ..served import Answering, Served, answering
from .table_task import TableTask, listed_classes, mean_loss, read_table, report_of, units_of, with_columns

__all__ = ["Groups"]

AT_ONCE = 256  # groups that are measured as one batch


class Groups(TableTask):
    """The label of each group of rows; the rows of a group stand in the order of the table."""

    metric = "share of groups wrong"
    compare = "the most frequent label, the nearest mean"
    length_is = "rows that are read of a group, its last ones"

    def __init__(
        self, source: Source, length: int, label: str, group: str, facts: Mapping[str, Any] | None = None,
        split_seed: int | None = None,
    ) -> None:  # fmt: skip
        """With the facts of a run its columns, scaling and labels are used, and another table is tested whole."""
        source, own = (source, False) if facts is None else of_run(source, facts)
        header = source.header()
        self.length = length
        self.label, self.group = source.column(label, header) or label, source.column(group, header) or group
        table = table_of(source, [], self.group, self.label, with_columns(facts), own)
        self._source, self._table, self.names, labels = source, table, table.groups, table.labels
        members, self._reading = _members(table), reading_facts(source, facts)
        self._fingerprint = sha256(source.text)

        if facts is None:
            self.labels = sorted(set(labels))
            if not 2 <= len(self.labels) <= MOST_LABELS or len(labels) < 10:
                got = f"{len(labels)} groups with {len(self.labels)} different labels"
                raise DataError(f"{source.name} holds {got}, wanted 10 or more with 2 to {MOST_LABELS}. try: --group")
        else:
            self.labels = fact(facts, "labels", list)
        places = {composed(str(name)): place for place, name in enumerate(self.labels)}
        if unknown := next((name for name in labels if name not in places), None):
            raise DataError(f"{source.name}: {self.label} {unknown[:40]!r} was never seen in training. try: without it")
        self._y = np.array([places[name] for name in labels])
        self._stratified = facts is None or facts.get("split") == "stratified"
        self._validates = facts is None or facts.get("validation") is True
        self._split_seed = split_seed if facts is None else facts.get("split_seed")
        sides = stratified(self._y, self._split_seed) if self._stratified else split(len(members), self._split_seed)
        self._known, self._held_out = (np.sort(indices) for indices in sides)
        if facts is not None and not own:
            self._held_out, self._known = np.arange(len(members)), self._known[:0]
            self.all_held_out = True
        self._train, self._validation = self._known, self._known[:0]
        if self._validates:
            self._train, self._validation = with_validation(self._known, self._split_seed)
        in_training = np.concatenate([members[i] for i in self._known]) if len(self._known) else np.zeros(0, np.int64)
        means = None if facts is None else Scaling.from_facts(facts).mean
        values = _filled(source, table, members, in_training, means)
        self.scaling = Scaling.of(table.columns, values[in_training]) if facts is None else Scaling.from_facts(facts)
        z = self.scaling(values)
        self._x = [z[rows] for rows in members]

    @classmethod
    def create(
        cls, length: int, file: Path | None = None, label: str = "label", group: str = "group",
        split_seed: int | None = None, **options: Any,
    ) -> Groups:  # fmt: skip
        """The groups of a table, and the columns that name them and hold their labels; options are a Reading's."""
        return cls(read_table(file, Reading.of(options)), length, label, group, split_seed=split_seed, **options)

    @classmethod
    def again(cls, length: int, file: Path | None, facts: Mapping[str, Any]) -> Groups:
        """A table in the columns, the scaling and the labels of a run."""
        source = read_table(file, Reading.from_facts(facts))
        return cls(source, length, fact(facts, "label", str), fact(facts, "group", str), facts)

    @property
    def data(self) -> str:
        """The groups, their labels, and the columns that are used and left out."""
        counts = np.bincount(self._y, minlength=len(self.labels))
        labels = [f"{name} ({n})" for name, n in zip(self.labels, counts, strict=True)]
        more = f", {n:,} more choose the weights that are kept" if (n := len(self._validation)) else ""
        more = FLATTERED if len(self._train) and not n else more
        parts = [
            f"{len(self._x):,} groups by {listed([self.group])}; {len(self._held_out):,} are held out{more}",
            f"{listed([self.label])}: {listed(labels)}",
            f"columns: {listed(self.scaling.columns)}",
        ]
        if longer := sum(len(x) > self.length for x in self._x):
            parts.append(f"of {longer:,} groups only the last {self.length} rows")
        if left_out := self._table.left_out:
            parts.append(f"left out: {listed([f'{name} ({why})' for name, why in left_out.items()])}")
        return " · ".join(parts)

    @property
    def report(self) -> list[str]:
        """How the table is read, its columns, and the split of each class."""
        uses = dict.fromkeys(self.scaling.columns, "input") | {self.label: "label", self.group: "group"}
        classes = listed_classes(self.labels, self._y, self._known, self._held_out)
        return report_of(self._source, self._table, uses, f"groups trained on + held out: {classes}")

    @property
    def facts(self) -> dict[str, Any]:
        """The columns and their scaling, how they are read, the labels, and the file's fingerprint."""
        return {
            "kind": "groups",
            **self.scaling.as_facts(),
            **self._table.as_facts(),
            "reading": self._reading,
            "split": "stratified" if self._stratified else "random",
            "label": self.label,
            "group": self.group,
            "labels": self.labels,
            "length": self.length,
            "sha256": self._fingerprint,
            **({"validation": True} if self._validates else {}),
            **({"split_seed": self._split_seed} if self._split_seed is not None else {}),
        }

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> AtTheEnd:
        """An untrained model for these columns and labels."""
        columns, labels = Scaling.from_facts(facts).columns, fact(facts, "labels", list)
        return AtTheEnd(cell, len(columns), hidden, len(labels), keep_bias)

    @classmethod
    def served(cls, model: Any, facts: Mapping[str, Any]) -> Served:
        """Rows in the units of their columns, and lengths, to the probabilities of the labels."""
        scaling, labels = Scaling.from_facts(facts), fact(facts, "labels", list)
        plain = answering(model, labels, units_of(facts) | {"group": fact(facts, "group", str)})
        module = Answering(model, True, (scaling.mean, scaling.spread))
        return replace(plain, module=module, example=plain.example | {"x": plain.example["x"].astype(np.float64)})

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
        trained = {own._x[i].tobytes() for i in own._known}
        marked = np.array([self._x[i].tobytes() in trained for i in self._held_out])
        self._held_out, self.overlap = without_trained(self._held_out, marked, "groups")

    def loss(self, model: Any, batch: Ragged, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats."""
        return nn.losses.cross_entropy(model(Tensor(batch.x, name="x"), batch.lengths), batch.y), None

    def _predicted(self, model: Any, chosen: Array) -> Array:
        """The likeliest label of each group."""
        return np.concatenate([outputs(model, p.x, p.lengths).argmax(axis=-1) for p in self._parts(chosen)])

    def _parts(self, chosen: Array) -> list[Ragged]:
        """These groups in batches."""
        return [self._batch(chosen[i : i + AT_ONCE]) for i in range(0, len(chosen), AT_ONCE)]

    def validate(self, model: Any) -> float | None:
        """The cross-entropy of the groups for validation, which is smoother than the share of them that is wrong."""
        return mean_loss(self, model, self._parts(self._validation))

    def evaluate(self, model: Any) -> float:
        """The share of held-out groups with another label."""
        return error_rate(self._predicted(model, self._held_out), self._y[self._held_out])

    @cached_property
    def baselines(self) -> dict[str, float]:
        """The most frequent label, and that of the nearest mean: its features are the means of the columns."""
        target = self._y[self._held_out]
        labels = self._y[self._known] if len(self._known) else target
        frequent = majority_class(labels)
        errors = {f"always answering {self.labels[frequent]}": error_rate(np.full_like(target, frequent), target)}
        if len(self._known):
            means = np.array([x[-self.length :].mean(axis=0) for x in self._x])  # (N, C)
            nearest = nearest_mean(means[self._known], labels, means[self._held_out])
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
        source, own = of_run(source, facts)
        in_file = source.column(group) or group
        table = table_of(source, [], in_file, None, with_columns(facts), own)
        table.bad.tell()
        members = _members(table)
        z = scaling(_filled(source, table, members, np.zeros(0, np.int64), scaling.mean))
        for name, rows in zip(table.groups, members, strict=True):
            x, lengths = _side_by_side([z[rows]], length)
            yield {group: name} | most_likely(outputs(model, x, lengths)[0], labels)


def _members(table: Table) -> list[Array]:
    """The rows of each group, in the order of the table."""
    order = np.argsort(table.codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(table.codes, minlength=len(table.groups)))[:-1])


def _filled(
    source: Source, table: Table, members: Sequence[Array], in_training: Array, means: Sequence[float] | None
) -> Array:
    """The values (N, C) without gaps: each group is filled by itself, and where it has no value, with the mean.

    `means` are those of a run, by default those of the rows `in_training`.
    """
    how, values = source.reading.fill, table.values
    if how is None or not np.isnan(values).any():
        return values
    empty = [name for name, rows in zip(table.columns, values[in_training].T, strict=True) if np.isnan(rows).all()]
    if means is None and empty:
        raise DataError(f"{source.name}: {empty[0]} has no value in the groups to train on. try: leave the column out")
    known = np.nanmean(values[in_training], axis=0) if means is None else np.array(means)
    values = values.copy()
    for rows in members:
        if np.isnan(part := values[rows]).any():
            fill_gaps(part, how, known)
            values[rows] = part
    return values


def _side_by_side(sequences: Sequence[Array], longest: int) -> tuple[Array, Array]:
    """Sequences (T_i, C) as one array (T, B, C), padded with zeros, and their lengths (B,)."""
    cut = [x[-longest:] for x in sequences]
    lengths = np.array([len(x) for x in cut])
    x = np.zeros((lengths.max(), len(cut), cut[0].shape[1]), np.float32)
    for b, sequence in enumerate(cut):
        x[: len(sequence), b] = sequence
    return x, lengths
