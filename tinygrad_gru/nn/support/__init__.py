"""Shared by layers, cells and losses: checks and limits, modes, masks and means, and wrappers of a step."""
