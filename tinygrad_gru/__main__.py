"""`python -m tinygrad_gru`, and what the installed command `tinygrad-gru` calls: the command line."""

import sys

__all__ = ["start"]


def start() -> int:
    """Run the command line of this process; returns the exit code."""
    try:
        from .cli import main  # here, so that Ctrl-C while it is loaded is no traceback either

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(start())
