"""Models from PyTorch, Keras and ONNX, and back to them: the same numbers, or a refusal that says why."""
