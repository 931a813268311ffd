"""How numbers, times and names are written, and the colours they are written in."""
