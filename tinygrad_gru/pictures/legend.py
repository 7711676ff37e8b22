"""What stands below a picture: its title, the equation of the state, and the scales of colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import labels
from .formulas import number
from .palette import Scale, gate_scale

if TYPE_CHECKING:
    from .dot import Drawer

__all__ = ["legend"]


def legend(drawer: Drawer) -> str:
    """The label of the whole graph, which cannot disturb the layout."""
    outline = drawer.outline
    cells = []
    if drawer.title:
        cells.append(f'<FONT POINT-SIZE="13"><B>{labels.text(drawer.title, 80)}</B></FONT>')
    if outline.level == "gate":
        if outline.equation:
            cells.append(f'<FONT POINT-SIZE="11">{labels.words(outline.equation, 11, 120)}</FONT>')
        if drawer.values:
            largest = drawer.value_scale.largest
            if largest:
                cells.append(_scale(f"value −{number(largest)}", drawer.value_scale, f"+{number(largest)}"))
            if drawer.gates:
                cells.append(_scale("gate: 0 shut", gate_scale(), "1 open", from_zero=True))
        if drawer.grads and drawer.gradient_scale.largest:
            largest = drawer.gradient_scale.largest
            cells.append(_scale(f"grad −{number(largest)}", drawer.gradient_scale, f"+{number(largest)}"))
    else:
        words = ["filled box: a named tensor and the operation that made it", "white box: an operation"]
        words.append("tag: a parameter or constant, drawn again at every use")
        if drawer.grads:
            words.append("‖g‖: norm of the gradient")
        cells.append(labels.grey(";  ".join(words), 11))
    row = "".join(f"<TD>{cell}</TD>" for cell in cells if cell)
    return f'<<TABLE BORDER="0" CELLSPACING="8"><TR>{row}</TR></TABLE>>' if row else ""


def _scale(left: str, scale: Scale, right: str, from_zero: bool = False) -> str:
    shares = (0.0, 0.25, 0.5, 0.75, 1.0) if from_zero else (-1.0, -0.5, 0.0, 0.5, 1.0)
    cells = "".join(
        f'<TD FIXEDSIZE="TRUE" WIDTH="12" HEIGHT="12" BGCOLOR="{scale.colour(share * scale.largest)}"></TD>'
        for share in shares
    )
    bar = (
        '<TABLE BORDER="1" COLOR="#888888" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" '
        f'FIXEDSIZE="TRUE" WIDTH="62" HEIGHT="14"><TR>{cells}</TR></TABLE>'
    )
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="0"><TR>'
        f"<TD>{labels.grey(left, 10)}</TD><TD>{bar}</TD><TD>{labels.grey(right, 10)}</TD></TR></TABLE>"
    )
