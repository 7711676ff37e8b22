"""Only regular files are opened, and nothing is waited for."""

import os
import socket
from pathlib import Path

import pytest

from tinygrad_gru.nn.files.regular import IrregularFileError, open_regular


def test_the_bytes_of_a_file_are_read_through_a_link_too(tmp_path):
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for name in ("a", "link"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"12"


def test_a_folder_a_pipe_a_socket_and_a_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for path in (tmp_path, tmp_path / "pipe", tmp_path / "socket", "/dev/zero"):
            with pytest.raises(IrregularFileError, match="not a file") as caught:
                open_regular(path)
            assert caught.value.strerror == "not a file" and caught.value.filename == str(path)


def test_what_else_is_wrong_is_the_systems_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")


def test_a_refused_file_is_not_left_open(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(IrregularFileError):
            open_regular("/dev/zero")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
