"""A run's directory: its settings, its checkpoints, its metrics, and the lock on it."""
