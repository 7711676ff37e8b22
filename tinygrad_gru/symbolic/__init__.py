"""What a recorded graph says in mathematics: its equations, forward and backward, as text, LaTeX and Markdown."""
