"""The form of a table: what is found in its first rows, what an option says instead, and what a run remembers."""

import pytest

from tinygrad_gru.errors import CheckpointError, DataError
from tinygrad_gru.tasks.data.reader import Source
from tinygrad_gru.tasks.data.tables.form import Form, Reading, form_of

FORMS = [
    ("a,b\n1,2\n3,4\n", Form(",")),
    ("a;b\n1,5;2,5\n2,5;3\n", Form(";")),
    ("a\tb\n1\t2\n", Form("\t")),
    ("a|b|c\n1|2|3\n", Form("|")),
    ("a b\n1 2\n3   4\n", Form(" ")),
    ("sep=;\na;b\n1;2\n", Form(";")),
    ("x\n1,5\n2,5\n", Form(";")),  # one column of decimal commas
    ("x\n1\n2\n3,4\n5\n", Form(",")),  # its fourth line has a field too many
    ('text,label\n"a, b",x\nhello; there,y\n', Form(",")),
    ("text;label\nhello, my dear;x\nwell, I see;y\n", Form(";")),
    ("time;s,b,c\n1,2,3\n", Form(",")),
    ("passengers a month\n112\n118\n", Form(",")),
    ("'a b','x'\n'c, d','y'\n'e','z'\n", Form(",", "'")),
    ('text\tlabel\na "b\tx\nno "c\ty\n"d e\tx\n', Form("\t", "")),  # quotes that stray, as in many a TSV
    ("112\n118\n", Form(",", '"', False)),
    ("1.5,2\n3,4\n", Form(",", '"', False)),
    ("1,5;2,5\n3,5;1\n", Form(";", '"', False)),
    ("2024-01-01,x,5\n2024-01-02,y,6\n", Form(",", '"', False)),
    ("2019,2020,2021\n1,2,3\n", Form(",")),  # years are names
    ("good film,pos\nbad film,neg\n", Form(",")),
    (",a\n0,1\n1,2\n", Form(",")),
    ("# from somewhere\n# in 2024; as is\nday,a,b\n1,2,3\n", Form(",", above=2)),
    ("# a b c\n1 2 3\n4 5 6\n", Form(" ", commented=True)),  # as numpy.savetxt has it
    ("# of 2024\n# a,b\n1,5\n3,4\n", Form(",", above=1, commented=True)),
    ("#id,x\n1,2\n3,4\n", Form(",", commented=True)),
    ("# of 2024\n1,5\n3,4\n", Form(",", header=False, above=1)),
]


@pytest.mark.parametrize(("text", "form"), FORMS, ids=[text for text, _ in FORMS])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_form_is_found_in_the_first_rows(text, form, end):
    assert form_of(text.replace("\n", end), Reading()) == form


def test_lines_of_comment_above_a_table_are_no_rows_and_count_as_lines():
    source = Source("in", "# from somewhere\r\n# a;b\r\n1;2\r\n\r\n3\r\n4;5\r\n6;7\r\n", "csv")
    assert source.header() == ["a", "b"] and source.form.words.startswith(
        "semicolons between fields, 1 line of comment"
    )
    rows = source.records(["a"])
    assert next(rows).line == 3
    with pytest.raises(DataError, match="in, line 5: got 1 fields, wanted 2"):
        next(rows)


@pytest.mark.parametrize(
    ("reading", "form"),
    [
        (Reading(delimiter="semicolon"), Form(";")),
        (Reading(header="no"), Form(",", '"', False)),
        (Reading(quote="none"), Form(",", "")),
        (Reading(quote="single", delimiter="tab", header="yes"), Form("\t", "'")),
    ],
)
def test_an_option_says_otherwise(reading, form):
    assert form_of('a,b\n"1",2\n', reading) == form


def test_a_long_head_is_cut_at_the_end_of_a_row():
    rows = "".join(f'{i},"{"long; " * 50}"\n' for i in range(2000))
    assert form_of("a,b\n" + rows, Reading()) == Form(",")


def test_the_form_is_told_in_words():
    assert Form(";").words == "semicolons between fields, names in the first row"
    assert Form("\t", "", False).words == "tabs between fields, no quotes, no names: column 1, column 2 …"


def test_a_run_reads_its_own_file_in_the_form_that_was_found_and_others_as_they_are():
    facts = {"sha256": "x", "reading": Reading(fill="mean").as_facts(Form(";", '"', False))}
    assert Reading.from_facts(facts, own=True) == Reading(
        delimiter="semicolon", quote="double", header="no", fill="mean"
    )
    assert Reading.from_facts(facts) == Reading(fill="mean")
    assert Source("in", "a,b\n1,2\n", "csv", Reading.from_facts(facts)).header() == ["a", "b"]


def test_runs_of_earlier_versions_had_commas_and_points_and_the_order_of_the_file():
    old = Reading(delimiter="comma", quote="double", header="yes", decimal="point", time="none")
    assert Reading.from_facts({"sha256": "x"}, own=True) == Reading.from_facts({"sha256": "x"}) == old
    assert Reading.from_facts({}) == Reading()  # a task that makes its own data reads any file


@pytest.mark.parametrize(
    "reading",
    [
        3,
        {},
        {"asked": {}, "form": 1},
        {"asked": {"fill": "most"}, "form": {}},
        {"asked": {"skip_bad": "yes"}, "form": {}},
        {"asked": {"other": "x"}, "form": {}},
        {"asked": {"encoding": 5}, "form": {}},
    ],
)
def test_facts_that_cannot_be_used_are_refused(reading):
    with pytest.raises(CheckpointError, match="the checkpoint's reading cannot be used"):
        Reading.from_facts({"sha256": "x", "reading": reading})
