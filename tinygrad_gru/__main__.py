"""`python -m tinygrad_gru`, and what the installed command `tinygrad-gru` calls: the command line."""

import os
import sys

__all__ = ["start"]


def start() -> int:
    """Run the command line of this process; returns the exit code."""
    # NumPy's threads look for work for 2²⁰ cycles after a product, not 2²⁸, in which they would take the processors
    # from the native loops beside it; it is read when NumPy is loaded. docs/speed.md has what that saves.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "20")
    try:
        from .cli import main  # here, so that Ctrl-C while it is loaded is no traceback either

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(start())
