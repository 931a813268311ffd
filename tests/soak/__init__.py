"""
Scenarios of what can go wrong around the tracker: processes killed, disks full, clocks set, a page attacked.

Each is a module with ``run(folder, size, seed)``: it repeats its fault *size* times, or causes it for as many
seconds, asserts that no row is lost, torn or written twice, and returns what it counted. ``make test`` runs each one
briefly, ``make soak`` at length, which writes benchmarks/SOAK.md.
"""
