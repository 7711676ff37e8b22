"""What is made of the book: transforms of functions, checkpoints, and the check of gradients."""
