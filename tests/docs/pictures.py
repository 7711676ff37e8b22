"""The pictures that pages show, and what each was drawn with. `python -m tests.docs.pictures` draws them anew.

Beside each SVG lies its DOT, which a test compares with what the drawer says today: text does not depend on the fonts
of a machine.
"""

import re
from pathlib import Path

from tinygrad_gru.cli import main

__all__ = ["FOLDER", "PICTURES", "draw", "skeleton"]

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PICTURES = {"gru": "--cell gru --length 3"}  # by name, the options of `tinygrad-gru graph`


def draw(name: str, folder: Path, suffixes: tuple[str, ...] = ("dot", "svg")) -> None:
    """Draw one of them into a folder."""
    for suffix in suffixes:
        assert main(["graph", "--quiet", *PICTURES[name].split(), "-o", str(folder / f"{name}.{suffix}")]) == 0


def skeleton(dot: str) -> str:
    """A DOT text without shades of colour and decimals, which another processor may round otherwise."""
    return re.sub(r"\d+\.\d+", "0.0", re.sub(r"#[0-9A-Fa-f]{6}", "#", dot))


if __name__ == "__main__":
    for each in PICTURES:
        draw(each, FOLDER)
