"""A report of one day: what is stored of it, drawn, counted and explained, for a notebook or one HTML file."""

from tracker.report.report import Report

__all__ = ["Report"]
