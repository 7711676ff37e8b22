"""Operations as ONNX operators."""
