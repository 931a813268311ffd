"""Measures what the project claims about speed: ``make bench``, or ``python -m benchmarks [part …]``."""
