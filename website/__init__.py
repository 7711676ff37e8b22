"""The site: pages of docs/ and pages made of the code, staged as Markdown, built by Zensical (`make docs`)."""
