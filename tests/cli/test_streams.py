"""Data on stdout: bytes and text as they are into a pipe, and to a terminal only what it shows."""

import io
import sys

import pytest

from tests.cli.terminal import Terminal
from tinygrad_gru.cli import streams
from tinygrad_gru.errors import ConfigError


class Bytes(io.TextIOWrapper):
    """A stream into memory."""

    def __init__(self, encoding="utf-8"):
        super().__init__(io.BytesIO(), encoding=encoding)


class TerminalOfBytes(Bytes):
    """Such a stream that says it is a terminal."""

    def isatty(self):
        return True


class Closed(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text):
        raise BrokenPipeError

    def fileno(self):
        raise OSError


def test_a_line_ends_with_a_line_end_or_what_is_asked_for(monkeypatch):
    monkeypatch.setattr("sys.stdout", stream := io.StringIO())
    streams.write("a")
    streams.write("b", end="")
    assert stream.getvalue() == "a\nb"


def test_a_terminal_is_shown_escapes_and_a_pipe_gets_them(monkeypatch):
    for stream, text in ((Terminal(), "a\\x1b[2Jb\n"), (io.StringIO(), "a\x1b[2Jb\n")):
        monkeypatch.setattr("sys.stdout", stream)
        streams.write("a\x1b[2Jb")
        assert stream.getvalue() == text


def test_text_as_bytes_may_go_to_a_terminal_and_others_are_refused(monkeypatch):
    monkeypatch.setattr("sys.stdout", stream := TerminalOfBytes())
    streams.write_bytes("h̃\n".encode())
    assert stream.buffer.getvalue() == "h̃\n".encode()
    for data in (b"\x89PNG\xff", b"\x1b[2J"):
        with pytest.raises(ConfigError, match="a terminal would take these bytes for commands. try: -o"):
            streams.write_bytes(data)


def test_bytes_come_after_the_text_that_was_written_before(monkeypatch):
    monkeypatch.setattr("sys.stdout", stream := Bytes())
    streams.write("first")
    streams.write_bytes(b"\xff")
    assert stream.buffer.getvalue() == b"first\n\xff"


def test_a_reader_that_has_gone_is_an_exception_of_its_own(monkeypatch):
    monkeypatch.setattr("sys.stdout", Closed())
    with pytest.raises(streams.ReaderGone):
        streams.write("a")


def test_a_stream_that_the_shell_has_closed_takes_everything(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    streams.write("a")
    streams.write_bytes(b"a")
    streams.flush()
    streams.finish_stderr()


def test_what_an_encoding_lacks_is_an_escape_and_a_byte_of_a_name_is_that_byte(monkeypatch):
    monkeypatch.setattr("sys.stdout", stream := Bytes("ascii"))
    monkeypatch.setattr("sys.stderr", Bytes("ascii"))
    streams.be_lenient()
    streams.write("h̃ caf\udce9")
    sys.stdout.flush()
    assert stream.buffer.getvalue() == b"h\\u0303 caf\xe9\n"
