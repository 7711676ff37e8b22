"""What makes the engine robust and fast: beneath the tensor, and above it."""
