"""A good call of everything public in tg.nn, tg.optim, tg.compiler and of tg.save and tg.load, fresh each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_gru as tg
from tests.faults.good_calls.ingredients import F, path, x
from tests.faults.odd_calls import call
from tinygrad_gru import nn, optim

__all__ = ["CALLS"]


def parameters() -> list[Any]:
    """Two parameters with gradients."""
    found = [nn.Parameter([1.0, 2.0]), nn.Parameter([[3.0]])]
    for p in found:
        p.grad = np.ones(p.shape, F)
    return found


def an_optimiser() -> optim.Optimizer:
    return optim.Adam(parameters())


class Halved(optim.Schedule):
    """A schedule of the user's own."""

    def factor(self, n: int) -> float:
        return 0.5


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def saved() -> Path:
    there = path("good.npz")
    tg.save(nn.Linear(2, 1), there)
    return there


def cell_step(cell: Any, *states: Any, **named: Any) -> Any:
    return call(cell, x(2, 3), *states, **named)


CALLS: dict[str, Any] = {
    # layers
    "tg.nn.Linear": lambda: call(nn.Linear, 2, 3, bias=True, dtype=F),
    "tg.nn.Linear.forward": lambda: call(nn.Linear(2, 3), x(4, 2)),
    "tg.nn.Embedding": lambda: call(nn.Embedding, 5, 2, dtype=F),
    "tg.nn.Embedding.forward": lambda: call(nn.Embedding(5, 2), np.array([[0, 4]])),
    "tg.nn.Dropout": lambda: call(nn.Dropout, 0.5, shared_axis=0),
    "tg.nn.Dropout.forward": lambda: call(nn.Dropout(0.5, shared_axis=1), x(4, 2)),
    "tg.nn.LayerNorm": lambda: call(nn.LayerNorm, 3, eps=1e-5, dtype=F),
    "tg.nn.LayerNorm.forward": lambda: call(nn.LayerNorm(3), x(2, 3)),
    "tg.nn.Sequential": lambda: call(nn.Sequential, nn.Linear(2, 3), nn.Linear(3, 1)),
    "tg.nn.Sequential.forward": lambda: call(nn.Sequential(nn.Linear(2, 3)), x(4, 2)),
    "tg.nn.Parameter": lambda: call(nn.Parameter, [1.0, 2.0], requires_grad=True, name="W", copy=True),
    "tg.nn.LayerNorm of two axes": lambda: call(nn.LayerNorm((2, 3)), x(4, 2, 3)),
    "tg.nn.LayerNorm of a tuple": lambda: call(nn.LayerNorm, (2, 3)),
    "tg.nn.Function": lambda: call(nn.Function, tg.tanh),
    "tg.nn.Function.forward": lambda: call(nn.Function(tg.tanh), x(2, 3)),
    "tg.nn.Sequential with a function": lambda: call(nn.Sequential, nn.Linear(2, 3), tg.tanh),
    "tg.nn.ModuleList": lambda: call(nn.ModuleList, [nn.Linear(2, 3)]),
    "tg.nn.ModuleList.append": lambda: call(nn.ModuleList().append, nn.Linear(2, 3)),
    "tg.nn.ModuleList.extend": lambda: call(nn.ModuleList().extend, [nn.Linear(2, 3)]),
    "tg.nn.ModuleList.__getitem__": lambda: call(nn.ModuleList([nn.Linear(2, 3)]).__getitem__, 0),
    "tg.nn.ModuleList.__setitem__": lambda: call(nn.ModuleList([nn.Linear(2, 3)]).__setitem__, 0, nn.Linear(2, 3)),
    # activations as modules
    **{
        f"tg.nn.{name}.forward": lambda name=name: call(getattr(nn, name)(), x(2, 3))
        for name in nn.activation_modules.__all__
    },
    **{
        f"tg.nn.{name}": lambda name=name: call(getattr(nn, name))
        for name in [
            "ELU",
            "Hardsigmoid",
            "Identity",
            "ReLU",
            "SELU",
            "SiLU",
            "Sigmoid",
            "Softplus",
            "Softsign",
            "Tanh",
        ]
    },
    "tg.nn.GELU": lambda: call(nn.GELU, approximate="tanh"),
    "tg.nn.LeakyReLU": lambda: call(nn.LeakyReLU, slope=0.01),
    "tg.nn.Softmax": lambda: call(lambda axis: nn.Softmax(axis)(x(2, 3)), axis=-1),
    "tg.nn.LogSoftmax": lambda: call(lambda axis: nn.LogSoftmax(axis)(x(2, 3)), axis=-1),
    "tg.nn.Flatten": lambda: call(lambda *axes: nn.Flatten(*axes)(x(2, 3)), 0, 1),
    # cells
    "tg.nn.Cell": lambda: call(nn.Cell, 2, 3, states=("h",)),
    "tg.nn.RNNCell": lambda: call(nn.RNNCell, 3, 4, bias=True, nonlinearity="tanh", dtype=F, init="torch"),
    "tg.nn.GRUCell": lambda: call(
        nn.GRUCell,
        3,
        4,
        bias=True,
        reset_after=True,
        activation="tanh",
        gate_activation="sigmoid",
        dtype=F,
        init="torch",
        keep_bias=2.0,
    ),
    "tg.nn.ResetAfterGRUCell": lambda: call(
        nn.ResetAfterGRUCell, 3, 4, bias=True, keep_bias=2.0, dtype=F, init="keras"
    ),
    "tg.nn.equation": lambda: call(nn.equation, "reset gate", role="reset", name="r"),
    "tg.nn.LSTMCell": lambda: call(
        nn.LSTMCell,
        3,
        4,
        bias=True,
        activation="tanh",
        gate_activation="sigmoid",
        dtype=F,
        init="keras",
        forget_bias=1.0,
    ),
    "tg.nn.RNNCell.forward": lambda: cell_step(nn.RNNCell(3, 4), x(2, 4)),
    "tg.nn.GRUCell.forward": lambda: cell_step(nn.GRUCell(3, 4), x(2, 4)),
    "tg.nn.LSTMCell.forward": lambda: cell_step(nn.LSTMCell(3, 4), x(2, 4), x(2, 4)),
    "tg.nn.Cell.start_bias": lambda: call(nn.GRUCell(3, 4).start_bias, "z", -2.0),
    # layers over time
    "tg.nn.Recurrent": lambda: call(
        nn.Recurrent,
        [nn.GRUCell(2, 3), nn.GRUCell(3, 3)],
        batch_first=True,
        dropout=0.5,
        recurrent_dropout=0.5,
        go_backwards=True,
        keep_order=True,
        stateful=False,
        past_end="zero",
        engine="eager",
    ),
    "tg.nn.RNN": lambda: call(
        nn.RNN,
        2,
        3,
        num_layers=2,
        nonlinearity="tanh",
        bias=True,
        batch_first=False,
        dropout=0.5,
        bidirectional=True,
        init="torch",
        dtype=F,
    ),
    "tg.nn.GRU": lambda: call(
        nn.GRU,
        2,
        3,
        num_layers=2,
        bias=True,
        batch_first=False,
        dropout=0.5,
        bidirectional=True,
        reset_after=False,
        activation="tanh",
        gate_activation="sigmoid",
        keep_bias=1.0,
        init="torch",
        dtype=F,
    ),
    "tg.nn.LSTM": lambda: call(
        nn.LSTM,
        2,
        3,
        num_layers=2,
        bias=True,
        batch_first=False,
        dropout=0.5,
        bidirectional=True,
        activation="tanh",
        gate_activation="sigmoid",
        forget_bias=1.0,
        init="torch",
        dtype=F,
    ),
    "tg.nn.Recurrent.forward with lengths": lambda: call(
        nn.GRU(2, 3), x(4, 2, 2), h0=x(1, 2, 3), lengths=[4, 2], return_gates=True
    ),
    "tg.nn.Recurrent.forward with a mask": lambda: call(nn.GRU(2, 3), x(4, 2, 2), mask=np.ones((4, 2), bool)),
    "tg.nn.Recurrent.forward of one sequence": lambda: call(nn.GRU(2, 3), x(4, 2), x(1, 3), return_gates=True),
    "tg.nn.LSTM.forward of one sequence": lambda: call(nn.LSTM(2, 3), x(4, 2), (x(1, 3), x(1, 3))),
    "tg.nn.LSTM.forward": lambda: call(nn.LSTM(2, 3), x(4, 2, 2), (x(1, 2, 3), x(1, 2, 3))),
    "tg.nn.Stepper": lambda: call(nn.Stepper, nn.GRU(2, 3), batch=2, h0=x(1, 2, 3), engine="compiled"),
    "tg.nn.Stepper.__call__": lambda: call(nn.Stepper(nn.GRU(2, 3)), x(1, 2)),
    "tg.nn.Stepper.reset": lambda: call(nn.Stepper(nn.GRU(2, 3)).reset, h0=x(1, 1, 3)),
    "tg.nn.fold_biases": lambda: call(nn.fold_biases, nn.GRU(2, 3, bias="double")),
    "tg.nn.truncated": lambda: call(
        lambda *a, **k: list(nn.truncated(*a, **k)), nn.GRU(2, 3), x(4, 2, 2), 2, h0=x(1, 2, 3), lengths=[4, 2]
    ),
    # modules
    "tg.nn.Module.train": lambda: call(nn.Linear(2, 1).train, True),
    "tg.nn.Module.astype": lambda: call(nn.Linear(2, 1).astype, np.float64),
    "tg.nn.Module.load_state_dict": lambda: call(nn.Linear(2, 1).load_state_dict, {"W": x(2, 1), "b": x(1)}),
    "tg.nn.Module attribute": lambda: call(lambda value: setattr(nn.Linear(2, 1), "W", value), nn.Parameter(x(2, 1))),
    # activations, initialisers, losses
    "tg.nn.activations.activation": lambda: call(nn.activations.activation, "tanh"),
    "tg.nn.activations.name_of": lambda: call(nn.activations.name_of, tg.tanh),
    **{
        f"tg.nn.activations.ACTIVATIONS[{n}]": lambda n=n: call(nn.activations.ACTIVATIONS[n], tg.Tensor(x(2, 3)))
        for n in nn.activations.ACTIVATIONS
    },
    "tg.nn.initialisers.uniform": lambda: call(nn.initialisers.uniform, (2, 3), rng(), F, bound=0.5),
    "tg.nn.initialisers.at_most": lambda: call(within, 1000),
    "tg.nn.initialisers.normal": lambda: call(nn.initialisers.normal, (2, 3), rng(), F),
    "tg.nn.initialisers.glorot_uniform": lambda: call(nn.initialisers.glorot_uniform, (2, 3), rng(), F),
    "tg.nn.initialisers.orthogonal": lambda: call(nn.initialisers.orthogonal, (2, 3), rng(), F),
    "tg.nn.initialisers.zeros": lambda: call(nn.initialisers.zeros, (2, 3), rng(), F),
    "tg.nn.initialisers.recurrent_weights": lambda: call(nn.initialisers.recurrent_weights, "keras", 2, 3, 3, rng(), F),
    "tg.nn.losses.mse": lambda: call(nn.losses.mse, x(2, 3), x(2, 3), mask=[1.0, 2.0]),
    "tg.nn.losses.mae": lambda: call(nn.losses.mae, x(2, 3), x(2, 3), mask=[1.0, 2.0]),
    "tg.nn.losses.binary_cross_entropy_with_logits": lambda: call(
        nn.losses.binary_cross_entropy_with_logits, x(2, 3), np.ones((2, 3), F), mask=[1.0, 2.0]
    ),
    "tg.nn.losses.cross_entropy": lambda: call(nn.losses.cross_entropy, x(2, 3), [0, 2], mask=[1.0, 2.0]),
    "tg.nn.losses.mse reduced": lambda: call(nn.losses.mse, x(2, 3), x(2, 3), reduction="sum"),
    "tg.nn.losses.mae reduced": lambda: call(nn.losses.mae, x(2, 3), x(2, 3), reduction="none"),
    "tg.nn.losses.binary_cross_entropy_with_logits reduced": lambda: call(
        nn.losses.binary_cross_entropy_with_logits, x(2, 3), np.ones((2, 3), F), reduction="sum", pos_weight=2.0
    ),
    "tg.nn.losses.cross_entropy with options": lambda: call(
        nn.losses.cross_entropy,
        x(2, 3),
        [0, 2],
        reduction="mean",
        weight=[1.0, 2.0, 1.0],
        ignore_index=2,
        label_smoothing=0.1,
    ),
    # optimisers
    "tg.optim.Adagrad": lambda: call(
        optim.Adagrad,
        parameters(),
        lr=0.1,
        lr_decay=0.1,
        weight_decay=0.1,
        initial_accumulator_value=0.1,
        eps=1e-8,
        maximize=True,
    ),
    "tg.optim.NAdam": lambda: call(
        optim.NAdam,
        parameters(),
        lr=0.1,
        betas=(0.9, 0.99),
        eps=1e-8,
        weight_decay=0.1,
        momentum_decay=0.01,
        maximize=True,
    ),
    "tg.optim.Adam with amsgrad": lambda: call(optim.Adam, parameters(), amsgrad=True, maximize=True),
    "tg.optim.SGD": lambda: call(optim.SGD, parameters(), lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True),
    "tg.optim.RMSprop": lambda: call(optim.RMSprop, parameters(), lr=0.1, alpha=0.9, eps=1e-8, weight_decay=0.1),
    "tg.optim.Adam": lambda: call(optim.Adam, parameters(), lr=0.1, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1),
    "tg.optim.AdamW": lambda: call(optim.AdamW, parameters(), lr=0.1, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1),
    "tg.optim.Optimizer": lambda: call(optim.Optimizer, parameters(), 0.1, weight_decay=0.1),
    "tg.optim.Optimizer.lr": lambda: call(set_lr, 0.1),
    "tg.optim.Optimizer.load_state_dict": lambda: call(an_optimiser().load_state_dict, an_optimiser().state_dict()),
    "tg.optim.Schedule": lambda: call(Halved, an_optimiser()),
    "tg.optim.ConstantLR": lambda: call(optim.ConstantLR, an_optimiser()),
    "tg.optim.StepLR": lambda: call(optim.StepLR, an_optimiser(), 3, gamma=0.5),
    "tg.optim.CosineLR": lambda: call(optim.CosineLR, an_optimiser(), 10, warmup_steps=2, final=0.1),
    "tg.optim.clip_grad_norm_": lambda: call(optim.clip_grad_norm_, parameters(), 1.0),
    "tg.optim.clip_grad_value_": lambda: call(optim.clip_grad_value_, parameters(), 1.0),
    # files
    "tg.save": lambda: call(tg.save, nn.Linear(2, 1), path("model.npz")),
    "tg.load": lambda: call(tg.load, nn.Linear(2, 1), saved()),
    # the compiler
    "tg.compiler.compiled": lambda: call(tg.compiler.compiled, nn.GRUCell(2, 3), masked=False),
    "tg.compiler.Firing": lambda: call(tg.compiler.Firing, "a → b", "t1", "x", "y"),
    "tg.compiler.program": lambda: call(tg.compiler.program, nn.GRUCell(2, 3), stage=2),
    "tg.compiler.why": lambda: call(tg.compiler.why, nn.GRUCell(2, 3)),
    "tg.compile": lambda: call(tg.compile, nn.GRU(2, 3), engine="compiled"),
    "tg.compiler.jit": lambda: call(tg.compiler.jit, False),
}


def set_lr(lr: Any) -> None:
    optimiser = an_optimiser()
    optimiser.lr = lr
    optimiser.step()


def within(size: Any) -> None:
    with nn.initialisers.at_most(size):
        nn.Linear(2, 3)
