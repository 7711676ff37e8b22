"""Tasks that make their own data: each shows one thing that a recurrent network can learn."""
