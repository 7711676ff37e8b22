"""A GRU learns to write like a text: from each character, which comes next. Give it a file of your own.

python examples/characters.py [FILE]
"""

import sys
from pathlib import Path
from pydoc_data.topics import topics  # a text that every Python brings along

import numpy as np

import tinygrad_gru as tg

text = Path(sys.argv[1]).read_text(encoding="utf-8") if len(sys.argv) > 1 else "".join(topics.values())
letters = sorted(set(text))
codes = np.array([letters.index(c) for c in text])  # (len(text),)
STEPS, BATCH, HIDDEN, UPDATES = 40, 16, 64, 100

tg.seed(0)
rng = np.random.default_rng(0)


class Writer(tg.nn.Module):
    def __init__(self):
        self.embedding = tg.nn.Embedding(len(letters), 16)
        self.gru = tg.nn.GRU(16, HIDDEN)
        self.output = tg.nn.Linear(HIDDEN, len(letters))

    def forward(self, codes, state=None):
        out, state = self.gru(self.embedding(codes), state)  # (T, B, H)
        return self.output(out), state  # (T, B, letters)


writer = tg.compile(Writer())
optimizer = tg.optim.Adam(writer.parameters(), lr=0.01)
for update in range(1, UPDATES + 1):
    starts = rng.integers(len(codes) - STEPS - 1, size=BATCH)
    x = np.stack([codes[s : s + STEPS] for s in starts], axis=1)  # (T, B)
    y = np.stack([codes[s + 1 : s + STEPS + 1] for s in starts], axis=1)  # each the one after
    loss = tg.nn.losses.cross_entropy(writer(x)[0], y)
    optimizer.zero_grad()
    loss.backward()
    tg.optim.clip_grad_norm_(writer.parameters(), 1.0)
    optimizer.step()
    if update % 50 == 0:
        print(f"update {update}: {loss.item() / np.log(2):.2f} bits per character")

with tg.no_grad():
    code, state, written = codes[:1], None, []
    for _ in range(120):
        logits, state = writer(code[None], state)  # (1, 1, letters)
        code = np.array([rng.choice(len(letters), p=tg.softmax(logits[0, 0] / 0.5).data)])
        written.append(letters[code[0]])
print("".join(written))
