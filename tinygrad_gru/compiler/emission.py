"""From a plan to Python: two functions of NumPy calls, `forward` and `backward`, to be read as well as run.

Names in the text are those of `identifier`, and numbers are written by `repr`: nothing that a user chose gets into the
text in any other way. Inside the loops every call writes into memory that is there already (`out=`).

    all_z    z at every step          some_z   z at the steps of a chunk          z   z at this step
"""

from __future__ import annotations

from .backward import Backward
from .forward import Forward
from .plan import Plan

__all__ = ["emit"]


def emit(plan: Plan) -> str:
    """The source of `forward` and `backward`."""
    names = plan.program.names()
    return "\n".join([*Forward(plan, names).text(), "", "", *Backward(plan, names).text(), ""])
