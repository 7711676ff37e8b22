"""The ratios that are to be reached, row by row, on a processor with AVX-512."""

from __future__ import annotations

ONE_THREAD: dict[str, dict[str, tuple[float, ...]]] = {
    "GRU, reset after": {
        "NumPy / by hand": (1.05, 0.95, 0.90, 0.90, 0.80),
        "jit / torch": (0.06, 0.30, 0.58, 0.85, 0.45),
        "jit / JAX": (0.70, 0.60, 0.48, 0.52, 0.36),
    },
    "LSTM": {"jit / torch": (0.85, 0.80, 0.75, 0.85, 0.55)},
    "RNN": {"jit / torch": (0.16, 0.42, 0.80, 0.92, 0.50)},
}
TWO_THREADS = {layer: {"jit / torch": (0.9,) * 5} for layer in ONE_THREAD}
INFERENCE = {layer: {"jit / torch": (0.85,) * 5} for layer in ONE_THREAD}
LIMITS = {
    "recurrent_layers": ONE_THREAD,
    "recurrent_layers_two_threads": TWO_THREADS,
    "inference": INFERENCE,
}


def limits(result: str, layer: str, row: int) -> dict[str, float]:
    """The limits of one row, by column."""
    return {column: values[row] for column, values in LIMITS.get(result, {}).get(layer, {}).items()}
