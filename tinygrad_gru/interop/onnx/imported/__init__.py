"""Whole ONNX models: each node as operations of ours, its recurrent ones as layers."""
