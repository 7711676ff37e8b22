"""From one outline to another: each file is one pass over the graph that will be drawn."""
