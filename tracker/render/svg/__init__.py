"""Charts as SVG text that needs nothing else."""
