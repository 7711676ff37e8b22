"""Names of a hostile file in a message."""

from tinygrad_gru.nn.files.names import printable


def test_a_name_that_can_be_printed_stays_as_it_is():
    assert printable("W_h̃") == "W_h̃" and printable("") == ""


def test_control_characters_and_marks_of_direction_are_escaped():
    assert printable("a\nerror: b") == r"'a\nerror: b'"
    assert printable("\x1b[2J") == r"'\x1b[2J'" and printable("\u202eodd") == r"'\u202eodd'"


def test_a_long_name_is_cut_before_it_is_looked_at():
    assert printable("x" * 100 + "\n") == "x" * 80 and printable("name", most=2) == "na"
