"""A model as an ONNX file, and the same numbers from another program.

Needs: pip install "tinygrad_gru[interop]" onnxruntime

python examples/to_onnx.py
"""

import numpy as np
import onnxruntime

import tinygrad_gru as tg


class Classifier(tg.nn.Module):
    def __init__(self):
        self.gru = tg.nn.GRU(3, 8)
        self.output = tg.nn.Linear(8, 2)

    def forward(self, x):
        _, h_n = self.gru(x)  # (1, B, H)
        return tg.softmax(self.output(h_n[0]))  # (B, 2)


tg.seed(0)
model = Classifier()
x = np.random.default_rng(0).normal(size=(5, 4, 3)).astype(np.float32)  # (T, B, I)
tg.interop.export_onnx(model, x, "classifier.onnx", dynamic_axes={"x": {0: "time", 1: "batch"}})

session = onnxruntime.InferenceSession("classifier.onnx")
longer = np.random.default_rng(1).normal(size=(9, 2, 3)).astype(np.float32)  # another length, another batch
(theirs,) = session.run(None, {"x": longer})
print("nodes of the recurrent kind are one each; the largest difference:", end=" ")
print(f"{np.abs(theirs - model(longer).data).max():.0e}")
