"""A run or a comparison on paper: HTML, curves, TensorBoard."""
