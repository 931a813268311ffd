"""The labels beside the ends of a comparison's lines, as browser/end_labels.js places them on the page."""

from collections.abc import Sequence


def spread(wanted: Sequence[float], top: float, bottom: float, row: float) -> list[float]:
    """
    Return where labels stand that would be at *wanted*: in that order and *row* apart.

    Labels that would overlap move up and down alike.

    Args:
        wanted: px, ascending.
        top: px, above which no label is.
        bottom: px, below which no label is.
        row: px between labels; less if all of them would not fit.
    """
    row = min(row, (bottom - top) / max(1, len(wanted)))
    groups: list[tuple[float, int, float]] = []  # of labels that push each other: sum of places, count, middle
    for place in wanted:
        total, count = place, 1
        while True:
            half = count * row / 2
            middle = min(max(total / count, top + half), bottom - half)
            if not groups or groups[-1][2] + groups[-1][1] * row / 2 <= middle - half:
                break
            above, more, _ = groups.pop()
            total, count = total + above, count + more
        groups.append((total, count, middle))
    return [middle + (index - (count - 1) / 2) * row for _, count, middle in groups for index in range(count)]
