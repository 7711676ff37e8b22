"""The player: a graph played forward and backward, event by event, as a page or as single frames."""
