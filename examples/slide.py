"""A slide for a lecture: 16:9, the unrolled graph of a GRU with values and gradients, in letters of 12 points or more.

python examples/slide.py
"""

import numpy as np

import tinygrad_gru as tg

tg.seed(0)
gru = tg.nn.GRU(2, 4)
x = np.random.default_rng(0).normal(size=(4, 1, 2)).astype(np.float32)  # (T, 1, I)

with tg.record():
    out, h_n = gru(tg.Tensor(x, name="x"))
    loss = (h_n * h_n).sum().named("L")
picture = tg.draw(loss, level="gate", slide=True, title="A GRU over four steps")
print(picture.save("slide.svg"))
