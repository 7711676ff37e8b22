"""A network with two hidden layers learns which arm of a spiral a point lies on, and shows where it draws the line.

python examples/spiral.py
"""

import numpy as np

import tinygrad_gru as tg

tg.seed(0)  # the initial weights
rng = np.random.default_rng(0)  # the data

along = rng.uniform(0.2, 1, 400)  # how far out each point is
arm = rng.integers(2, size=400)  # which arm it lies on
angle = 3 * np.pi * along + np.pi * arm
points = np.stack([along * np.cos(angle), along * np.sin(angle)], axis=1) + rng.normal(0, 0.02, (400, 2))
points = points.astype(np.float32)  # (N, 2)


class Network(tg.nn.Module):
    def __init__(self):
        self.first, self.second, self.output = tg.nn.Linear(2, 48), tg.nn.Linear(48, 48), tg.nn.Linear(48, 2)

    def forward(self, x):
        return self.output(tg.tanh(self.second(tg.tanh(self.first(x)))))  # (…, 2), a number for each arm


model = Network()
optimizer = tg.optim.Adam(model.parameters(), lr=0.01)

for update in range(1, 301):
    loss = tg.nn.losses.cross_entropy(model(tg.Tensor(points)), arm)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if update % 100 == 0:
        print(f"update {update}: loss {loss.item():.4f}")

with tg.no_grad():
    right = np.mean(model(tg.Tensor(points)).data.argmax(axis=1) == arm)
    print(f"right: {right:.1%}")
    columns, rows = np.meshgrid(np.linspace(-1.1, 1.1, 64), np.linspace(1.1, -1.1, 28))
    grid = np.stack([columns, rows], axis=-1).astype(np.float32)  # (28, 64, 2)
    side = model(tg.Tensor(grid)).data.argmax(axis=-1)
for row in side:
    print("".join(".#"[i] for i in row))
