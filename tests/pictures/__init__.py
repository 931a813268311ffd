"""
Pictures of the page in many windows, to compare a change with what was before by eye: ``make pictures``.

The page is the real one, its exchanges are the project's sandbox, and no request leaves the machine. Prices are the
same in each run; times of day, ages of prices and the port are not.
"""
