"""What starting costs: whole Python processes, compared with one that only imports NumPy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from .timing import side_by_side

PROGRAMS = {
    "python": "pass",
    "import numpy": "import numpy",
    "import tinygrad_gru": "import tinygrad_gru",
    "... and use Tensor, grad and every operation": "import tinygrad_gru as tg; tg.Tensor; tg.grad; tg.tanh",
    "... and nn and optim": "import tinygrad_gru as tg; tg.Tensor; tg.grad; tg.tanh; tg.nn.GRU; tg.optim.Adam",
    "tinygrad-gru --help": "import sys; sys.argv[1:] = ['--help']; from tinygrad_gru.cli import main; main()",
}


def process(program: str) -> Callable[[], object]:
    """A function that runs the program in a process of its own."""
    return lambda: subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def main() -> list[dict[str, Any]]:
    """Milliseconds of each, and over NumPy's own import."""
    seconds = side_by_side({name: process(program) for name, program in PROGRAMS.items()}, repeats=15, warm=2)
    limits = {name: 30 for name in PROGRAMS if name.startswith(("import tinygrad", "..."))}
    return [
        {
            "program": name,
            "ms": s * 1e3,
            "ms over import numpy": (s - seconds["import numpy"]) * 1e3,
            "at most": limits.get(name),
        }
        for name, s in seconds.items()
    ]
