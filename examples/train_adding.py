"""A GRU learns to add two marked numbers: the whole of training in plain Python, without the command line.

python examples/train_adding.py
"""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.tasks.synthetic.adding import adding_batch

STEPS, HIDDEN, BATCH, UPDATES = 20, 32, 32, 400

tg.seed(0)  # the initial weights
rng = np.random.default_rng(0)  # the data

gru = tg.compile(tg.nn.GRU(input_size=2, hidden_size=HIDDEN))  # or leave out compile, and follow it step by step
output = tg.nn.Linear(HIDDEN, 1)
parameters = [*gru.parameters(), *output.parameters()]
optimizer = tg.optim.Adam(parameters, lr=0.015)


def error(x, y):
    _, h_n = gru(x)  # (1, B, H): the last state
    return tg.nn.losses.mse(output(h_n[0]), y)  # a prediction (B, 1) for each sequence


for update in range(1, UPDATES + 1):
    loss = error(*adding_batch(rng, STEPS, BATCH))
    optimizer.zero_grad()
    loss.backward()
    tg.optim.clip_grad_norm_(parameters, max_norm=1.0)
    optimizer.step()
    if update % 100 == 0:
        print(f"update {update}: loss {loss.item():.4f}")

with tg.no_grad():
    test = error(*adding_batch(np.random.default_rng(1), STEPS, 1000)).item()
print(f"test MSE {test:.5f}; always answering 1 gives {1 / 6:.5f}")
