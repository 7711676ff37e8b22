"""Support of the engine: the modules that make it robust and fast, beneath the tensor and above it."""
