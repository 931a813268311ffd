"""Axes and data of a chart: points, time range, price scale, and round values along both axes."""
