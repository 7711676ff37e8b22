"""Weights from and to PyTorch, Keras and safetensors: each dialect a table, each file checked before it is taken."""
