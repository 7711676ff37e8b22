"""Two slides for a lecture, 16:9, in letters of 12 points or more.

One step of a GRU has room for values and gradients. Of three steps the slide shows what fits, and a line says what was
left out.

python examples/slide.py
"""

import numpy as np

import tinygrad_gru as tg

tg.seed(0)
gru = tg.nn.GRU(2, 4)
x = np.random.default_rng(0).normal(size=(3, 1, 2)).astype(np.float32)  # (T, 1, I)

for steps, title in (1, "One step of a GRU"), (3, "A GRU over three steps"):
    with tg.record():
        out, h_n = gru(tg.Tensor(x[:steps], name="x"))
        loss = (h_n * h_n).sum().named("L")
    picture = tg.draw(loss, level="gate", slide=True, title=title)
    print(picture.save(f"slide{steps}.svg"), *picture.remarks, sep=": ")
