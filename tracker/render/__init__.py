"""Prices and their status -> text, SVG and HTML. No widgets, nothing written or kept; only a report reads the store."""
