"""Slides for a lecture of 45 minutes, pictures with questions and notes: `make slides` writes docs/slides.html."""
