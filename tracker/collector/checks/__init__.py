"""Decides which prices are plausible before they are stored."""
