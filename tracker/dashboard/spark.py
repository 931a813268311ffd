"""Small pictures of prices."""

import numpy as np

from tracker.dashboard import drawing
from tracker.thinning import Thinned


def path(points: Thinned, start: int, span: int, width: float, height: float) -> str:
    """
    The path of a line *width* x *height* over *span* ms from *start*, on its own scale; broken in gaps.

    Empty if there is no price.
    """
    there = np.isfinite(points.price)
    if not there.any():
        return ""
    low, high = points.price[there].min(), points.price[there].max()
    x = width * (points.time - start) / max(1, span)
    y = 1 + (height - 2) * (high - points.price) / ((high - low) or 1)
    return drawing.path(x, y, there, places=0)
