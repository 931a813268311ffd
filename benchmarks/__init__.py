"""What the project claims about speed, measured. ``make bench``, or ``python -m benchmarks [part …]``."""
