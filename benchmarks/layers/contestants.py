"""Who takes part: our layer as a NumPy program and with Numba, PyTorch, JAX, the GRU by hand, and the floor.

float32. A training step gives the gradients of the input and of all parameters for the sum of all outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib.util import find_spec
from typing import Any

import numpy as np

import tinygrad_gru as tg

from . import PACKAGES, by_hand, floor

Run = Callable[[], Any]


def missing(without: Collection[str] = ()) -> list[str]:
    """The packages of contestants who are wanted and cannot take part."""
    return [package for name, package in PACKAGES.items() if name not in without and not find_spec(package)]


def sequence(shape: tuple[int, ...]) -> np.ndarray:
    """An input (T, B, I)."""
    batch, steps, inputs, _ = shape
    return np.random.default_rng(1).standard_normal((steps, batch, inputs)).astype(np.float32)


def our_layer(layer: str, inputs: int, hidden: int) -> Any:
    """The layer of the package, compiled, with the two bias vectors that PyTorch has."""
    options: dict[str, Any] = {
        "GRU, reset after": {"reset_after": True}, "GRU": {}, "LSTM": {"bias": "double"}, "RNN": {"bias": "double"},
    }[layer]  # fmt: skip
    return tg.compile(getattr(tg.nn, layer.partition(",")[0])(inputs, hidden, **options))


def ours(layer: str, shape: tuple[int, ...], training: bool, jit: bool) -> Run:
    """Our layer, as a NumPy program or with Numba."""
    x, module = sequence(shape), our_layer(layer, *shape[2:])
    parameters = module.parameters()

    def infer() -> Any:
        with tg.no_grad(), tg.compiler.jit(jit):
            return module(x)

    def train() -> Any:
        with tg.compiler.jit(jit):
            tensor = tg.Tensor(x, requires_grad=True)
            out, _ = module(tensor)
            out.sum().backward()
            for p in parameters:
                p.grad = None
            return tensor.grad

    return train if training else infer


def in_torch(layer: str, shape: tuple[int, ...], training: bool) -> Run:
    """PyTorch's layer; both GRUs are compared with the one that it has."""
    import torch

    module = getattr(torch.nn, layer.partition(",")[0])(*shape[2:])
    parameters, x = [*module.parameters()], sequence(shape)

    def infer() -> Any:
        with torch.no_grad():
            return module(torch.from_numpy(x))

    def train() -> Any:
        tensor = torch.tensor(x, requires_grad=True)
        out, _ = module(tensor)
        out.sum().backward()
        for p in parameters:
            p.grad = None
        return tensor.grad

    return train if training else infer


def in_jax(layer: str, shape: tuple[int, ...], training: bool) -> Run:
    """A jitted scan."""
    from . import jax_scan

    return jax_scan.layer(layer, sequence(shape), shape[3], training)


def gru_by_hand(shape: tuple[int, ...], training: bool) -> Run:
    """The GRU by hand with the parameters of a layer of ours."""
    cell = our_layer("GRU, reset after", *shape[2:]).cell
    parameters = {name: getattr(cell, name).data for name in by_hand.NAMES}
    program = by_hand.GRU(parameters, sequence(shape), training)
    batch, steps, _, hidden = shape
    d_states = np.ones((steps, batch, hidden), np.float32)

    def train() -> Any:
        program.forward()
        return program.backward(d_states)

    return train if training else program.forward


def contestants(layer: str, shape: tuple[int, ...], training: bool, without: Collection[str] = ()) -> dict[str, Run]:
    """All who can take part, by name; the floor once for each BLAS."""
    makers: dict[str, Callable[[], Run]] = {
        "NumPy": lambda: ours(layer, shape, training, jit=False),
        "jit": lambda: ours(layer, shape, training, jit=True),
        "torch": lambda: in_torch(layer, shape, training),
        "JAX": lambda: in_jax(layer, shape, training),
    }
    makers = {name: make for name, make in makers.items() if find_spec(PACKAGES[name])}
    if layer == "GRU, reset after":
        makers["by hand"] = lambda: gru_by_hand(shape, training)
    for blas, by in floor.BY.items():
        if find_spec(blas.lower()) and (blas == "NumPy" or blas not in without):
            makers[f"floor, {blas}"] = lambda by=by: floor.products(layer, shape, training, by)
    return {name: make() for name, make in makers.items() if name not in without}
