"""What layers, cells and losses share: checks and limits, modes, masks and means, and what wraps a step."""
