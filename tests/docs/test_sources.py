"""The source on a page is the source: nothing on it was written by hand, and it does not grow old."""

import pytest

from tests.docs.sources import PAGES, quotes, refreshed, source_of

TANH = """def vjp(self, g, out, x):
    return g * (1 - out * out)
"""


def block(name, text):
    return f"before\n\n<!-- source: {name} -->\n```py\n{text}```\nafter\n"


def test_a_definition_is_quoted_without_its_indentation():
    assert source_of("core.ops.activations.Tanh.vjp") == TANH


def test_a_step_is_quoted_and_so_is_a_decorator():
    assert source_of("step05.unbroadcast").startswith("def unbroadcast(c, shape):\n")
    assert source_of("nn.cells.GRUCell.r").startswith("@equation(")


def test_old_text_is_replaced_and_nothing_else():
    name = "core.ops.activations.Tanh.vjp"
    assert refreshed(block(name, "old\n")) == block(name, TANH)
    assert quotes(block(name, "old\n")) == [name]


@pytest.mark.parametrize("name", ["core.ops.activations.Tnh", "core.nothing.Tanh", "step05.nothing", "step99.apply"])
def test_a_name_that_leads_nowhere_is_an_error(name):
    with pytest.raises((LookupError, FileNotFoundError)):
        source_of(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_source_on_a_page_is_the_source(page):
    """If not: python -m tests.docs.sources."""
    text = page.read_text(encoding="utf-8")
    assert refreshed(text) == text
    assert text.count("<!-- source:") == len(quotes(text)), "a quote without a closed block of py"
