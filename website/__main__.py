"""`python -m website`: build the site, strictly, and check what was built. `make docs` does so."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .checks import faults
from .configuration import configuration
from .staging import ROOT, contents, staged

__all__ = ["build", "main"]

SITE = ROOT / "build" / "site"


def build(site: Path) -> None:
    """Build the site into a folder, which is made anew. SystemExit, with what is wrong, if it is not sound."""
    wanted = contents()
    with tempfile.TemporaryDirectory() as scratch:
        stage = Path(scratch).resolve()
        navigation = staged(stage / "docs", wanted=wanted)
        configured = configuration(wanted["title"], wanted["description"], navigation, Path("docs"), Path("site"))
        (stage / "zensical.toml").write_text(configured, encoding="utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
        done = subprocess.run(command, cwd=stage, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).partition("Traceback")[0]
        if done.returncode or not (stage / "site" / "index.html").exists():
            sys.exit(f"error: Zensical refused the pages\n{said}")
        if wrong := faults(stage / "site"):
            sys.exit("\n".join(["error: the site is not sound", *wrong]))
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(stage / "site", site)


def main(arguments: list[str] | None = None) -> None:
    """Build it, and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m website", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=SITE, help="the folder of the site, made anew")
    output = parser.parse_args(arguments).output
    if output.exists() and not (output / "index.html").exists():
        sys.exit(f"error: {output} is there and holds no site. try: -o with another folder")
    if missing := [name for name in ("zensical", "latex2mathml") if importlib.util.find_spec(name) is None]:
        sys.exit(f"error: {' and '.join(missing)} is not installed. try: make docs")
    start = time.perf_counter()
    try:
        build(output)
    except (LookupError, ValueError) as error:  # a link, a note or a page that has no place
        sys.exit(f"error: {error}")
    pages = len(list(output.rglob("*.html")))
    print(f"{output / 'index.html'}\n{pages} pages in {time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
