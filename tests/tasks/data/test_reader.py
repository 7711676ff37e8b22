"""The user's own data: what is read, and the one line with its number about what cannot be."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_gru.errors import ConfigError, DataError
from tinygrad_gru.tasks import TASKS, Labelled
from tinygrad_gru.tasks.data import reader as records
from tinygrad_gru.tasks.data.reader import Record, Source, read_source
from tinygrad_gru.tasks.own_data.forecasting import Forecast
from tinygrad_gru.tasks.own_data.sequence_classification import Groups


def read(text, kind="csv", needed=("text", "label")):
    return list(Source("in", text, kind).records(list(needed)))


def test_a_quoted_field_may_hold_commas_quotes_and_line_ends():
    rows = read('text,label\r\n"a, ""b""\nc",good\r\n\r\nd,bad\r\n')
    assert rows == [
        Record(2, {"text": 'a, "b"\nc', "label": "good"}),
        Record(5, {"text": "d", "label": "bad"}),  # counted in lines of the file, not in rows
    ]


def test_jsonl_is_an_object_a_line_and_numbers_become_text():
    rows = read('{"text": "a\\nb", "label": 1, "more": []}\n\n{"label": true, "text": "ü"}', "jsonl")
    assert rows == [
        Record(1, {"text": "a\nb", "label": "1"}),
        Record(3, {"text": "ü", "label": "true"}),
    ]


def test_plain_lines_are_the_one_column_that_is_needed():
    assert read(" a b \n\nc", "lines", ["text"]) == [Record(1, {"text": " a b "}), Record(3, {"text": "c"})]


def test_only_line_ends_end_a_line():
    text = "a\u2028b\r\n c\x0b\x85\x0c \rd\x1e\n\n"
    assert read(text, "lines", ["text"]) == [
        Record(1, {"text": "a\u2028b"}),
        Record(2, {"text": " c\x0b\x85\x0c "}),
        Record(3, {"text": "d\x1e"}),
    ]


def test_numbers_of_jsonl_come_out_as_they_were_written():
    written = ["1e2", "1.0", "-0", "0.1000000000000000055", "123456789012345678901234567890", "1" * 10_000]
    rows = read("".join(f'{{"text": {n}, "label": 1}}\n' for n in written), "jsonl")
    assert [row.fields["text"] for row in rows] == written


@pytest.mark.parametrize("header", ["2019,2020,2021", "0,1", "a|b,c", "passengers a month", "time;s,b,c"])
def test_odd_names_of_columns_are_names(header):
    assert Source("in", header + "\n", "csv").header() == header.split(",")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("text,lable\na,b\n", "line 1: no column 'label', got text, lable. try: "),
        ("text,label\na,b\nc\n", "line 3: got 1 fields, wanted 2 as in the header"),
        ("text,label\na,b,c\n", "line 2: got 3 fields, wanted 2"),
        ("text,text\na,b\n", "line 1: two columns are called 'text'"),
        ("\n\n", "line 1: nothing there, wanted a row with the names"),
        ('text,label\na,b\n"c,d\ne,f\n', "line 3: unexpected end of data. try: each"),
        ('text,label\n"a"b,c\n', "line 2: "),
        ("text,label\na\0b,c\n", "line 2: a NUL character"),
        ("text,label\nc,d\n" + "a" * 200_000 + ",b\n", "line 3: a field of more than 131,072 characters"),
    ],
)
def test_a_csv_file_that_cannot_be_read_is_told_with_its_line(text, complaint):
    with pytest.raises(DataError) as told:
        read(text)
    assert str(told.value).startswith(f"in, {complaint}")
    assert "\n" not in str(told.value) and len(str(told.value)) < 250


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"text": "a", "label": "b"}\n{"text": "a"\n', "line 2: no JSON: "),
        ('{"text": "a"}\n', "line 1: no 'label', got text"),
        ('["a", "b"]\n', "line 1: got a list, wanted an object"),
        ('{"text": null, "label": "b"}\n', "line 1: text is null, wanted text or a number"),
        ('{"text": {"a": [1]}, "label": "b"}\n', "line 1: text is an object, wanted text"),
        ('{"text": "\\ud800", "label": "b"}\n', "line 1: text holds half of a surrogate pair"),
        ("[" * 100_000 + "\n", "line 1: no JSON: "),
        ('{"text": ' + "1" * 10_000 + "\n", "line 1: no JSON: "),
        ('{"text": "a", "label": 1, "text": "b"}\n', "line 1: two values for 'text'. try: one of them"),
    ],
)
def test_jsonl_that_cannot_be_read_is_told_with_its_line(text, complaint):
    with pytest.raises(DataError) as told:
        read(text, "jsonl")
    assert str(told.value).startswith(f"in, {complaint}") and "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"text,label\nshla,\xe4\xe0\n", "is not UTF-8: byte 0xe4 at offset 16, line 2, in an encoding that cannot"),
    ],
)
def test_a_file_in_another_encoding_or_empty_is_told(data, complaint, tmp_path):
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(DataError) as told:
        read_source(tmp_path / "t.csv")
    assert complaint in str(told.value)


def test_the_kind_is_told_by_the_name_unless_it_is_given(tmp_path):
    for name, kind in [("a.csv", "csv"), ("a.CSV", "csv"), ("a.jsonl", "jsonl"), ("a.txt", "lines")]:
        (tmp_path / name).write_bytes(b"\xef\xbb\xbftext,label\n")
        source = read_source(tmp_path / name)
        assert (source.kind, source.text) == (kind, "text,label\n")
    assert read_source(tmp_path / "a.txt", "csv").header() == ["text", "label"]


@given(st.binary(max_size=60), st.sampled_from(["lines", "csv", "jsonl"]))
def test_whatever_stands_in_a_file_there_are_records_or_one_line(tmp_path_factory, data, kind):
    file = tmp_path_factory.getbasetemp() / "any"
    file.write_bytes(b'text,label\n"a",b\n' * (kind == "csv") + data)
    try:
        source = read_source(file, kind)
        for record in source.records(["text"]):
            assert 1 <= record.line <= source.text.count("\n") + source.text.count("\r") + 1 or kind == "lines"
            assert isinstance(record.fields["text"], str)
    except DataError as error:
        assert "\n" not in str(error)


@given(st.text(max_size=40), st.sampled_from(sorted(set(TASKS) - {"chars", "labelled", "table", "sentiment"})))
def test_whatever_stands_in_a_line_it_is_a_sequence_or_one_line(text, name):
    task = TASKS[name]
    try:
        x = task.read(text, {"digits": 2})
    except DataError as error:
        assert "\n" not in repr(str(error)) and len(str(error)) < 250
    else:
        assert x.shape[1] == 1 and np.isfinite(x).all()


@given(st.lists(st.lists(st.text(max_size=6), min_size=2, max_size=2), max_size=14))
def test_whatever_stands_in_a_table_it_is_a_task_or_one_line(rows):
    written = io.StringIO()
    csv.writer(written).writerows([("text", "label"), *rows])
    for make in (lambda s: Labelled(s, 5), lambda s: Forecast(s, 1), lambda s: Groups(s, 3, "label", "text")):
        try:
            task = make(Source("in", written.getvalue(), "csv"))
            assert all(np.isfinite(value) for value in task.baselines.values())
        except (DataError, ConfigError) as error:
            assert "\n" not in str(error).replace("\\n", "")


class Endless(io.RawIOBase):
    """Data that never end, as of `yes |`."""

    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[:] = b"a" * len(buffer)
        return len(buffer)


def test_a_stdin_without_an_end_is_read_to_a_limit(monkeypatch):
    monkeypatch.setattr(records, "MOST_FROM_STDIN", 1_000_000)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
    with pytest.raises(DataError, match="stdin holds more than 1,000,000 bytes. try: a file, by its name"):
        read_source(Path("-"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a" * 1_000_000)))
    assert len(read_source(Path("-")).text) == 1_000_000
