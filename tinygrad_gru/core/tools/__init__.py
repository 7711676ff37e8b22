"""Tools on top of the engine: transforms of functions, checkpoints, and the gradient check."""
