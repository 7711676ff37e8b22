"""The font of all pictures, DejaVu Sans Condensed in two weights, so that they are the same on every machine.

Its files hold the Latin, Greek and Cyrillic letters and the signs of mathematics, a part of DejaVu's 5,500 characters.
tests/diagram/render/fonts/make.py makes them anew; LICENSE is DejaVu's.
"""

from pathlib import Path

__all__ = ["FAMILY", "FILES", "FOLDER"]

FOLDER = Path(__file__).parent
FILES = {"DejaVuSansCondensed.ttf": "Book", "DejaVuSansCondensed-Bold.ttf": "Bold"}
FAMILY = "DejaVu Sans Condensed Part"  # a name of its own: a machine may have the whole, in another version
