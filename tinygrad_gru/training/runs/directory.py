"""Run directories: a new numbered one for each run, never written over, and how to find one again."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from ...core.support.arguments import path_of, some_text
from ...errors import CheckpointError, ConfigError, FileError, did_you_mean
from ...nn.files.writing import sync_folder
from .checkpoint import read_stand, update_of
from .own_files import TEMPORARY

__all__ = ["RUNS", "checkpoint_of", "find_run", "make_folder", "new_run", "refuse_full"]

RUNS = Path("runs")  # in the current folder
NUMBERED = re.compile(r".+-(\d{4,})")


def new_run(task: str, out: Path | None = None, root: Path = RUNS) -> Path:
    """Make an empty directory for a run: `out`, or the next number under `root`, such as `runs/adding-0001`.

    Two processes may ask at once: only one can make a directory, the other takes the next number.
    """
    root, task = path_of("root", root, "runs"), path_of("task", task, "adding").name
    try:
        if out is not None:
            out = path_of("out", out, "runs/mine")
            _make(out)
            refuse_full(out)
            return out
        _make(root)
        while True:
            number = 1 + max(_numbered(root), default=0)
            run = root / f"{task}-{number:04}"
            try:
                run.mkdir()
                sync_folder(root)
                return run
            except FileExistsError:
                continue
    except OSError as error:
        where = out if out is not None else root
        raise FileError(f"cannot make a run in {where}: {error.strerror}. try: --out with a folder of yours") from None


def refuse_full(out: Path) -> None:
    """Raise ConfigError for a folder in which there is something, but for what a kill at the start leaves."""
    if out.is_dir() and any(not TEMPORARY.fullmatch(path.name) for path in out.iterdir()):
        raise ConfigError(f"out: {out} is not empty, wanted a new folder. try: leave --out away")


def make_folder(folder: Path) -> None:
    """Make a folder and what is above it, unless they are there, so that they outlast a power cut."""
    try:
        _make(folder)
    except OSError as error:
        raise FileError(f"cannot make {folder}: {error.strerror}. try: --out with a folder of yours") from None


def _make(folder: Path) -> None:
    if not folder.is_dir():
        if not folder.parent.exists():
            _make(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def find_run(run: str, root: Path = RUNS) -> Path:
    """The directory of a run, named by a path, by its name or number under `root`, or as `last`."""
    runs = _numbered(path_of("root", root, "runs"))
    some_text("find_run: run", run)
    if run == "last":
        if not runs:
            raise FileError(f"there is no run in {root} yet. try: tinygrad-gru train adding")
        return max(runs[max(runs)], key=lambda path: path.stat().st_mtime)
    if run.isascii() and run.isdigit() and len(run) < 10 and int(run) in runs:
        found = runs[int(run)]
        if len(found) > 1:
            raise ConfigError(f"run {run} is ambiguous: {', '.join(str(path) for path in found)}. try: one of them")
        return found[0]
    for path in (Path(run), root / run):
        if os.path.isdir(path):  # noqa: PTH112 (False, too, for what is too long to be a path)
            return path
    names = [path.name for found in runs.values() for path in found]
    hint = did_you_mean(run, names) if names else "try: tinygrad-gru train adding"
    raise FileError(f"no such run: {run[:80]} (looked here and in {root}). {hint}")


def checkpoint_of(run: Path) -> Path:
    """The best checkpoint of a run, or the last one if none was measured yet.

    Of a better one last.npz is written first: for a moment, or after a kill, it is the best. A damaged best.npz is none
    that is old: whoever loads it is told.
    """
    last = None
    with contextlib.suppress(CheckpointError):  # of a newer version of ours, say: then the best may be readable
        last = read_stand(run / "last.npz")
    kept = update_of(run / "best.npz")
    if last is not None and 0 < last.best_update == last.update and kept not in (None, last.update):
        return run / "last.npz"
    for name in ("best.npz", "last.npz"):
        if (run / name).exists():
            return run / name
    raise FileError(f"{run} holds no checkpoint (best.npz or last.npz). try: another run, or train for longer")


def _numbered(root: Path) -> dict[int, list[Path]]:
    """The numbered runs under `root`, by their numbers."""
    found: dict[int, list[Path]] = {}
    if root.is_dir():
        for path in sorted(root.iterdir()):
            match = NUMBERED.fullmatch(path.name)
            if match and path.is_dir():
                found.setdefault(int(match[1]), []).append(path)
    return found
