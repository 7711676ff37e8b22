"""Native loops: the statements of a step element by element, matrix products by a micro-kernel, compiled by Numba."""
