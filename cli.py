"""Start the command line from a checkout: `python cli.py --help`."""

import sys

from tinygrad_gru.cli import main

if __name__ == "__main__":
    sys.exit(main())
