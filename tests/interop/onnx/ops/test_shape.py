"""Reshaping, reordering and joining as ONNX operators, run by onnxruntime."""

import numpy as np
import pytest

import tinygrad_gru as tg
from tests.interop.onnx.ops.exported import agrees, operators
from tinygrad_gru.interop.onnx.ops.shape import SHAPES

FUNCTIONS = {
    "reshape, one size inferred": lambda x: x.reshape((x.shape[0], 2, 2)),
    "reshape to a product of sizes": lambda x: x.reshape((x.shape[0] * 4,)),
    "expand_dims": lambda x: tg.expand_dims(x, axis=1),
    "squeeze": lambda x: tg.squeeze(tg.expand_dims(x, axis=0), axis=0) * 1.0,
    "permute_dims": lambda x: tg.permute_dims(x, (1, 0)),
    "matrix_transpose": lambda x: x.mT,
    "broadcast_to": lambda x: tg.broadcast_to(x, (2, *x.shape)),
    "flip of one axis": lambda x: tg.flip(x, axis=0),
    "flip of all axes": tg.flip,
    "roll along an axis": lambda x: tg.roll(x, 2, axis=0),
    "roll of all in a row": lambda x: tg.roll(x, -3),
    "tile": lambda x: tg.tile(x, (2, 1, 3)),
    "astype": lambda x: x.astype(np.float64),
    "concat": lambda x: tg.concat([x, x * 2.0], axis=1),
    "stack": lambda x: tg.stack([x, -x], axis=-1),
    "pad": lambda x: tg.pad(x, ((1, 2), (0, 1)), 5.0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_onnxruntime_computes_the_same_at_any_size(name):
    assert agrees(FUNCTIONS[name])


def test_every_operation_of_the_table_is_run():
    assert set().union(*map(operators, FUNCTIONS.values())) >= set(SHAPES)
