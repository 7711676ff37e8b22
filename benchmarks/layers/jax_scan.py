"""Recurrent layers in JAX: a jitted `lax.scan` over the step, the products with the input before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

# A step: from the states, what the input adds to each gate, U and its biases, to the new states. h is the first.


def gru_reset_after(states: Any, a: Any, U: Any, c: Any) -> Any:
    (h,) = states
    p = h @ U + c
    H = h.shape[-1]
    r, z = jnp.split(jax.nn.sigmoid(a[:, : 2 * H] + p[:, : 2 * H]), 2, -1)
    candidate = jnp.tanh(a[:, 2 * H :] + r * p[:, 2 * H :])
    return ((1 - z) * h + z * candidate,)


def gru(states: Any, a: Any, U: Any, c: Any) -> Any:
    (h,) = states
    H = h.shape[-1]
    r, z = jnp.split(jax.nn.sigmoid(a[:, : 2 * H] + h @ U[:, : 2 * H] + c[: 2 * H]), 2, -1)
    candidate = jnp.tanh(a[:, 2 * H :] + (r * h) @ U[:, 2 * H :] + c[2 * H :])
    return ((1 - z) * h + z * candidate,)


def lstm(states: Any, a: Any, U: Any, c: Any) -> Any:
    h, memory = states
    i, f, g, o = jnp.split(a + h @ U + c, 4, -1)
    memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(memory), memory


def rnn(states: Any, a: Any, U: Any, c: Any) -> Any:
    (h,) = states
    return (jnp.tanh(a + h @ U + c),)


STEPS = {"GRU, reset after": (gru_reset_after, 3, 1), "GRU": (gru, 3, 1), "LSTM": (lstm, 4, 2), "RNN": (rnn, 1, 1)}


def layer(kind: str, x: np.ndarray, hidden: int, training: bool) -> Callable[[], Any]:
    """A function that runs all steps, and with `training` the gradients of the parameters and of x."""
    step, gates, how_many = STEPS[kind]
    rng = np.random.default_rng(0)
    sizes = [(x.shape[-1], gates * hidden), (hidden, gates * hidden), (gates * hidden,), (gates * hidden,)]
    parameters = [jnp.asarray(rng.uniform(-0.1, 0.1, size), jnp.float32) for size in sizes]  # W, U, b, c

    def outputs(parameters: Any, x: Any) -> Any:
        W, U, b, c = parameters

        def body(states: Any, a: Any) -> Any:
            states = step(states, a, U, c)
            return states, states[0]

        start = (jnp.zeros((x.shape[1], hidden), jnp.float32),) * how_many
        return jax.lax.scan(body, start, x @ W + b)[1]

    def loss(parameters: Any, x: Any) -> Any:
        return outputs(parameters, x).sum()

    compiled = jax.jit(jax.grad(loss, argnums=(0, 1)) if training else outputs)
    return lambda: jax.block_until_ready(compiled(parameters, x))
