"""Exercises that one solves in a file of one's own, and the judge that says which mistake it was."""

from pathlib import Path

__all__ = ["USUAL_FOLDER"]

USUAL_FOLDER = Path("learn")  # of a learner's files, in the folder where the command is typed
