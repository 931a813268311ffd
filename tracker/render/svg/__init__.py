"""Charts as SVG documents that need nothing else."""
