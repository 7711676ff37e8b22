"""Training on a terminal: a bar, a table of many runs, a curve in a line."""
