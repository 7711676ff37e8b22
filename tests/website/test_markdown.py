"""Pages for the site: the same lists, anchors, links and formulas as on a code host, and code left as it stands."""

import pytest

from website.markdown import anchor, anchors, as_markdown, escaped, prepared, segments


def with_arrows(text):
    return prepared(text, lambda link: f"→{link}", lambda latex: f"<math>{latex.strip()}</math>")


def test_fences_are_told_from_words_also_longer_ones_and_those_in_lists():
    text = "a\n````md\n```py\nx\n```\n````\nb\n"
    assert list(segments(text)) == [("", "a\n"), ("md", "````md\n```py\nx\n```\n````\n"), ("", "b\n")]
    with pytest.raises(ValueError, match="a block of py is never closed"):
        list(segments("```py\nx\n"))


def test_a_heading_gets_the_anchor_of_a_code_host():
    assert anchor("What happens when you call `backward()`") == "what-happens-when-you-call-backward"
    assert with_arrows("## Is it right?\n") == "## Is it right? {#is-it-right}\n"
    assert anchors("# A\n```sh\n# no heading\n```\n## A\n## B\n") == {"a": 2, "b": 1}


def test_links_are_rewritten_and_code_is_not():
    text = "[`f(x)`](a.md#b), `[x](y)` and\n\n    table[0](x)\n\n```py\nt[0](x)\n```\n"
    assert with_arrows(text) == text.replace("(a.md#b)", "(→a.md#b)")


def test_a_command_that_fails_says_so_in_words():
    text = "```console\n$ grep x a || test $? = 1\n```\n"
    assert with_arrows(text) == text.replace("|| test $? = 1", " # exit code 1")


def test_a_picture_can_be_clicked():
    assert with_arrows("![A GRU](gru.svg)") == "[![A GRU](→gru.svg)](→gru.svg){ .picture }"


def test_a_picture_in_html_is_rewritten_in_light_and_in_dark():
    text = '<source media="(prefers-color-scheme: dark)" srcset="a-dark.svg">\n<img src="a.svg" alt="A">'
    assert with_arrows(text) == text.replace('="a', '="→a')
    assert with_arrows(f"<picture>\n{text}\n</picture>\n") == (
        f'<a href="→a.svg"><picture>\n{text}\n</picture></a>\n'.replace('="a', '="→a')
    )


def test_a_list_below_a_paragraph_begins_after_an_empty_line():
    assert with_arrows("Three:\n* a\n* b\n  c\n* d\n") == "Three:\n\n* a\n* b\n  c\n* d\n"


def test_comments_are_left_out_and_formulas_are_set():
    assert with_arrows("<!-- made\nby hand -->\na\n```math\n\\frac{1}{2}\n```\n") == "a\n\n<math>\\frac{1}{2}</math>\n"


def test_a_docstring_is_words_lists_examples_and_what_is_indented():
    text = "Sum of x_1 * x_2.\n\n    a = b\n\n* one\n* two\nAn example:\n>>> 1 + 1\n2\n\nAfter <it>."
    assert as_markdown(text) == (
        "Sum of x\\_1 \\* x\\_2.\n\n```text\na = b\n```\n\n* one\n* two\nAn example:\n\n"
        "```pycon\n>>> 1 + 1\n2\n```\n\nAfter &lt;it&gt;."
    )


def test_only_code_is_left_as_it_stands():
    assert escaped("`a_b` and a_b [c]") == "`a_b` and a\\_b \\[c\\]"


def test_a_page_to_drag_is_shown_below_its_link_and_no_other_is():
    text = "[Drag z](../drag/gate.html)\n\nSee [z](../drag/gate.html) too.\n"
    assert with_arrows(text) == (
        '[Drag z](→../drag/gate.html)\n\n<iframe class="drag" src="→../drag/gate.html" title="Drag z" loading="lazy">'
        "</iframe>\n\nSee [z](→../drag/gate.html) too.\n"
    )
