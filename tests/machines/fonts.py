"""The fonts that the tests see beside the one that the package brings: those of Matplotlib, and none of the machine's.

Graphviz measures with them what ours lacks: another font, another picture.
"""

from importlib.util import find_spec
from pathlib import Path

__all__ = ["FONTS", "environment_with_fonts"]

FONTS = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"  # DejaVu and STIX

CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{folder}</cachedir>
  <match target="pattern">
    <edit name="family" mode="assign" binding="strong"><string>{family}</string></edit>
  </match>
</fontconfig>
"""


def environment_with_fonts(folder: Path, family: str = "DejaVu Sans", fonts: Path = FONTS) -> dict[str, str]:
    """The environment variables by which a process sees one family of fonts; what is written for it is in `folder`."""
    file = folder / "fonts.conf"
    file.write_text(CONFIGURATION.format(fonts=fonts, folder=folder, family=family), encoding="utf-8")
    return {
        "FONTCONFIG_FILE": str(file),
        "PANGOCAIRO_BACKEND": "fontconfig",  # on a Mac Pango would ask the system
    }
