"""Lines for people, and words that a terminal must not obey."""

import io

from tinygrad_gru.terminal import in_a_line, say, visible

ORDERS = "a\x1b[2J\x07\x9b\x7f\u202eb"


def test_what_a_terminal_would_obey_is_an_escape_and_letters_stay():
    assert visible(ORDERS + "\tè\n日本") == "a\\x1b[2J\\x07\\x9b\\x7f\\u202eb\tè\n日本"


def test_a_name_with_a_line_end_is_no_line_of_ours():
    assert in_a_line("a\nerror: b") == r"a\nerror: b"


def test_a_line_goes_to_stderr(capsys):
    say("a\nb")
    assert capsys.readouterr() == ("", "a\\nb\n")


def test_a_reader_that_has_gone_or_a_closed_stream_stops_nothing(monkeypatch):
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    for stream in (Gone(), None):
        monkeypatch.setattr("sys.stderr", stream)
        say("a")
