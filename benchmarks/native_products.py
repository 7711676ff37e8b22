"""The native products as a share of the processor's peak, with AVX-512 and with AVX2.

The peak is the tile of the same instructions that reads the same few numbers for ever, so that nothing but the
multiplications and additions takes time. The products are those of a step, [x, h] times the weights of the gates, and
the sums of products over a chunk of steps, which are the gradients of the weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from .layers import SHAPES
from .processes import output
from .timing import side_by_side

INSTRUCTIONS = {"AVX-512": {}, "AVX2": {"TINYGRAD_GRU_SIMD": "avx2", "NUMBA_CPU_NAME": "haswell"}}
ROWS, GATES = (1, 2, 3), 4
STEPS = 4  # of a chunk
SECONDS = 0.005  # of a call, about, at 100 GFLOP/s


def operations(row: int) -> tuple[dict[str, Callable[[], None]], dict[str, float]]:
    """What is timed at a row of SHAPES, by name, and the multiplications and additions of a call."""
    from numba import njit

    from tinygrad_gru.compiler.code.native.machine_code import imported
    from tinygrad_gru.compiler.code.native.prelude import prelude

    native = imported(prelude("float32"))
    product, add_outer, tile, options = native.product, native.add_outer, native.many, native.options
    batch, _, inputs, hidden = SHAPES[row]
    K, N, M = inputs + hidden, GATES * hidden, STEPS * batch
    rng = np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return rng.random(shape, np.float32)

    A, C = random(batch, K), np.empty((batch, native.padded(N)), np.float32)
    P = native.pack(random(1, K, N))
    left, right = random(M + 1, K), random(M + 1, native.padded(N))
    sums = np.zeros((K, native.padded(N)), np.float32)
    panel, tiles = (np.empty(native.BLOCK * n, np.float32) for n in (native.PANEL, K + native.ROWS))
    few = random(native.ROWS, native.PANEL)
    flops = {"peak": 2 * native.ROWS * native.PANEL, "products": 2 * batch * K * N, "sums of products": 2 * M * K * N}
    times = {name: max(1, round(SECONDS * 1e11 / n)) for name, n in flops.items()}  # that a call does it

    fresh = {**options, "cache": False}  # Numba keeps no function that is made in another

    @njit(**fresh)
    def peak(few, weights, result, n):
        tile(few, 0, 1, 0, weights, 0, 0, result, 0, result.shape[1], n, False)

    @njit(**fresh)
    def products(A, P, C, n):
        for _ in range(n):
            product(A, 0, K, P, K, 0, C, False)

    @njit(**fresh)
    def sums_of_products(left, right, sums, panel, tiles, n):
        for _ in range(n):
            add_outer(left, 0, right, 0, 0, M, sums, panel, tiles)

    runs = {
        "peak": lambda: peak(few, few[0], np.empty_like(few), times["peak"]),
        "products": lambda: products(A, P, C, times["products"]),
        "sums of products": lambda: sums_of_products(left, right, sums, panel, tiles, times["sums of products"]),
    }
    return runs, {name: n * times[name] for name, n in flops.items()}


def measured() -> dict[int, dict[str, float]]:
    """GFLOP/s by row and name, with the instructions of this process."""
    speeds = {}
    for row in ROWS:
        runs, flops = operations(row)
        speeds[row] = {name: flops[name] / seconds / 1e9 for name, seconds in side_by_side(runs).items()}
    return speeds


def main() -> list[dict[str, Any]]:
    """A row for each kind of instructions that the processor has, and shape."""
    from tinygrad_gru.compiler.environment import vectors_of_64_bytes

    rows = []
    possible = {name: v for name, v in INSTRUCTIONS.items() if name == "AVX2" or vectors_of_64_bytes()}
    code = "import json; from benchmarks.native_products import measured; print(json.dumps(measured()))"
    for name, variables in possible.items():
        for row, speed in json.loads(" ".join(output(code, **variables))).items():
            rows.append({
                "instructions": name, "batch, steps, input, hidden": SHAPES[int(row)], "peak, GFLOP/s": speed["peak"],
                "products / peak": speed["products"] / speed["peak"],
                "sums of products / peak": speed["sums of products"] / speed["peak"],
            })  # fmt: skip
    return rows
