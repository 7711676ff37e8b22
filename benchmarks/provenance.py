"""What it costs that every tensor knows the line and scope that made it.

`apply` is run as it is, and once more with the lines that keep `(code, lasti)` and the scope taken out of its source.
"""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

import numpy as np

from . import gru_op_by_op
from .timing import side_by_side

KEPT_LINE = ("frame", "code = ", "while code", "out._code", "out._lasti")


def stripped(module: Any, drop: tuple[str, ...]) -> Any:
    """`module.apply` without the lines that start with one of `drop`."""
    source = inspect.getsource(module.apply)
    lines = [line for line in source.splitlines() if not line.strip().startswith(drop)]
    namespace: dict[str, Any] = {}
    exec(textwrap.dedent("\n".join(lines)), vars(module), namespace)  # our own source, not anybody's data
    return namespace["apply"]


def main() -> list[dict[str, Any]]:
    """The GRU operation by operation at the smallest shape, where overhead counts most."""
    from tinygrad_gru.core import op, ops
    from tinygrad_gru.core.support import scopes

    shape = gru_op_by_op.SHAPES[0]
    x = np.random.default_rng(1).standard_normal((shape[1], shape[0], shape[2])).astype(np.float32)
    run = gru_op_by_op.ours(*shape, x)
    families = [m for m in vars(ops).values() if inspect.ismodule(m) and hasattr(m, "apply")]
    full, bare = op.apply, stripped(op, KEPT_LINE)
    enter, leave = scopes.scope.__enter__, scopes.scope.__exit__

    def with_apply(function: Any, scoped: bool = True) -> Any:
        def timed() -> None:
            for module in families:
                module.apply = function
            if not scoped:
                scopes.scope.__enter__ = lambda self: None
                scopes.scope.__exit__ = lambda self, *exc: None
            try:
                run()
            finally:
                for module in families:
                    module.apply = full
                scopes.scope.__enter__, scopes.scope.__exit__ = enter, leave

        return timed

    seconds = side_by_side(
        {
            "as it is": with_apply(full),
            "without lines": with_apply(bare),
            "without lines and scopes": with_apply(bare, scoped=False),
        },
        repeats=41,
    )
    return [
        {
            "a GRU step": name,
            "us": s / shape[1] * 1e6,
            "cost of what was left out": f"{seconds['as it is'] / s - 1:.1%}",
            "at most": "5%" if name == "without lines" else None,
        }
        for name, s in seconds.items()
    ]
