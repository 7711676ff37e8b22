"""What operations mean, in NumPy and without the compiler's own table, and programs that are run by it and compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_gru.compiler.ir import Instruction, Program

__all__ = ["MEANING", "B", "change", "interpreted", "random_values", "values_of"]

MEANING = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "negative": lambda a: -a,
    "maximum": lambda a, b: np.where(a >= b, a, b),
    "minimum": lambda a, b: np.where(a <= b, a, b),
    "logaddexp": lambda a, b: np.log(np.exp(a) + np.exp(b)),
    "tanh": lambda a: np.where(a < 0, -1, 1) * (1 - np.exp(-2 * abs(a))) / (1 + np.exp(-2 * abs(a))),
    "exp": np.exp,
    "expm1": lambda a: np.exp(a) - 1,
    "log": lambda a: np.log2(a) * np.log(2),
    "log1p": lambda a: np.log(1 + a),
    "sqrt": lambda a: a**0.5,
    "square": lambda a: a * a,
    "sin": np.sin,
    "cos": np.cos,
    "absolute": lambda a: np.where(a < 0, -a, a),
    "sign": lambda a: 1.0 * (a > 0) - 1.0 * (a < 0),
    "isfinite": lambda a: a - a == 0,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "logical_and": lambda a, b: a & b,
    "logical_or": lambda a, b: a | b,
    "logical_not": lambda a: ~a,
    "where": lambda condition, a, b: np.choose(condition, [b, a]),
    "matmul": lambda a, b: np.einsum("...ij,...jk->...ik", a, b),
    "outer": lambda a, b: np.einsum("...bi,...bj->...ij", a, b),
    "transpose": lambda a: np.swapaxes(a, 0, 1),
    "reshape": lambda a, dims: np.array(a.ravel().tolist()).reshape(dims),
    "transpose_batch": lambda a: np.swapaxes(a, 0, 1),
    "columns": lambda a, start, stop: np.take(a, range(start, stop), axis=-1),
    "rows": lambda a, start, stop: np.take(a, range(start, stop), axis=0),
    "concat": lambda *parts: np.concatenate(parts, axis=-1),
    "stack_rows": lambda *parts: np.vstack(parts),
    "stack": lambda *parts: np.vstack([a.reshape((1,) * (3 - a.ndim) + a.shape) for a in parts]),
    "part": lambda a, index: np.take(a, index, axis=0),
    "parts": lambda a, start, stop: np.take(a, range(start, stop), axis=0),
    "broadcast_columns": lambda a, width: np.tile(a, (1, width)),
    "sum_batch": lambda a: a.sum(-2),
    "sum_columns": lambda a: a.sum(1, keepdims=True),
    "max_columns": lambda a: a.max(1, keepdims=True),
}
B = 3


def values_of(program: Program, values: dict[str, Any]) -> dict[Instruction, Any]:
    """The value of each instruction; each has the sizes that it says it has, and the stage of what it depends on."""
    found: dict[Instruction, Any] = {}
    for line in program.instructions():
        if line.op == "input":
            found[line] = values[line.option("name")]
            continue
        if line.op == "number":
            found[line] = np.float64(line.option("value"))
            continue
        found[line] = MEANING[line.op](*[found[a] for a in line.args], **dict(line.options))
        assert found[line].shape == tuple(B if n == "B" else n for n in line.dims), line.op
        assert line.stage == max(a.stage for a in line.args)
    return found


def interpreted(program: Program, values: dict[str, Any]) -> dict[str, Any]:
    """The outputs by name."""
    found = values_of(program, values)
    return {name: found[line] for name, line in program.outputs.items()}


def random_values(program: Program, seed: int = 0) -> dict[str, Any]:
    """A random array for each input."""
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(-0.9, 0.9, [B if n == "B" else n for n in line.dims])
            for name, line in program.inputs.items()}  # fmt: skip


def change(one: Program, other: Program, seed: int = 0) -> float:
    """By how much two programs differ, on random inputs."""
    values = random_values(one, seed)
    wanted, got = interpreted(one, values), interpreted(other, values)
    assert got.keys() == wanted.keys()
    return max(float(np.abs(got[name] - a).max()) / max(1.0, float(np.abs(a).max())) for name, a in wanted.items())
