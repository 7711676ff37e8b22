"""From a plan to code: statement trees, and the writers that make NumPy programs and native loops of them."""

from __future__ import annotations

from ..plan import Phases
from .build import backward, forward, single_step
from .numpy_program import IMPORTS, backward_text, forward_text, prepare_text, step_text

__all__ = ["source_of"]


def source_of(p: Phases) -> dict[str, str]:
    """The text of the NumPy program: its functions by name, after the line that imports what they call."""
    names = p.program.names()
    there, back, step = forward(p, names), backward(p, names), single_step(p, names)
    functions = {
        "prepare": prepare_text(there, "prepare"),
        "forward": forward_text(there),
        "prepare_back": prepare_text(back, "prepare_back"),
        "backward": backward_text(back),
        "stepper": step_text(step),
    }
    text = {name: "\n".join(lines) for name, lines in functions.items()}
    return {"imports": IMPORTS, **text}
