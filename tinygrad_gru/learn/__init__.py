"""Exercises that one solves in a file of one's own, and the judge that says which mistake it was."""
