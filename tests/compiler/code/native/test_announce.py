"""A line while machine code is made: on a terminal, or to whoever listens."""

import sys

import pytest

from tinygrad_gru.compiler.code.native.announce import announce, announced_by

LINE = "compiling GRUCell for this machine, once: a few seconds …"


class Stream:
    def __init__(self, tty):
        self.tty, self.text = tty, ""

    def isatty(self):
        return self.tty

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_whoever_listens_is_told_within_the_block_alone():
    lines, inner = [], []
    with announced_by(lines.append):
        announce("GRUCell")
        with announced_by(inner.append):
            announce("LSTMCell")
        announce("RNNCell")

    assert [line.split()[1] for line in lines] == ["GRUCell", "RNNCell"] and lines[0] == LINE
    assert [line.split()[1] for line in inner] == ["LSTMCell"]


def test_an_exception_ends_the_listening():
    lines = []
    with pytest.raises(KeyError), announced_by(lines.append):
        raise KeyError
    announce("GRUCell")

    assert lines == []


@pytest.mark.parametrize(("stream", "told"), [(Stream(True), True), (Stream(False), False), (None, False)])
def test_otherwise_a_terminal_is_told_and_nothing_else(stream, told, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream)
    announce("GRUCell")

    assert stream is None or (LINE in stream.text) is told
