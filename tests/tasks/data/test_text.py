"""Texts that can be read, and the one line said about those that cannot."""

import hashlib

import pytest

from tinygrad_gru.errors import DataError
from tinygrad_gru.tasks.data.text import encode, read_text, sha256


def test_without_a_file_it_is_pythons_own_documentation():
    text = read_text()
    assert len(text) > 100_000
    assert "yield" in text
    assert sha256(text) == sha256(read_text()) == hashlib.sha256(text.encode()).hexdigest()


def test_a_file_is_read_as_it_is(tmp_path):
    (tmp_path / "t.txt").write_bytes("Grüße,\r\n\tℏ𝄞\n".encode())
    assert read_text(tmp_path / "t.txt") == "Grüße,\r\n\tℏ𝄞\n"


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    (tmp_path / "t.txt").write_bytes(b"\xef\xbb\xbfabc")
    assert read_text(tmp_path / "t.txt") == "abc"


def test_the_offset_of_the_first_bad_byte_is_told(tmp_path):
    (tmp_path / "t.txt").write_bytes("é".encode() + b"abc\xff\xfe")
    with pytest.raises(DataError, match="is not UTF-8: byte 0xff at offset 5"):
        read_text(tmp_path / "t.txt")


def test_an_empty_file_a_missing_one_and_a_folder_are_refused(tmp_path):
    (tmp_path / "empty.txt").touch()
    for name, complaint in [("empty.txt", "is empty"), ("none.txt", "No such file"), (".", "is a folder")]:
        with pytest.raises(DataError, match=complaint):
            read_text(tmp_path / name)


def test_encoding_can_be_undone():
    text = "one small step for a GRU: h̃ 𝄞"
    vocabulary, codes = encode(text)
    assert list(vocabulary) == sorted(set(text))
    assert "".join(vocabulary[i] for i in codes) == text
