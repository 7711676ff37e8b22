"""Files of a run that anybody may have edited."""

import os

import pytest

from tinygrad_gru.errors import FileError
from tinygrad_gru.training.runs.small_files import is_number, json_in, refuse_newer, text_of, versions


def test_a_text_is_read_up_to_a_size(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("ü{}", encoding="utf-8")
    assert text_of(path) == "ü{}"
    with pytest.raises(OSError, match="longer than 2 bytes"):
        text_of(path, largest=2)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX pipes")
def test_a_pipe_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(OSError):
        text_of(tmp_path / "run.json")


@pytest.mark.parametrize("content", [b"[1]", b"nonsense", b"\xff", b"[" * 100_000, b"1" * 10_000])
def test_what_is_no_dictionary_is_an_empty_one(content, tmp_path):
    (tmp_path / "run.json").write_bytes(content)
    assert json_in(tmp_path / "run.json") == {} == json_in(tmp_path / "missing.json")


def test_only_what_a_float_can_hold_is_a_number():
    assert is_number(3) and is_number(-0.5)
    assert not any(map(is_number, (True, "3", None, 10**400, float("inf"), float("nan"))))


def test_a_newer_format_is_refused_and_ours_is_not(tmp_path):
    (tmp_path / "run.json").write_text('{"format": 1, "metrics_format": 1}')
    refuse_newer(tmp_path)
    assert versions() == {"format": 1, "metrics_format": 1}
    for text in ('{"format": 2}', '{"metrics_format": 2}'):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(FileError, match="made by a newer tinygrad_gru"):
            refuse_newer(tmp_path)
