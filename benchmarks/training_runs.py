"""Whole trainings beside PyTorch: the same task, data, size, optimiser and schedule, until both have learned it.

In turns, fifty updates each, so that a slow moment of the machine hits everybody. Only updates are timed, the making of
data included; what is reached is measured in between. PyTorch runs a model as its users write it: nn.GRU, nn.Linear,
Adam, clip_grad_norm_. Ours is the same cell, `gru-after`, with two bias vectors as there.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import tinygrad_gru as tg
from tinygrad_gru import optim
from tinygrad_gru.tasks import TASKS
from tinygrad_gru.training import Config, new_model
from tinygrad_gru.updates.step import take_step

SEEDS = (0, 1, 2)
BLOCK = 50  # updates between two measurements
CLIP = 1.0

# task, its length, hidden, lr, most updates, the ratio to reach; of lr and hidden those with which PyTorch learns it
RUNS: list[tuple[str, int, int, float, int, str]] = [
    ("adding", 100, 64, 0.01, 1500, "0.7"),
    ("adding", 200, 64, 0.01, 1500, "0.7"),
    ("order", 100, 32, 0.01, 4000, "0.7"),
    ("reber", 40, 16, 0.03, 2000, "0.7"),
    ("chars", 64, 128, 0.003, 500, "0.85 (jit 0.78)"),
]
GOAL = {"adding": 1e-3, "order": 0.01, "reber": 0.002, "chars": 0.0}  # chars: all updates, then compared


class Theirs:
    """A PyTorch model of a task, which our tasks can measure: given arrays it returns our tensors."""

    def __init__(self, task: Any, hidden: int, lr: float, seed: int) -> None:
        torch.manual_seed(seed)
        self.kind = task.name
        vocabulary = len(task.vocabulary) if self.kind == "chars" else 0
        inputs = {"adding": 2, "chars": 32}.get(self.kind) or len(task.alphabet)
        outputs = {"adding": 1, "order": 4, "reber": len(task.alphabet)}.get(self.kind, vocabulary)
        self.embedding = torch.nn.Embedding(vocabulary, inputs) if vocabulary else None
        self.gru, self.linear = torch.nn.GRU(inputs, hidden), torch.nn.Linear(hidden, outputs)
        modules = [m for m in (self.embedding, self.gru, self.linear) if m is not None]
        self.parameters = [p for m in modules for p in m.parameters()]
        self.adam = torch.optim.Adam(self.parameters, lr)
        self.task = task

    def outputs(self, x: Any, lengths: Any = None, state: Any = None) -> tuple[Any, Any]:
        """Predictions at the end of each sequence, or at each step, and the last state."""
        out, state = self.gru(torch.as_tensor(x) if self.embedding is None else self.embedding(x), state)
        if self.kind == "adding":
            out = out[-1]
        elif self.kind == "order":
            out = out[torch.as_tensor(lengths) - 1, torch.arange(out.shape[1])]
        return self.linear(out), state

    def __call__(self, x: Any, given: Any = None) -> Any:
        """For our tasks' `evaluate`."""
        with torch.no_grad():
            if self.kind == "chars":
                logits, state = self.outputs(torch.as_tensor(x), state=given)
                return tg.Tensor(logits.numpy()), state
            values = x.data if isinstance(x, tg.Tensor) else x
            return tg.Tensor(self.outputs(np.array(values), given)[0].numpy())

    def update(self, batch: Any, state: Any) -> Any:
        """One update; returns the state to carry on."""
        functional = torch.nn.functional
        if self.kind == "adding":
            loss = functional.mse_loss(self.outputs(batch.x)[0], torch.as_tensor(batch.y))
        elif self.kind == "chars":
            logits, state = self.outputs(torch.as_tensor(batch.x), state=state)
            loss = functional.cross_entropy(logits.flatten(0, 1), torch.as_tensor(batch.y).flatten().long())
            state = state.detach()
        else:
            logits, _ = self.outputs(self.task.model_input(batch.x), batch.lengths)
            target = torch.as_tensor(batch.y)
            loss = functional.cross_entropy(logits.flatten(0, -2), target.flatten().long(), ignore_index=-1)
        self.adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP)
        self.adam.step()
        return state


class Ours:
    """A model of the task as `tinygrad-gru train` trains it."""

    def __init__(self, task: Any, config: Config, jit: bool) -> None:
        self.task, self.jit = task, jit
        self.model = new_model(config, task)
        self.parameters = list(self.model.parameters())
        self.adam = optim.Adam(self.parameters, config.lr)

    def __call__(self, *arguments: Any) -> Any:
        return self.model(*arguments)

    def update(self, batch: Any, state: Any) -> Any:
        """One update; returns the state to carry on."""
        with tg.compiler.jit(self.jit):
            loss, state = self.task.loss(self.model, batch, state)
            take_step(loss, self.parameters, self.adam, CLIP)
        return state


@dataclass
class Contestant:
    """Somebody who trains, and how far they are."""

    model: Any
    batches: Iterator[Any]
    state: Any = None
    seconds: float = 0.0
    updates: int = 0
    metric: float = float("inf")
    done: bool = False

    def block(self, goal: float, most: int, task: Any) -> None:
        """Fifty updates, then a measurement."""
        start = time.perf_counter()
        for _ in range(BLOCK):
            self.state = self.model.update(next(self.batches), self.state)
        self.seconds += time.perf_counter() - start
        self.updates += BLOCK
        self.metric = min(self.metric, task.evaluate(self.model.model if isinstance(self.model, Ours) else self.model))
        self.done = self.metric < goal or self.updates >= most


def race(name: str, length: int, hidden: int, lr: float, most: int, seed: int) -> dict[str, Contestant]:
    """One seed, until all are done."""
    config = Config.of(name, "gru-after", length=length, hidden=hidden, lr=lr, updates=most, seed=seed)
    task = config.create()
    models = {
        "NumPy": Ours(task, config, jit=False),
        "jit": Ours(task, config, jit=True),
        "torch": Theirs(task, hidden, lr, seed),
    }
    found = {
        who: Contestant(model, task.batches(np.random.default_rng(seed), config.batch)) for who, model in models.items()
    }
    compiled = Ours(task, config, jit=True)  # before it counts
    compiled.update(next(task.batches(np.random.default_rng(seed), config.batch)), None)
    while not all(c.done for c in found.values()):
        for c in found.values():
            if not c.done:
                c.block(GOAL[name], most, task)
    return found


def main() -> list[dict[str, Any]]:
    """A row for each task: medians over three seeds."""
    torch.set_flush_denormal(True)  # or its gradients of long sequences would be ten times slower
    rows = []
    for name, length, hidden, lr, most, limit in RUNS:
        races = [race(name, length, hidden, lr, most, seed) for seed in SEEDS]

        def median(who: str, what: str, races: list[dict[str, Contestant]] = races) -> float:
            return statistics.median(getattr(r[who], what) for r in races)

        rows.append(
            {
                "task": f"{name} {length}, hidden {hidden}",
                "metric": TASKS[name].metric,
                "ours, torch": [f"{median(who, 'metric'):.3g}" for who in ("NumPy", "torch")],
                "updates, ours": [r["NumPy"].updates for r in races],
                "updates, torch": [r["torch"].updates for r in races],
                "torch s": median("torch", "seconds"),
                "NumPy / torch": sum(r["NumPy"].seconds for r in races) / sum(r["torch"].seconds for r in races),
                "jit / torch": sum(r["jit"].seconds for r in races) / sum(r["torch"].seconds for r in races),
                "an update, NumPy / torch": _per_update(races, "NumPy"),
                "an update, jit / torch": _per_update(races, "jit"),
                "at most": limit,
            }
        )
        print(rows[-1], flush=True)
    return rows


def _per_update(races: list[dict[str, Contestant]], who: str) -> float:
    ours, theirs = ([r[name].seconds / r[name].updates for r in races] for name in (who, "torch"))
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
