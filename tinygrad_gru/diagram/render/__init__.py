"""From an outline to a file: DOT, text, HTML, SVG, PNG and PDF."""
