"""A process that dies at a chosen point: before or within any call that changes the disk.

`arm(at, act)` counts these calls: files that are opened to be written, each write (once before it, once when half of
its bytes are there; of a temporary file only the first), fsync, replace, mkdir, unlink, and commits of a database. At
the call number `at` it does `act`:

kill     SIGKILL: what was written stays
power    the same, and what no fsync has brought onto the disk is lost: bytes of files, new names, new folders
a signal by its number, after which the process goes on
"""

import io
import os
import shutil
import signal
import tempfile
from pathlib import Path

from sqlalchemy import event  # here, and not where a child is armed, of which each would load it
from sqlalchemy.engine import Engine

ACTED = "acted"  # a file in the working folder that tells that the point was reached


class Disk:
    """What a power cut would take away."""

    def __init__(self):
        self.files = {}  # inode: (a descriptor, the bytes that are safe)
        self.names = []  # (folder, how to undo it), for each name that is not safe
        self.stash = Path(tempfile.mkdtemp(prefix="stash-", dir=os.environ.get("STASH")))

    def opened(self, path, descriptor, is_new):
        status = os.fstat(descriptor)
        if status.st_ino not in self.files:
            self.files[status.st_ino] = [os.dup(descriptor), 0 if is_new else status.st_size]
        if is_new:
            self.names.append((path.parent, lambda: path.unlink(missing_ok=True)))

    def made(self, folder):
        self.names.append((folder.parent, lambda: shutil.rmtree(folder, ignore_errors=True)))

    def replacing(self, source, target):
        before = self.stash / str(len(list(self.stash.iterdir())))
        if target.exists():
            before.hardlink_to(target)

        def undo():
            if target.exists():
                target.rename(source)
            if before.exists():
                before.rename(target)

        self.names.append((target.parent, undo))

    def synced(self, descriptor):
        status = os.fstat(descriptor)
        self.names = [
            (folder, undo)
            for folder, undo in self.names
            if folder.exists() and not os.path.samestat(folder.stat(), status)  # and not in a folder that is gone
        ]
        if status.st_ino in self.files:
            self.files[status.st_ino][1] = status.st_size

    def lose(self):
        for descriptor, size in self.files.values():
            if os.fstat(descriptor).st_size > size:
                os.ftruncate(descriptor, size)
        for _, undo in reversed(self.names):
            undo()


def arm(at, act):
    """From now on this process counts, and acts."""
    disk, count, paths = Disk(), 0, {}  # the paths of open files, by their descriptors
    real = {name: getattr(os, name) for name in ("open", "fsync", "replace", "mkdir", "unlink")}
    real_open = io.open

    def point():
        nonlocal count
        count += 1
        if count != at:
            return
        os.close(real["open"](ACTED, os.O_CREAT))
        if act == "power":
            disk.lose()
        os.kill(os.getpid(), act if isinstance(act, int) else signal.SIGKILL)

    class Raw(io.FileIO):
        def write(self, data):
            path = paths[self.fileno()]
            if path.suffix == ".tmp" and self.tell() > 0:  # its first write stands for all: nobody reads it
                return super().write(data)
            point()
            half = super().write(bytes(data)[: len(data) // 2])
            point()
            return half + super().write(bytes(data)[half:])

    def os_open(path, flags, *mode, **options):
        if not flags & os.O_CREAT:
            return real["open"](path, flags, *mode, **options)
        point()
        is_new = not Path(path).exists()
        descriptor = real["open"](path, flags, *mode, **options)
        paths[descriptor] = Path(path)
        disk.opened(Path(path), descriptor, is_new)
        return descriptor

    def opening(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
        to_write = set(mode) & set("wax")
        if not to_write or not (isinstance(file, str | Path) or paths.get(file)):
            return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if isinstance(file, str | Path):
            flags = {"w": os.O_TRUNC, "a": os.O_APPEND, "x": os.O_EXCL}[to_write.pop()]
            file = os_open(file, flags | os.O_CREAT | os.O_WRONLY, 0o666)
        buffered = io.BufferedWriter(Raw(file, "w"))
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    def fsync(descriptor):
        point()
        real["fsync"](descriptor)
        disk.synced(descriptor)

    def replace(source, target, **options):
        point()
        disk.replacing(Path(source), Path(target))
        real["replace"](source, target, **options)

    def mkdir(path, *options, **more):
        point()
        real["mkdir"](path, *options, **more)
        disk.made(Path(path))

    def unlink(path, **options):
        point()
        real["unlink"](path, **options)

    io.open, os.open, os.fsync, os.replace, os.mkdir, os.unlink = opening, os_open, fsync, replace, mkdir, unlink
    event.listen(Engine, "commit", lambda connection: point())
