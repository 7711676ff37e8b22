"""The site: pages of docs/ and pages made of the code, staged as Markdown and built by Zensical. `make docs` builds it."""
