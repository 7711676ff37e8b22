"""From a plan to Python: `forward`, `backward` and `stepper`, functions of NumPy calls to be read as well as run.

Names in the text are those of `identifier`, and numbers are written by `repr`: nothing that a user chose gets into the
text in any other way. Inside the loops every call writes into memory that is there already (`out=`).

    all_z    z at every step          some_z   z at the steps of a chunk          z   z at this step
"""

from __future__ import annotations

from .backward import Backward
from .forward import Forward
from .plan import Plan
from .stepping import Stepping

__all__ = ["emit"]


def emit(plan: Plan) -> str:
    """The source of `forward`, `backward` and `stepper`."""
    names = plan.program.names()
    functions = [kind(plan, names).text() for kind in (Forward, Backward, Stepping)]
    return "\n\n\n".join("\n".join(lines) for lines in functions) + "\n"
