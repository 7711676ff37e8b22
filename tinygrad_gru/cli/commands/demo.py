"""`tinygrad-gru demo`: the main road once, from nothing to a picture of a trained GRU."""

from __future__ import annotations

import typer

from ...terminal import say
from .. import streams
from ..arguments import Debug, Out

__all__ = ["demo"]

# Together with the installation under a minute and a half on two cores.
LENGTH, HIDDEN, UPDATES = 30, 32, 800
DRAWN_STEPS = 3


def demo(out: Out = None, debug: Debug = False) -> None:
    """Train a GRU on the adding problem, and draw the unrolled graph of the trained cell on a real input."""
    import numpy as np

    from ... import nn
    from ...core.tensor import Tensor
    from ...diagram import draw
    from ...tasks import adding_batch
    from ...training import Config, checkpoint_of, load_checkpoint, train_run
    from ...training.runs.directory import refuse_full

    if out is not None:
        refuse_full(out)  # before any word
    say(f"The adding problem: {LENGTH} pairs (value, mark) come in one by one, two of them marked 1.")
    say("What do the two marked values add up to? The GRU must keep the first until it meets the second.")
    say("")
    result = train_run(Config.of("adding", "gru", hidden=HIDDEN, updates=UPDATES, length=LENGTH), out)
    if result.stopped is not None:
        raise typer.Exit(128 + result.stopped)

    model = load_checkpoint(checkpoint_of(result.run)).model
    batch = adding_batch(np.random.default_rng(0), DRAWN_STEPS, 1)
    prediction = model(Tensor(batch.x, requires_grad=True, name="x"))  # (1, 1)
    loss = nn.losses.mse(prediction, Tensor(batch.y, name="y"))
    picture = draw(loss, level="gate", values=True, grads=True)
    paths = [picture.save(result.run / f"graph.{suffix}") for suffix in ("svg", "png")]

    baseline = result.task.baselines["always answering 1"]
    say("")
    say(f"The mean squared error of always answering 1 is {baseline:.3f}; that of this GRU is {result.best:.5f}.")
    say(
        f"Given {DRAWN_STEPS} steps it says {prediction.item():.3f} where {batch.y.item():.3f} is right. "
        "The picture shows how it came to that:"
    )
    for path in paths:
        streams.write(str(path))
