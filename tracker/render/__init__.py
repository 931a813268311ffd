"""Prices and their status -> text, SVG and HTML. Pure functions: no widgets, no files written, nothing kept."""
