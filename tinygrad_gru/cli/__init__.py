"""The command line. `main` starts it; each command lives in a module of its own and imports what it needs when run."""

from .app import app, main

__all__ = ["app", "main"]
