"""What every training loop is made of, and none of the loops: an update, the best figure so far, signals, a bar."""
