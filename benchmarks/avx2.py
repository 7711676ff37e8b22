"""The recurrent layers in training with one thread, where everybody is limited to AVX2."""

from __future__ import annotations

from typing import Any

from .layers import LAYERS, SHAPES
from .layers.timed import Choice
from .progress import steps
from .recurrent_layers import cases, row_of

# What makes each library do without AVX-512, on a processor that has it.
AVX2 = {
    "OPENBLAS_CORETYPE": "Haswell", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2", "NUMBA_CPU_NAME": "haswell", "TINYGRAD_GRU_SIMD": "avx2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
}  # fmt: skip
ROUNDS = 7


def main() -> list[dict[str, Any]]:
    """A row for each layer and shape; the limits are for AVX-512."""
    choice = Choice([*LAYERS], [*range(len(SHAPES))], ROUNDS, [], inference=False)
    with steps(len(choice.cases)) as show:
        return [row_of(case) | {"at most": {}} for case in cases(choice, 1, show, AVX2)]
