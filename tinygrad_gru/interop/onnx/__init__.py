"""Models as ONNX: any module out, recurrent nodes in."""
