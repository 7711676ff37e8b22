"""A recurrent cell of one's own: the minimal gated unit, a GRU with a single gate, learns to add two marked numbers.

python examples/minimal_gated_unit.py
"""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.tasks.synthetic.adding import adding_batch

STEPS, HIDDEN, BATCH, UPDATES = 20, 32, 32, 400


class MinimalGatedUnit(tg.nn.Cell):
    """One gate f does the work of both of the GRU's.

        f = sigmoid([h, x] W_f + b_f)            the gate: 0 keeps the old, 1 takes the new
        h̃ = tanh([f ⊙ h, x] W_h + b_h)           candidate
        h = (1 − f) ⊙ h + f ⊙ h̃                  new state

    Source: Zhou et al. 2016, arXiv 1603.09420.
    """

    gate_names = ("f", "candidate")

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.W_f, self.W_h = self.weights(2)  # (H+I, H) each
        self.b_f, self.b_h = self.biases("f", "h")  # (H,) each

    @tg.nn.equation("gate", role="update")
    def f(self, hx):
        return tg.sigmoid(hx @ self.W_f + self.b_f)  # (B, H)

    @tg.nn.equation("candidate", role="candidate", name="h̃")
    def candidate(self, x, h, f):
        return tg.tanh(tg.concat([f * h, x], axis=-1) @ self.W_h + self.b_h)  # (B, H)

    @tg.nn.equation("new state", role="state")
    def h(self, h, f, candidate):
        return (1 - f) * h + f * candidate  # (B, H)

    def gates(self, x, h):
        f = self.f(tg.concat([h, x], axis=-1))
        return f, self.candidate(x, h, f)

    def update(self, gates, h):
        return (self.h(h, *gates),)


class Adder(tg.nn.Module):
    def __init__(self):
        self.recurrent = tg.nn.Recurrent(MinimalGatedUnit(2, HIDDEN))
        self.output = tg.nn.Linear(HIDDEN, 1)

    def forward(self, x):
        _, h_n = self.recurrent(x)  # (1, B, H): the last state
        return self.output(h_n[0])  # (B, 1)


def main():
    tg.seed(0)  # the initial weights
    rng = np.random.default_rng(0)  # the data
    model = tg.compile(Adder())  # the recurrent layer inside as one program
    optimizer = tg.optim.Adam(model.parameters(), lr=0.015)
    print(model)

    for update in range(1, UPDATES + 1):
        x, y = adding_batch(rng, STEPS, BATCH)
        loss = tg.nn.losses.mse(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        tg.optim.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        if update % 100 == 0:
            print(f"update {update}: loss {loss.item():.4f}")

    with tg.no_grad():
        x, y = adding_batch(np.random.default_rng(1), STEPS, 1000)
        test = tg.nn.losses.mse(model(x), y).item()
        _, _, gates = model.recurrent(x[:, :1], return_gates=True)
    marks, f = x[:, 0, 1] == 1, gates[0]["f"].data[:, 0].mean(axis=-1)  # (T,), the gate's mean over the units
    print(f"test MSE {test:.5f}; always answering 1 gives {1 / 6:.5f}")
    print(f"the gate at the two marks {f[marks].mean():.2f}, elsewhere {f[~marks].mean():.2f}")


if __name__ == "__main__":
    main()
