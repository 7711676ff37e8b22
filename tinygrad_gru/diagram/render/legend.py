"""What stands below a picture: its title, the equation of the state, and the scales of colour."""

from __future__ import annotations

from ...symbolic.short import number
from ..model import Graph
from . import html_labels as labels
from .nodes import Nodes, is_numbered
from .theme import Heat, Scale

__all__ = ["legend"]


def legend(graph: Graph, nodes: Nodes, heat: Heat | None) -> str:
    """The label of the whole graph, which cannot disturb the layout."""
    look, write = nodes.look, nodes.labels
    cells = []
    if look.title:
        cells.append(f'<FONT POINT-SIZE="{write.size(13)}"><B>{labels.text(look.title, 80)}</B></FONT>')
    if graph.note:
        parts = graph.note.split("; ") if look.smallest else [graph.note]
        cells += [write.grey(part, 11) for part in parts]
    if graph.level == "op" and not graph.backward:
        if not look.brief:
            cells.append(write.grey(";  ".join(_words(graph, nodes)), 11))
    else:
        if graph.equation and graph.paths is None:
            size = write.size(11)
            cells.append(f'<FONT POINT-SIZE="{size}">{write.words(graph.equation, 11, 120)}</FONT>')
        if look.values and (largest := nodes.value_scale.largest):
            cells.append(_scale(nodes, f"value −{number(largest)}", nodes.value_scale, f"+{number(largest)}"))
        if look.values and nodes.gates:
            cells.append(_scale(nodes, "gate: 0 shut", nodes.theme.gate_scale(), "1 open", from_zero=True))
        if (graph.backward or (graph.level == "gate" and nodes.grads)) and (largest := nodes.gradient_scale.largest):
            cells.append(_scale(nodes, f"grad −{number(largest)}", nodes.gradient_scale, f"+{number(largest)}"))
    if heat is not None and heat.largest > 0:
        cells.append(_heat(graph, nodes, heat))
    if not cells:
        return ""
    if not look.smallest:
        return f"<{_table(cells)}>"
    return f"<{_wrapped(cells, 2 if graph.paths is None else 1)}>"  # a slide is not as wide


def _table(cells: list[str], spacing: int = 8) -> str:
    row = "".join(f"<TD>{cell}</TD>" for cell in cells)
    place = ' ALIGN="LEFT"' if spacing < 8 else ""
    return f'<TABLE BORDER="0"{place} CELLSPACING="{spacing}"><TR>{row}</TR></TABLE>'


def _wrapped(cells: list[str], in_a_line: int) -> str:
    """Words first, one or two in a line, and the scales in a line below."""
    bars = [cell for cell in cells if cell.startswith("<TABLE")]
    words = [cell for cell in cells if cell not in bars]
    lines = [words[i : i + in_a_line] for i in range(0, len(words), in_a_line)] + ([bars] if bars else [])
    rows = "".join(f'<TR><TD ALIGN="LEFT">{_table(line, 1)}</TD></TR>' for line in lines)
    return f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>'


def _words(graph: Graph, nodes: Nodes) -> list[str]:
    words = ["filled box: a named tensor and the operation that made it", "white box: an operation"]
    if nodes.theme.name == "dark":
        words = ["filled box: a named tensor and the operation that made it", "empty box: an operation"]
    if any(node.kind == "tag" or node.tags for node in graph.nodes):
        shared = any(node.kind == "tag" and node.use is None for node in graph.nodes)
        words.append("tag: a parameter or constant" + ("" if shared else ", drawn again at every use"))
    if any(node.kind == "tag" and nodes.uses(node) > 1 for node in graph.nodes):
        words.append("×: how many uses")
    if any(is_numbered(edge) for edge in graph.edges):
        words.append("1, 2: which operand")
    if nodes.grads:
        words.append("‖g‖: norm of the gradient")
    return words


def _scale(nodes: Nodes, left: str, scale: Scale, right: str, from_zero: bool = False) -> str:
    shares = (0.0, 0.25, 0.5, 0.75, 1.0) if from_zero else (-1.0, -0.5, 0.0, 0.5, 1.0)
    return _bar(nodes, left, [scale.colour(share * scale.largest) for share in shares], right)


def _heat(graph: Graph, nodes: Nodes, heat: Heat) -> str:
    names = dict.fromkeys(edge.carries.name for edge in graph.edges if edge.line and edge.carries.name)
    left = f"‖∂L/∂{next(iter(names), '·')}‖ {number(heat.largest * 10**-heat.decades, 2)}"
    return _bar(nodes, left, list(heat.ramp), f"{number(heat.largest, 2)} (log scale: the wider, the larger)")


def _bar(nodes: Nodes, left: str, colours: list[str], right: str) -> str:
    cells = "".join(f'<TD FIXEDSIZE="TRUE" WIDTH="12" HEIGHT="12" BGCOLOR="{colour}"></TD>' for colour in colours)
    bar = (
        f'<TABLE BORDER="1" COLOR="{nodes.theme.frame}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" '
        f'FIXEDSIZE="TRUE" WIDTH="{12 * len(colours) + 2}" HEIGHT="14"><TR>{cells}</TR></TABLE>'
    )
    grey = nodes.labels.grey
    return (
        '<TABLE BORDER="0" ALIGN="LEFT" CELLBORDER="0" CELLSPACING="4" CELLPADDING="0"><TR>'
        f"<TD>{grey(left, 10)}</TD><TD>{bar}</TD><TD>{grey(right, 10)}</TD></TR></TABLE>"
    )
