"""
What can go wrong around the tracker, done for real: processes killed, disks full, clocks set.

Each scenario is a module with ``run(folder, size, seed)``: it does the thing *size* times or as long,
asserts the law, and returns what it counted. ``make test`` runs each in a short form, ``make soak`` in a
long one, which writes benchmarks/SOAK.md.
"""
