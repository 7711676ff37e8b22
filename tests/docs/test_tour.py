"""The book keeps its promises: it is small, whole, and explained; and the page about it shows it as it is."""

import ast
import re
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.docs import tour as tours
from tests.docs.pages import read_blocks

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]


@pytest.fixture(scope="module")
def tour():
    return tours.read()


# --- the book --------------------------------------------------------------------------------------------------------


def test_the_book_keeps_its_promises(tour):
    assert tours.faults(tour) == []


def test_the_book_holds_what_a_gru_needs_to_learn(tour):
    """Five files as a whole; of the operations these eight; an optimiser and a loss."""
    files = {tour.package.find(name)[0].file.name for name in tour.names if whole_file(tour, name)}
    assert {"tensor.py", "op.py", "backward.py", "cells.py", "unroll.py"} == files
    last = {name.rpartition(".")[2] for name in tour.names}
    assert {"Add", "Multiply", "Matmul", "Tanh", "Sigmoid", "Concat", "Sum", "Getitem", "Adam", "mse"} <= last


def whole_file(tour, name):
    return isinstance(tour.package.find(name)[1], ast.Module)


def test_readme_says_how_many_lines_the_afternoon_means(tour):
    readme = tours.README.read_text(encoding="utf-8")
    assert tours.with_lines(readme, tour) == readme, "the book has changed. try: make tour"
    with pytest.raises(ValueError, match="README says nowhere"):
        tours.with_lines("An afternoon.", tour)


# --- what is called while it runs ------------------------------------------------------------------------------------


def calls_while(run):
    """(caller, callee) for each call from one function of the package to another, by dotted name."""
    calls = set()

    def note(frame, event, argument):
        if event == "call" and frame.f_back is not None:
            calls.add((dotted_name(frame.f_back.f_code), dotted_name(frame.f_code)))

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return {(caller, callee) for caller, callee in calls if caller and callee}


def dotted_name(code):
    file = Path(code.co_filename)
    if not file.is_relative_to(tours.PACKAGE):
        return None
    parts = file.relative_to(tours.PACKAGE).with_suffix("").parts
    return ".".join([*parts, code.co_qualname.partition(".<locals>")[0]]).removesuffix(".<module>")


def one_update_of_a_gru():
    tg.seed(0)
    gru = tg.nn.GRU(2, 3)
    optimizer = tg.optim.Adam(gru.parameters())
    x = np.ones((3, 2, 2), np.float32)  # 3 time steps, a batch of 2

    def forward():
        out, _ = gru(x)
        return tg.nn.losses.mse(out, np.ones(out.shape, np.float32))

    return gru, optimizer, forward


def test_what_the_backward_pass_calls_is_counted_or_an_operation(tour):
    """For each node of a GRU: what the loop itself calls is one of the listed functions, or an operation's vjp."""
    _, _, forward = one_update_of_a_gru()
    calls = calls_while(forward().backward)
    called = {callee for caller, callee in calls if caller == "core.backward.backward_pass"}

    assert uncounted(tour, called) == set()
    unbroadcast = "core.support.accumulate.unbroadcast"  # the biases were broadcast
    assert uncounted(without(tour, unbroadcast), called) == {unbroadcast}


def uncounted(tour, called):
    return {name for name in called if not counted(tour, name) and not of_an_operation(name)}


def without(tour, name):
    """The tour, with a piece left out."""
    chapters = [
        chapter | {"pieces": [piece for piece in chapter["pieces"] if piece["name"] != name]}
        for chapter in tour.contents["chapters"]
    ]
    return tours.Tour(tour.package, tour.contents | {"chapters": chapters})


def counted(tour, name):
    return any(tours.within(name, listed) for listed in tour.names)


def of_an_operation(name):
    return name.endswith(".vjp") or name == "core.support.transposes.fast_operands"  # which wraps the vjp of a product


def test_what_the_book_calls_while_a_gru_learns_is_explained(tour):
    """Also what no import shows: methods that are reached through an attribute."""
    _, optimizer, forward = one_update_of_a_gru()

    def update():
        forward().backward()
        optimizer.step()

    calls = calls_while(update)
    assert {"core.op.apply", "core.backward.backward_pass"} <= {caller for caller, _ in calls}
    assert unexplained(tour, calls) == set()
    attached = tours.Tour(tour.package, tour.contents | {"attached": {}})
    assert "core.support.methods.swapped" in unexplained(attached, calls)  # 1 - z


def unexplained(tour, calls):
    return {callee for caller, callee in calls if counted(tour, caller) and not tour.explained(callee)}


# --- planted faults --------------------------------------------------------------------------------------------------

TOML = """
[[chapters]]
title = "One"
[[chapters.pieces]]
name = "book"
question = "What?"
look = "The function."
["plugs in"]
"support.known" = "What is known."
"""


@pytest.fixture
def faults(tmp_path):
    """Write a package with a book of one file, and look for its faults."""
    package = tmp_path / "package"
    (package / "support").mkdir(parents=True)
    for name in ("known", "unknown"):
        (package / "support" / f"{name}.py").write_text("def helper(x):\n    return x\n\n\nclass Base:\n    pass\n")

    def faults(source, toml=TOML):
        (package / "book.py").write_text(source)
        (tmp_path / "tour.toml").write_text(toml)
        return tours.faults(tours.read(tmp_path / "tour.toml", package))

    return faults


BOOK = "from .support.known import helper\n\n\ndef read(x):\n    return helper(x)\n"


def test_a_sound_book_has_no_faults(faults):
    assert faults(BOOK) == []


@pytest.mark.parametrize(("lines", "wrong"), [(45, []), (46, ["book: long has 46 lines, at most 45 are promised"])])
def test_a_function_of_46_lines_is_caught(faults, lines, wrong):
    long = "def long():\n" + "    x = 1\n" * (lines - 2) + "    return x\n"
    assert faults(f"{BOOK}\n\n{long}") == wrong
    method = textwrap.indent(long, "    ")
    assert faults(f"{BOOK}\n\nclass A:\n{method}") == wrong


def test_the_decorators_of_a_function_count_with_it(faults):
    long = "@helper\ndef long():\n" + "    x = 1\n" * 44
    assert faults(f"{BOOK}\n\n{long}") == ["book: long has 46 lines, at most 45 are promised"]


@pytest.mark.parametrize(("more", "wrong"), [(0, []), (1, ["the book has 1101 lines, at most 1100 are promised"])])
def test_too_many_lines_are_caught(faults, more, wrong):
    five = len(BOOK.splitlines())
    assert faults(BOOK + "# a line\n" * (1100 - five + more)) == wrong


@pytest.mark.parametrize(
    "statement",
    [
        "from .support.unknown import helper as other",
        "from .support import unknown\n\n\ndef f(x):\n    return unknown.helper(x)",
        "def f(x):\n    from .support.unknown import helper\n    return helper(x)",
    ],
)
def test_an_unexplained_import_is_caught(faults, statement):
    assert faults(f"{BOOK}\n\n{statement}\n") == ["book uses support.unknown.helper, which is not explained"]


def test_what_only_type_checkers_import_needs_no_explanation(faults):
    checking = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from .support.unknown import helper as h\n"
    assert faults(f"{BOOK}\n\n{checking}") == []


@pytest.mark.parametrize("wrong", ["book.wrote", "books", "support.known.Base.method"])
def test_a_name_that_does_not_resolve_is_caught(faults, wrong):
    assert faults(BOOK, TOML.replace('"book"', f'"{wrong}"')) == [f"{wrong} does not resolve"]
    assert faults(BOOK, f'{TOML}"{wrong}" = "Nothing."\n') == [f"{wrong} does not resolve"]


@pytest.mark.parametrize("wrong", ["book.wrote", "book.read .. book.SIZE", "book.SIZE .. support.known.helper"])
def test_a_part_that_cannot_be_shown_is_caught(faults, wrong):
    sized = BOOK.replace("def read", "SIZE = 3\n\n\ndef read")
    show = 'look = "The function."\nshow = ["{}"]'
    assert faults(sized, TOML.replace('look = "The function."', show.format("book.SIZE .. book.read"))) == []
    assert faults(sized, TOML.replace('look = "The function."', show.format(wrong))) == [f"{wrong} does not resolve"]


OBJECT = TOML.replace('"book"', '"book.read"')


def test_a_function_beside_a_listed_one_must_be_explained_if_it_is_called(faults):
    beside = "\n\ndef beside(x):\n    return x\n\n\nSHORT = beside\n"
    called = BOOK.replace("helper(x)", "helper(SHORT(x))")
    assert faults(BOOK + beside, OBJECT) == []
    assert faults(called + beside, OBJECT) == ["book.read uses book.beside, which is not explained"]


def test_the_base_of_a_listed_class_must_be_listed_and_not_only_its_module_explained(faults):
    source = "from .support.known import Base\n\n\nclass Read(Base):\n    pass\n"
    toml = TOML.replace('"book"', '"book.Read"')
    assert faults(source, toml) == ["book.Read is built on support.known.Base, which is not listed"]
    assert faults(source, toml.replace("support.known", "support.known.Base")) == []


def test_an_explanation_that_explains_nothing_is_caught(faults):
    assert faults(BOOK, f'{TOML}"support.unknown" = "Nothing."\n') == ["support.unknown plugs into nothing"]


@pytest.mark.parametrize("words", ["", "no full stop", "One. Two."])
def test_what_is_no_sentence_is_caught(faults, words):
    assert faults(BOOK, TOML.replace("The function.", words)) == ["book: wants one sentence"]
    assert faults(BOOK, TOML.replace("What is known.", words)) == ["support.known: wants one sentence"]


def test_a_line_that_is_listed_twice_counts_once(tmp_path, faults):
    piece = TOML[TOML.index("[[chapters.pieces]]") : TOML.index('["plugs')]
    assert faults(BOOK, TOML.replace(piece, piece + piece.replace('"book"', '"book.read"'))) == []
    lines = tours.lines_of(tours.read(tmp_path / "tour.toml", tmp_path / "package"))
    assert lines == {"book": 5, "book.read": 0}


# --- the pages -------------------------------------------------------------------------------------------------------


def test_the_page_is_made_from_the_tour(tour):
    assert tours.PAGE.read_text(encoding="utf-8") == tours.page(tour), "the book has changed. try: make tour"


def test_source_on_a_page_is_the_packages_own():
    sources = [file.read_text(encoding="utf-8") for file in tours.PACKAGE.glob("**/*.py")]
    pages = [page for page in PAGES if page.parent.name != "learn"]  # there source is quoted by name: test_sources.py
    shown = [(page.name, block) for page in pages for block in read_blocks(page) if block.language == "py"]

    assert shown
    assert [(page, block.line) for page, block in shown if not stands_in(sources, block.code)] == []
    assert not stands_in(sources, "def forward(self, x):\n    return np.tanh(x) + 1\n")


def stands_in(sources, code):
    return any(textwrap.indent(code.rstrip("\n"), margin) in source for source in sources for margin in ("", "    "))


PROMISES = ROOT / "docs" / "promises.md"
TEST_OF_A_PROMISE = re.compile(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")


def missing_tests(page):
    return [name for name, file in TEST_OF_A_PROMISE.findall(page) if f"def {name}(" not in (ROOT / file).read_text()]


def test_the_tests_of_the_promises_are_there():
    page = PROMISES.read_text(encoding="utf-8")
    assert len(TEST_OF_A_PROMISE.findall(page)) > 20
    assert missing_tests(page) == []
    assert missing_tests("[`test_nothing`](../tests/docs/test_tour.py)") == ["test_nothing"]
