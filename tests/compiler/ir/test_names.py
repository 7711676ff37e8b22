"""Names in the text of programs: plain ASCII, never a keyword or a name that the text has for itself."""

import keyword

import pytest

from tests.compiler.test_refusals import HOSTILE
from tinygrad_gru.compiler.ir.names import OURS, PREFIXES, comment, identifier


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("z", "z"),
        ("W_r", "W_r"),
        ("h̃", "candidate"),
        ("ĥ", "candidate"),
        ("new state", "new_state_"),  # new_h is the text's own
        ("b-b", "b_b"),
        ("0.weight", "v_0_weight"),
        ("ünï", "uni"),
        ("class", "class_"),
        ("match", "match_"),
        ("print", "print_"),
        ("np", "np_"),
        ("tanh", "tanh_"),
        ("all_z", "all_z_"),
        ("重み", ""),  # nothing is left: the name is a number
        ("", ""),
        ("🙂", ""),
        ("x = 1\nimport os", "x__1import_os"),
    ],
)
def test_what_becomes_of_a_label(label, name):
    assert identifier(label) == name


@pytest.mark.parametrize("label", HOSTILE, ids=lambda label: ascii(label)[:20])
def test_a_label_becomes_a_name_that_nothing_else_has_or_nothing(label):
    name = identifier(label)

    assert name == "" or (name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and len(name) < 45)
    assert (name not in OURS and not name.startswith(PREFIXES)) or name.endswith("_")


@pytest.mark.parametrize(
    "text", ["gate", "a\nimport os", "b\rraise SystemExit", "c\u2028x = 1", "tab\there", "\x1b[31m"]
)
def test_a_comment_ends_where_its_line_does(text):
    line = comment(text)

    assert line.startswith("# ") and len(line.splitlines()) == 1 and line.isprintable()


def test_a_comment_that_can_be_printed_is_kept():
    assert comment("h̃, reset gate") == "# h̃, reset gate"
