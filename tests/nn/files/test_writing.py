"""Files are replaced; what is no file is written into, and stays what it is."""

import contextlib
import errno
import os
import re
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import tinygrad_gru as tg
from tinygrad_gru import nn
from tinygrad_gru.errors import FileError
from tinygrad_gru.nn.files import write_arrays
from tinygrad_gru.nn.files.writing import descriptor_named, is_written_into, write_atomically


def write(path, data=b"new"):
    with write_atomically(path) as file:
        file.write(data)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


NULL, FULL = 3, 7  # Linux: the device that takes everything, and the one that takes nothing


def device(path, minor=NULL):
    """A device of our own, for the system's must not be in danger; only some may make one."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        path.open("wb").close()
    except PermissionError:
        pytest.skip("no device may be made here")
    return path


class Reader(threading.Thread):
    """Whoever reads a pipe to its end."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.got = path, b""
        self.start()

    def run(self):
        self.got = self.path.read_bytes()

    def all(self):
        self.join(timeout=10)
        return self.got


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o755, 0o644])
def test_a_file_that_is_replaced_keeps_its_permissions(bits, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(bits)
    write(path)
    assert path.read_bytes() == b"new" and mode(path) == bits


def test_a_private_file_is_private_while_it_is_written_too(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with write_atomically(path):
        assert {mode(p) for p in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize(("umask", "bits"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_heeds_the_umask(umask, bits, tmp_path):
    before = os.umask(umask)
    try:
        write(tmp_path / "a")
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == bits


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_file_that_root_replaces_keeps_its_owner(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    os.chown(path, 12345, 54321)
    write(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


def test_a_folder_is_refused_and_stays(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("a")
    for name in ("a", "link"):
        with pytest.raises(FileError, match=f"cannot write .*/{name}: it is a folder. try: "):
            write(tmp_path / name)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "link"]


def test_links_are_followed_and_kept_the_dangling_ones_too(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("in/file")
    for data in (b"first", b"second"):
        write(tmp_path / "one", data)
        assert (tmp_path / "in" / "file").read_bytes() == data
    assert (tmp_path / "one").is_symlink() and (tmp_path / "two").is_symlink()


def test_links_in_a_circle_are_told(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(FileError, match="cannot write .*/a: "):
        write(tmp_path / "a")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


PROTECTED = """
import sys
from tinygrad_gru.errors import FileError
from tinygrad_gru.nn.files.writing import write_atomically
try:
    with write_atomically("a") as file:
        file.write(b"new")
except FileError as error:
    sys.exit(str(error))
"""


def test_a_file_that_is_protected_from_writing_is_not_replaced(tmp_path):
    from tests.faults.session import bound_by_permissions, process

    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o444)
    done = process(*bound_by_permissions(), sys.executable, "-c", PROTECTED, cwd=tmp_path)
    assert done.stderr.startswith("cannot write a: Permission denied. try: "), done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_bytes() == b"old"


TWICE = """
from tinygrad_gru.nn.files.writing import write_atomically
for data in (b"old", b"new"):
    with write_atomically("box/a") as file:
        file.write(data)
"""


def test_a_folder_that_may_be_written_to_and_not_be_read_gets_its_file_without_complaint(tmp_path):
    from tests.faults.session import bound_by_permissions, process

    (tmp_path / "box").mkdir()
    (tmp_path / "box").chmod(0o300)
    done = process(*bound_by_permissions(), sys.executable, "-c", TWICE, cwd=tmp_path)
    (tmp_path / "box").chmod(0o700)
    assert (done.returncode, done.stderr) == (0, "")
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "box").iterdir()] == [("a", b"new")]


@pytest.mark.parametrize(("number", "is_told"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.EIO, True)])
def test_a_file_system_that_cannot_sync_a_folder_is_no_failure_and_a_broken_one_is(
    number, is_told, tmp_path, monkeypatch
):
    def failing(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(FileError, match="cannot write") if is_told else contextlib.nullcontext():
        write(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"new"


# --- what is no file -------------------------------------------------------------------------------------------------


def test_a_pipe_gets_what_is_written_and_stays_a_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for data in (b"first", b"x" * 300_000):  # more than a pipe holds
        reader = Reader(path)
        write(path, data)
        assert reader.all() == data
    assert path.is_fifo() and [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_a_link_to_a_pipe_is_a_link_to_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    reader = Reader(tmp_path / "link")
    write(tmp_path / "link")
    assert reader.all() == b"new"
    assert (tmp_path / "link").is_symlink() and (tmp_path / "pipe").is_fifo()


def test_what_fails_while_it_is_made_sends_nothing_into_a_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(KeyError), write_atomically(path) as file:  # nobody reads: opening it would wait for ever
        file.write(b"half of it")
        raise KeyError
    assert path.is_fifo()


def test_the_arrays_that_go_into_a_pipe_are_those_of_a_file(tmp_path):
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.ones(2, np.float32)}
    write_arrays(tmp_path / "file.npz", arrays, {"update": 3})
    os.mkfifo(tmp_path / "pipe.npz")
    reader = Reader(tmp_path / "pipe.npz")
    write_arrays(tmp_path / "pipe.npz", arrays, {"update": 3})
    assert reader.all() == (tmp_path / "file.npz").read_bytes()


def test_a_device_stays_a_device(tmp_path):
    path = device(tmp_path / "null")
    (tmp_path / "link").symlink_to("null")
    write(path)
    write(tmp_path / "link")
    tg.save(nn.Linear(2, 2), path)
    assert path.is_char_device() and path.stat().st_rdev == os.makedev(1, 3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "null"]


def test_a_full_device_is_told(tmp_path):
    path = device(tmp_path / "full", FULL)
    with pytest.raises(FileError, match="cannot write .*/full: No space left on device"):
        write(path)
    assert path.is_char_device()


def test_a_socket_gets_what_is_written_and_stays_a_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        server.listen()
        write("s", b"to whoever listens")
        connection, _ = server.accept()
        with connection:
            assert connection.recv(100) == b"to whoever listens"
    assert (tmp_path / "s").is_socket()
    with pytest.raises(FileError, match="cannot write s: Connection refused"):
        write("s")
    assert (tmp_path / "s").is_socket()


# --- open files of this process --------------------------------------------------------------------------------------

SAYS = """
import sys
from tinygrad_gru.nn.files.writing import write_atomically
print("before")
with write_atomically(sys.argv[1]) as file:
    file.write(b"data\\n")
print("after")
"""


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
@pytest.mark.parametrize("to", ["pipe", "file", "append"])
def test_stdout_by_any_name_is_written_into_where_it_stands(name, to, tmp_path):
    if not Path("/proc/self/fd" if "proc" in name else "/dev/stdout").exists():
        pytest.skip("this system has no such name")
    (tmp_path / "link").symlink_to("/dev/stdout")
    words = [sys.executable, "-c", SAYS, name]
    if to == "pipe":
        assert subprocess.run(words, cwd=tmp_path, capture_output=True).stdout == b"before\ndata\nafter\n"
        return
    (tmp_path / "out").write_bytes(b"mine\n")
    with (tmp_path / "out").open("ab" if to == "append" else "wb") as out:
        subprocess.run(words, cwd=tmp_path, stdout=out, check=True)
    got = (tmp_path / "out").read_bytes()
    assert got == (b"mine\n" if to == "append" else b"") + b"before\ndata\nafter\n"
    assert (tmp_path / "link").is_symlink() and Path("/dev/stdout").is_symlink()


def test_stderr_is_written_into_too(tmp_path):
    done = subprocess.run([sys.executable, "-c", SAYS, "/dev/stderr"], cwd=tmp_path, capture_output=True)
    assert (done.stdout, done.stderr) == (b"before\nafter\n", b"data\n")


def test_an_open_file_has_its_number_and_others_have_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [descriptor_named(f"/dev/{name}") for name in ("stdin", "stdout", "stderr")] == [0, 1, 2]
    assert descriptor_named("/dev/fd/63") == 63
    (tmp_path / "a").symlink_to("/dev/stdout")
    (tmp_path / "b").symlink_to("a")
    assert descriptor_named("b") == 1
    for other in ("a1", "1", "/dev/null", tmp_path, "fd/1", "/dev/fd", "/dev/fd/x"):
        assert descriptor_named(other) is None


def test_an_open_file_that_is_not_there_or_only_read_is_told():
    with pytest.raises(FileError, match="cannot write /dev/fd/987: Bad file descriptor"):
        write("/dev/fd/987")
    with Path(__file__).open("rb") as file:
        before = file.read()
        with pytest.raises(FileError, match="Bad file descriptor"):
            write(f"/dev/fd/{file.fileno()}")
    with Path(__file__).open("rb") as file:
        assert file.read() == before


def test_only_what_is_no_file_is_written_into(tmp_path):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    told = {name: is_written_into(tmp_path / name) for name in ("file", "pipe", "", "none")}
    assert told == {"file": False, "pipe": True, "": False, "none": False}
    assert is_written_into(os.devnull) and is_written_into("/dev/stdout")


def test_a_stale_temporary_of_anybody_is_in_nobodys_way(tmp_path):
    strange = [".a.0badcafe.tmp", ".notes.tmp", "a.tmp"]
    for name in strange:
        (tmp_path / name).write_bytes(b"mine")
    write(tmp_path / "a")
    assert {p.name for p in tmp_path.iterdir()} == {"a", *strange}
    with write_atomically(tmp_path / "a"):
        (own,) = {p.name for p in tmp_path.iterdir()} - {"a", *strange}
        assert re.fullmatch(r"\.a\.[0-9a-f]{8}\.tmp", own)
