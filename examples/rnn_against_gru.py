"""Try both: a plain cell and a GRU on the same task, with the same data. Which one remembers?

python examples/rnn_against_gru.py
"""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.tasks import adding_batch

STEPS, HIDDEN, BATCH, UPDATES = 20, 32, 32, 300


def trained(layer):
    """The test error of a layer on the adding problem."""
    rng = np.random.default_rng(0)  # the same data for each
    output = tg.nn.Linear(HIDDEN, 1)
    parameters = [*layer.parameters(), *output.parameters()]
    optimizer = tg.optim.Adam(parameters, lr=0.015)
    for _ in range(UPDATES):
        x, y = adding_batch(rng, STEPS, BATCH)
        loss = tg.nn.losses.mse(output(layer(x)[1][0]), y)
        optimizer.zero_grad()
        loss.backward()
        tg.optim.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
    x, y = adding_batch(np.random.default_rng(1), STEPS, 1000)
    with tg.no_grad():
        return tg.nn.losses.mse(output(layer(x)[1][0]), y).item()


tg.seed(0)
errors = {"RNN": trained(tg.compile(tg.nn.RNN(2, HIDDEN))), "GRU": trained(tg.compile(tg.nn.GRU(2, HIDDEN)))}
for name, error in errors.items():
    print(f"{name}: squared error {error:.4f}; always answering 1 gives {1 / 6:.4f}")
print("keep", min(errors, key=errors.get))
