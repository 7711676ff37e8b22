"""What the layout sees of fonts: ours alone, or ours before the machine's where a text has characters that ours lacks.

Graphviz measures text with Pango, and Pango asks fontconfig, which is told by a file that the environment names.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

from ....errors import RenderError
from . import FAMILY, FILES, FOLDER

__all__ = ["environment_with_fonts"]

# Ours comes first whatever is asked for. No letter of it is bent to the pixels of a screen, slanted or thickened, as a
# machine's rules may want of a request (pattern) and of what was chosen for it (font): the last rule wins.
RULES = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
{others}  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <match target="pattern">
    <edit name="family" mode="prepend_first" binding="strong"><string>{family}</string></edit>{plain}
  </match>
  <match target="font">
    <test name="family"><string>{family}</string></test>{plain}
  </match>
</fontconfig>
"""
PLAIN = """
    <edit name="antialias" mode="assign" binding="strong"><bool>true</bool></edit>
    <edit name="rgba" mode="assign" binding="strong"><const>none</const></edit>
    <edit name="hinting" mode="assign" binding="strong"><bool>false</bool></edit>
    <edit name="autohint" mode="assign" binding="strong"><bool>false</bool></edit>
    <edit name="embolden" mode="assign" binding="strong"><bool>false</bool></edit>
    <edit name="matrix" mode="delete_all"/>"""
OTHERS = '  <include ignore_missing="yes">{}</include>\n'


@contextmanager
def environment_with_fonts(machine: bool) -> Iterator[dict[str, str]]:
    """The environment for a layout, with or without the machine's fonts behind ours, for as long as it is needed.

    The rules, fontconfig's cache and a copy of our font, beside which some versions write, are in a new folder: no home
    folder need be writable, and no other process can disturb it. Raises RenderError where no folder can be made.
    """
    try:
        folder = TemporaryDirectory(prefix="tinygrad_gru-fonts-", ignore_cleanup_errors=True)
    except OSError as error:
        raise RenderError(
            f"a layout needs a folder for its fonts: {error.strerror or error}. try: TMPDIR=… with a writable folder"
        ) from None
    with folder as name:
        fonts, rules = Path(name, "fonts"), Path(name, "pictures.conf")
        others = OTHERS.format(escape(os.environ.get("FONTCONFIG_FILE") or "fonts.conf")) if machine else ""
        text = RULES.format(others=others, fonts=escape(str(fonts)), cache=escape(name), family=FAMILY, plain=PLAIN)
        try:
            fonts.mkdir()
            for file in FILES:
                shutil.copyfile(FOLDER / file, fonts / file)
            rules.write_text(text, encoding="utf-8")
        except UnicodeEncodeError:
            raise RenderError(f"fontconfig reads no path that is not UTF-8: {name!r}. try: TMPDIR=/tmp") from None
        except OSError as error:
            raise RenderError(f"{name}: the layout's fonts cannot be put there: {error.strerror or error}") from None
        environment = os.environ | {"FONTCONFIG_FILE": str(rules), "TZ": "UTC"}  # of the date in a PDF
        environment.pop("FONTCONFIG_SYSROOT", None)  # our files are not there
        if sys.platform != "win32":
            environment["PANGOCAIRO_BACKEND"] = "fontconfig"  # on a Mac Pango would ask the system
        yield environment
