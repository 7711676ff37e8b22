"""How an attempt is judged: its results beside those of the solution, and words for what differs."""
