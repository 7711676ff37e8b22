"""Start the command line from a checkout: `python cli.py --help`."""

import sys

from tinygrad_gru.__main__ import start

if __name__ == "__main__":
    sys.exit(start())
