"""From a graph to a file: DOT, text, HTML, SVG, PNG and PDF."""
