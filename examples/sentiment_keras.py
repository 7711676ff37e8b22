"""The sentiment model as one writes it in Keras, with only the name of the package changed.

python examples/sentiment_keras.py

The reviews are sentences of a small grammar in which the order of the words matters: "not bad" praises, "not good"
does not, and no single word tells.
"""

import numpy as np

import tinygrad_gru as tg
from tinygrad_gru.keras.callbacks import EarlyStopping
from tinygrad_gru.keras.layers import GRU, Dense, Embedding
from tinygrad_gru.keras.models import Sequential

WORDS = ["<padding>", "the", "film", "was", "is", "not", "really", "good", "great", "bad", "dull", "at", "all"]
INDEX = {word: i for i, word in enumerate(WORDS)}
MAX_LEN = 8


def review(rng: np.random.Generator) -> tuple[list[str], int]:
    """A sentence, and 1 if it praises."""
    praise, negated = rng.integers(2), rng.integers(2)
    word = rng.choice(["good", "great"] if praise else ["bad", "dull"])
    sentence = ["the", "film", rng.choice(["was", "is"])]
    sentence += ["not"] * negated + ["really"] * rng.integers(2) + [word] + ["at", "all"] * rng.integers(2)
    return sentence, int(praise != negated)


def encode(sentence: list[str]) -> list[int]:
    """Indices of words, padded to the longest sentence."""
    return [INDEX[word] for word in sentence] + [0] * (MAX_LEN - len(sentence))


tg.seed(0)
rng = np.random.default_rng(0)
reviews = [review(rng) for _ in range(1000)]
x = np.array([encode(sentence) for sentence, _ in reviews])  # (1000, MAX_LEN)
y = np.array([label for _, label in reviews])  # (1000,)

model = Sequential(
    [
        Embedding(input_dim=len(WORDS), output_dim=16, input_length=MAX_LEN),
        GRU(16, return_sequences=False),
        Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.summary()
model.fit(x, y, epochs=20, batch_size=32, validation_split=0.2, callbacks=[EarlyStopping(patience=3)])
loss, accuracy = model.evaluate(x, y)
print(f"loss {loss:.3f}, accuracy {accuracy:.1%}")

for sentence in ("the film was not bad at all", "the film was not really great"):
    praise = model.predict(np.array([encode(sentence.split())])).item()
    print(f"{praise:.2f}  {sentence}")
