"""Pieces of the page as HTML text, and whole pages of them."""
