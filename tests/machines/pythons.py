"""The newest other Python of this machine: `python -m tests.machines.pythons` prints its path, or `none`.

Version managers keep Pythons side by side, most of them not on the PATH, and their shims may answer "command not
found": so we look into their folders too, and run what we find.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["OLDEST", "folders", "newest_other", "pythons"]

OLDEST = (3, 11)  # as pyproject.toml says, which a test compares
NAME = re.compile(r"python3(\.\d+)?")  # and no python3.13t, python3-config, python3.13d
SECONDS = 30.0  # for one of them to answer
MANAGERS = [  # the environment variable that moves the folder, where it is otherwise, and the pattern beneath
    ("PYENV_ROOT", "~/.pyenv", "versions/*/bin"),
    ("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python", "*/bin"),
    ("ASDF_DATA_DIR", "~/.asdf", "installs/python/*/bin"),
    ("MISE_DATA_DIR", "~/.local/share/mise", "installs/python/*/bin"),
    ("RYE_HOME", "~/.rye", "py/*/bin"),
    (None, "/opt", "*/bin"),
    (None, "/opt/python", "*/bin"),
    (None, "/usr/local", "bin"),
    (None, "/Library/Frameworks/Python.framework/Versions", "*/bin"),
]


def folders() -> Iterator[Path]:
    """Where Pythons may be: the PATH, then the folders of version managers."""
    yield from (Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry)
    for variable, usual, pattern in MANAGERS:
        root = Path(os.environ.get(variable or "", "") or usual).expanduser()
        yield from sorted(root.glob(pattern))


def pythons(places: Iterable[Path]) -> Iterator[tuple[tuple[int, int, int], Path]]:
    """Each Python in these folders that runs and can make a virtual environment: version and path, no shim."""
    for folder in places:
        for program in sorted(folder.glob("python3*")):
            if NAME.fullmatch(program.name):
                version = re.fullmatch(r"Python (\d+)\.(\d+)\.(\d+)\s*", _says(program, "--version"))  # no 3.15.0b1
                itself = _says(program, "-c", "import ensurepip, sys, venv; print(sys.executable)").strip()
                if version and itself:
                    major, minor, micro = map(int, version.groups())
                    yield (major, minor, micro), Path(itself)


def newest_other(places: Iterable[Path], ours: tuple[int, int]) -> Path | None:
    """The newest Python of another minor version than ours, from the oldest that is supported, or None."""
    others = [(version, path) for version, path in pythons(places) if OLDEST <= version[:2] != ours]
    # Of the names python3 and python3.13 the longer is taken: it says which one it is.
    return max(others, key=lambda other: (other[0], len(other[1].name)), default=(None, None))[1]


def _says(program: Path, *words: str) -> str:
    """What a program prints; nothing if it fails, as a shim does whose version is not installed."""
    try:
        done = subprocess.run(
            [program, *words],
            cwd=program.parent,  # pyenv's shims heed a .python-version in the current folder
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def main() -> None:
    """Print the path or `none`, and on stderr which of them it is."""
    ours = sys.version_info[:2]
    found = newest_other(folders(), ours)
    what = f"no other Python than {ours[0]}.{ours[1]}, from {OLDEST[0]}.{OLDEST[1]} on, was found on this machine"
    print(f"the newest other Python of this machine is {found}" if found else what, file=sys.stderr)
    print(found or "none")


if __name__ == "__main__":
    main()
