"""The pieces of a picture: where a plot stands, lines through points, text in the page's colours."""

from dataclasses import dataclass
from html import escape
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracker.core.downsampling import ChartPoints
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format.theme import light

Coordinates: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plot:
    """Where a strip's lines stand in the picture, px, and what they show."""

    width: float  # of the whole picture
    left: float
    right: float
    top: float
    bottom: float
    domain: TimeRange
    low: float  # on the price scale, at the bottom
    high: float
    axis: list[tuple[float, str]]  # the price scale's round prices: where, and what is written there

    def x(self, time: NDArray[np.int64]) -> Coordinates:
        """Epoch milliseconds -> px."""
        share: Coordinates = (time - self.domain.start) / (self.domain.end - self.domain.start)
        return self.left + (self.right - self.left) * share

    def y(self, place: Coordinates) -> Coordinates:
        """Places on the price scale -> px."""
        return self.top + (self.bottom - self.top) * (self.high - place) / (self.high - self.low)

    def across(self, time: int) -> float:
        """Epoch milliseconds -> px, no farther than the plot reaches."""
        return self.left + (self.right - self.left) * self.domain.across(time) / 100

    def down(self, place: float) -> float:
        """A place on the price scale -> px."""
        return self.top + (self.bottom - self.top) * (self.high - place) / (self.high - self.low)


def svg_text(
    words: str,
    x: float,
    y: float,
    size: float = 12,
    ink: str = "ink-3",
    *,
    anchor: str = "start",
    bold: bool = False,
    halo: bool = False,
    after: str = "",
) -> str:
    """
    *words*, not escaped yet, with their baseline at *y*, in the colour of the token *ink*.

    *halo* keeps them legible over a line; *after* is bold text that goes on where they end.
    """
    more = ' font-weight="650"' if bold else ""
    more += f' text-anchor="{anchor}"' if anchor != "start" else ""
    if halo:
        more += f' paint-order="stroke" stroke="{light()["surface"]}" stroke-width="3" stroke-linejoin="round"'
    tail = f'<tspan font-weight="650" fill="{light()["ink"]}">{escape(after)}</tspan>' if after else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{light()[ink]}"{more}>{escape(words)}{tail}</text>'
    )


def svg_document(parts: list[str], width: int, height: float, name: str, told: tuple[str, str]) -> str:
    """
    SVG of *parts*; *told* are its title and its description, for who hears it.

    *name* is unlike that of other pictures on the same page; ``url(#name)`` is the hatching.
    """
    colours = light()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" width="{width}" '
        f'height="{height:g}" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'font-family="{escape(colours["font"], quote=True)}" style="font-variant-numeric:tabular-nums lining-nums">'
        f'<title id="{name}-title">{escape(told[0])}</title><desc id="{name}-desc">{escape(told[1])}</desc>'
        f'<defs><pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path d="M0 0V5" stroke="{colours["hatch"]}" stroke-width="2"/></pattern>'
        f'</defs><rect width="{width}" height="{height:g}" fill="{colours["surface"]}"/>{"".join(parts)}</svg>'
    )


def line_path(x: Coordinates, y: Coordinates, shown: NDArray[np.bool_], places: int = 1) -> str:
    """
    SVG path data through the points that are *shown*; it breaks at those that are not, and at nan.

    *places*: digits after the decimal point.
    """
    there = shown & np.isfinite(y)
    begins = there & ~np.concatenate(([False], there[:-1]))
    # A point alone is a line of no length, of which round ends make a dot.
    alone = begins & ~np.concatenate((there[1:], [False]))
    rows = zip(x[there].tolist(), y[there].tolist(), begins[there].tolist(), alone[there].tolist(), strict=True)
    return "".join(
        f"{'M' if first else 'L'}{a:.{places}f} {b:.{places}f}{'h0' if dot else ''}" for a, b, first, dot in rows
    )


def with_neighbours(backfilled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The points that are *backfilled* and their neighbours, so that dashes begin where the solid line ends."""
    dashed = backfilled.copy()
    dashed[1:] |= backfilled[:-1]
    dashed[:-1] |= backfilled[1:]
    return dashed


def sparkline(points: ChartPoints, start: int, span: int, width: float, height: float) -> str:
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
    return line_path(x, y, there, places=0)
