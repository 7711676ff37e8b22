"""Recurrent layers side by side: the contestants, and the process in which they are timed. No import of NumPy here."""

LAYERS = ("GRU, reset after", "GRU", "LSTM", "RNN")
SHAPES = [(1, 100, 16, 32), (32, 50, 32, 64), (64, 100, 64, 128), (64, 128, 128, 256), (32, 600, 2, 130)]
PACKAGES = {"NumPy": "numpy", "jit": "numba", "torch": "torch", "JAX": "jax"}  # by contestant
