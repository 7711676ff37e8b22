"""Sequence classification: groups against their definition, the split, and tables that are refused."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.tasks.own_data.tables import groups, unscaled
from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks import Groups, Source, Table


def test_a_group_is_a_sequence_and_none_is_on_both_sides():
    task = Groups(groups(), 10, "label", "id")
    assert (task.labels, task.scaling.columns, len(task._held_out)) == (["even", "odd"], ["x"], 4)
    assert not set(task._train) & set(task._held_out)
    assert "4 are held out, and choose the weights that are kept, which flatters them" in task.data
    x, y, lengths = next(task.batches(np.random.default_rng(0), 40))
    assert x.shape == (3, 40, 1) and (lengths == 3).all()
    for b in range(40):
        values = unscaled(task, x[:, b, 0], "x")
        assert values.tolist() == [values[0], values[0] + 1, values[0] + 2]
        assert y[b] == values[0] % 2 and values[0] in task._train


def test_groups_of_different_lengths_are_read_to_their_ends():
    text = "group,x,label\n" + "".join(f"g{g},{i},{'ab'[g % 2]}\n" for g in range(12) for i in range(1 + g % 4))
    task = Groups(Source("in", text, "csv"), 3, "label", "group")
    _, _, lengths = task._batch(np.arange(12))
    assert lengths.tolist() == [1, 2, 3, 3] * 3  # the last three of four
    with tg.seed(0):
        model = task.model("lstm", 4)
    rows = list(Table.predict(model, task.facts, Source("in", text, "csv")))
    assert [row["group"] for row in rows] == [f"g{g}" for g in range(12)]
    said = [task.labels[k] for k in task._predicted(model, np.arange(12))]
    assert [row["predicted"] for row in rows] == said


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,x,label\ng,1,a\ng,2,b\n", "in, line 3: label is 'b', but 'a' before in id 'g'"),
        ("id,x,label\ng,1,\n", "in, line 2: label is missing"),
        ("id,x,label\n,1,a\n", "in, line 2: id is missing"),
        ("id,x,label\ng,1,a\nh,2,b\n", "in holds 2 groups with 2 different labels"),
        ("x,label\n1,a\n", "in, line 1: no column 'id'"),
    ],
)
def test_groups_that_cannot_be_used_are_refused(text, complaint):
    with pytest.raises(DataError) as told:
        Groups(Source("in", text, "csv"), 4, "label", "id")
    assert str(told.value).startswith(complaint)


def test_the_baselines_of_groups_are_the_most_frequent_label_and_the_nearest_mean():
    text = "id,x,label\n" + "".join(
        f"g{g},{10 * (g % 4 == 0) + i},{'ab'[g % 4 == 0]}\n" for g in range(40) for i in (0, 1)
    )
    task = Groups(Source("in", text, "csv"), 4, "label", "id")
    rare = np.mean(task._y[task._held_out] == 1)
    assert task.baselines == {"always answering a": rare, "the nearest mean": 0}  # a mean of 0.5, or of 10.5
    assert task.goal == 1e-9
