"""Run in a process of its own: reads DOT from stdin, writes the picture to stdout. Imports nothing of ours.

The layout is C code that holds the interpreter and cannot be interrupted; a process can be stopped. The exit code says
what was found: 3 for no pygraphviz, 4 for no fonts where the format needs them.
"""

import sys

NO_PYGRAPHVIZ, NO_FONTS = 3, 4


def main() -> int:
    """Lay out and write."""
    form = sys.argv[1]
    try:
        from pygraphviz import AGraph  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return NO_PYGRAPHVIZ
    if form != "svg":  # an SVG's text is drawn by whoever shows it
        # Without fonts all letters are boxes of one width; in a monospaced font a character that none has is wider.
        names = [f'{name} [label="{letter * 12}"];' for name, letter in (("a", "i"), ("b", "W"), ("c", "\U0010fffd"))]
        lines = AGraph(string=f"digraph {{ {' '.join(names)} }}").draw(format="plain", prog="dot").decode().splitlines()
        widths = [line.split()[4] for line in lines if line.startswith("node")]
        if len(set(widths)) == 1:
            return NO_FONTS
    picture = AGraph(string=sys.stdin.buffer.read().decode("utf-8")).draw(format=form, prog="dot")
    sys.stdout.buffer.write(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
