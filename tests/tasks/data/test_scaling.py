"""Columns of numbers: which are meant as such, what is refused with its line, and what is left out and said so."""

import unicodedata

import pytest

from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks import Labelled
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.data.scaling import listed, numeric_columns
from tinygrad_gru.tasks.own_data.forecasting import Forecast
from tinygrad_gru.tasks.own_data.sequence_classification import Groups


def table(cells, header="x,y"):
    """A table whose column x holds these cells, and whose column y counts the rows."""
    return Source("in", f"{header}\n" + "".join(f'"{cell}",{i}\n' for i, cell in enumerate(cells)), "csv")


@pytest.mark.parametrize(
    "first", ["", " ", "NA", "n/a", "nan", "-", "?", "1,200", "50%", "$50", "1,5", "€ 3", "x", "inf"]
)
@pytest.mark.parametrize("row", [0, 1, 39])
def test_a_column_of_numbers_is_not_dropped_for_one_cell_but_refused_with_its_line(first, row):
    cells = [str(i % 7) for i in range(40)]
    cells[row] = first
    with pytest.raises(DataError) as refused:
        Forecast(table(cells), length=3)
    shown = repr(first) if first.strip() else "missing"
    assert str(refused.value).startswith(f"in, line {row + 2}: x is {shown}, wanted a finite number. try: ")


@pytest.mark.parametrize("cell", ["1,200", "50%", "$50", "-€1.200,50", "1 200", "(5)", "−5", "1_000"])
def test_a_column_in_which_all_is_written_for_people_is_refused(cell):
    with pytest.raises(DataError, match="in, line 2: x is .*try: write it in digits, with a decimal point"):
        Forecast(table([cell] * 40), length=3)


@pytest.mark.parametrize(
    "cells",
    [
        [f"2024-01-{i % 28 + 1:02}" for i in range(40)],
        [f"{i % 28 + 1}.{i % 12 + 1}.24" for i in range(40)],
        [f"{i:03}h" for i in range(40)],
        ["", "NA"] * 20,
        ["7", *["Snow White"] * 39],  # a name may be a number
    ],
    ids=["ISO dates", "dates", "hours", "empty", "names"],
)
def test_what_holds_no_numbers_is_left_out_and_it_is_said(cells):
    task = Forecast(table(cells), length=3)
    assert task.scaling.columns == ["y"]
    assert task.data == "40 rows; the last 8 are held out · columns: y · forecast: y · left out, no numbers: x"


def test_a_column_is_meant_as_numbers_if_half_of_its_filled_cells_look_like_one():
    for cells, columns in [(["1", "b", "", ""], ["x", "y"]), (["1", "b", "c", ""], ["y"])]:
        source = table(cells)
        assert numeric_columns(source.table([])) == columns


def test_the_data_of_groups_are_told():
    text = "id,x,day,label\n" + "".join(f"g{i // 4},{i},mon,{'ab'[i // 8 % 2]}\n" for i in range(48))
    task = Groups(Source("in", text, "csv"), 3, "label", "id")
    assert task.data == (
        "12 groups by id; 2 are held out · label: a (6), b (6) · columns: x · "
        "of 12 groups only the last 3 rows · left out, no numbers: day"
    )


def test_the_data_of_texts_are_told_also_those_of_jsonl():
    text = "text,label,stars\n" + "".join(f"word{i} a b,{'xy'[i % 2]},{i}\n" for i in range(20))
    told = "20 texts; 4 are held out · labels: x (10), y (10) · of 20 texts only the last 2 words"
    assert Labelled(Source("in", text, "csv"), 2).data == told + " · columns left out: stars"
    lines = "".join(f'{{"text": "word{i} a b", "label": "{"xy"[i % 2]}", "stars": {i}}}\n' for i in range(20))
    assert Labelled(Source("in", "\n" + lines, "jsonl"), 2).data == told + " · columns left out: stars"


def test_labels_that_look_the_same_are_not_two():
    composed, decomposed = "café", unicodedata.normalize("NFD", "café")
    texts = "".join(f"t{i},{composed if i % 2 else decomposed}\n" for i in range(20))
    with pytest.raises(DataError, match="in, line 3: label 'café' stands before in other Unicode characters"):
        Labelled(Source("in", "text,label\n" + texts, "csv"), 3)
    rows = "".join(f"g{i},1,{composed if i % 2 else decomposed}\n" for i in range(20))
    with pytest.raises(DataError, match="in, line 3: label .* look the same"):
        Groups(Source("in", "id,x,label\n" + rows, "csv"), 3, "label", "id")


def test_groups_that_look_the_same_are_not_two_however_many_there_are():
    rows = "".join(f"g{i},{i},{'ab'[i % 2]}\n" for i in range(2000))
    twins = f"café,1,a\n{unicodedata.normalize('NFD', 'café')},1,a\n"
    for text, line in [(twins + rows, 3), (rows + twins, 2003)]:
        with pytest.raises(DataError, match=f"in, line {line}: id .* stands before in other"):
            Groups(Source("in", "id,x,label\n" + text, "csv"), 3, "label", "id")


def test_labels_come_out_as_they_went_in():
    labels = ["Good", "good", "1.0", "1", "ß", "\u202eodd", "NA", "🙂"]
    texts = "".join(f"t{i},{labels[i % 8]}\n" for i in range(40))
    task = Labelled(Source("in", "text,label\n" + texts, "csv"), 3)
    assert task.labels == sorted(labels) and [task.labels[k] for k in task._y] == labels * 5
    assert "'\\u202eodd (5)'" in task.data and task.data.isprintable()


def test_many_names_are_cut():
    assert listed([str(i) for i in range(23)]).endswith("18, 19 and 3 more")
