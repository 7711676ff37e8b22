"""Run in a process of its own: reads DOT from stdin, writes it in the formats that it is told, one after the other.

Imports nothing of ours. The layout is C code that holds the interpreter and cannot be interrupted; a process can be
stopped. Exit code 3: no pygraphviz.
"""

import sys

NO_PYGRAPHVIZ = 3


def main() -> int:
    """Lay out once, and write."""
    try:
        from pygraphviz import AGraph  # type: ignore[import-not-found,unused-ignore]
        from pygraphviz import graphviz as gv
    except ImportError:
        return NO_PYGRAPHVIZ
    graph = AGraph(string=sys.stdin.buffer.read().decode("utf-8"))  # it frees what it holds
    context = gv.gvContextWithBuiltins()
    if gv.gvLayout(context, graph.handle, b"dot"):
        return 1  # Graphviz has said why
    for form in sys.argv[1:]:
        error, drawn = gv.gvRenderData(context, graph.handle, form.encode())
        if error:
            return 1
        sys.stdout.buffer.write(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main())
