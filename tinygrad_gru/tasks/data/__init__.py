"""Reading, scaling and cutting up data: files into records, columns into numbers, texts into tokens."""
