"""The building blocks of an SVG chart: plot area, line paths, text in the page's colours, the document."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from tracker.core.line_points import ChartPoints
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format.theme import light

Coordinates: TypeAlias = NDArray[np.float64]

_TEXT = Markup('<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{ink}"{more}>{words}{tail}</text>')
_ANCHOR = Markup(' text-anchor="{}"')
_HALO = Markup(' paint-order="stroke" stroke="{}" stroke-width="3" stroke-linejoin="round"')
_FONT = Markup('font-family="{}"')
_TITLES = Markup('<title id="{name}-title">{title}</title><desc id="{name}-desc">{description}</desc>')


@dataclass(frozen=True, slots=True)
class Plot:
    """The area of one chart in the picture, in px, with its time range and price scale."""

    width: float  # of the whole picture
    left: float
    right: float
    top: float
    bottom: float
    time_range: TimeRange
    low: float  # on the price scale, at the bottom
    high: float
    axis: list[tuple[float, str]]  # the price axis: (place on the scale, label)

    def x(self, time: NDArray[np.int64]) -> Coordinates:
        """Convert epoch milliseconds to px."""
        share: Coordinates = (time - self.time_range.start) / (self.time_range.end - self.time_range.start)
        return self.left + (self.right - self.left) * share

    def y(self, place: Coordinates) -> Coordinates:
        """Convert places on the price scale to px."""
        return self.top + (self.bottom - self.top) * (self.high - place) / (self.high - self.low)

    def x_at(self, time: int) -> float:
        """Convert epoch milliseconds to px, clamped to the plot."""
        return self.left + (self.right - self.left) * self.time_range.percent(time) / 100

    def y_at(self, place: float) -> float:
        """Convert a place on the price scale to px."""
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
    Return an SVG text element.

    Args:
        words: plain text; it is escaped here.
        x: px, of the *anchor*.
        y: px, of the baseline.
        size: px, of the font.
        ink: a colour token.
        anchor: which end of the text is at *x*: "start", "middle" or "end".
        bold: whether *words* are bold.
        halo: whether to outline the text, so that it is legible over a line.
        after: bold text appended to *words*.
    """
    more = Markup(' font-weight="650"') if bold else Markup("")
    if anchor != "start":
        more += _ANCHOR.format(anchor)
    if halo:
        more += _HALO.format(light()["surface"])
    tail = Markup('<tspan font-weight="650" fill="{}">{}</tspan>').format(light()["ink"], after) if after else ""
    return _TEXT.format(x=x, y=y, size=size, ink=light()[ink], more=more, words=words, tail=tail)


def svg_document(parts: list[str], width: int, height: float, name: str, title: str, description: str) -> str:
    """
    Return an SVG document.

    Args:
        parts: SVG elements.
        width: px.
        height: px.
        name: unique among the pictures of one page; ``url(#name)`` is the hatching.
        title: plain text for screen readers.
        description: plain text for screen readers.
    """
    colours = light()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" width="{width}" '
        f'height="{height:g}" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'{_FONT.format(colours["font"])} style="font-variant-numeric:tabular-nums lining-nums">'
        f"{_TITLES.format(name=name, title=title, description=description)}"
        f'<defs><pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path d="M0 0V5" stroke="{colours["hatch"]}" stroke-width="2"/></pattern>'
        f'</defs><rect width="{width}" height="{height:g}" fill="{colours["surface"]}"/>{"".join(parts)}</svg>'
    )


def line_path(x: Coordinates, y: Coordinates, shown: NDArray[np.bool_]) -> str:
    """
    Return SVG path data through the *shown* points; the line breaks at the others and at nan.

    A single point becomes a dot.
    """
    valid = shown & np.isfinite(y)
    begins = valid & ~np.concatenate(([False], valid[:-1]))
    # Round line ends turn a line of no length into a dot.
    single = begins & ~np.concatenate((valid[1:], [False]))
    rows = zip(x[valid].tolist(), y[valid].tolist(), begins[valid].tolist(), single[valid].tolist(), strict=True)
    return "".join(f"{'M' if first else 'L'}{a:.1f} {b:.1f}{'h0' if dot else ''}" for a, b, first, dot in rows)


def with_neighbours(backfilled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the *backfilled* points and their neighbours, so that the pale line begins where the live one ends."""
    pale = backfilled.copy()
    pale[1:] |= backfilled[:-1]
    pale[:-1] |= backfilled[1:]
    return pale


def sparkline(points: ChartPoints, start: int, span: int, width: float, height: float) -> str:
    """
    Return path data of a line on its own scale, broken in gaps; empty without prices.

    Args:
        points: in time order.
        start: epoch ms, at the left edge.
        span: ms.
        width: px.
        height: px.
    """
    valid = np.isfinite(points.price)
    if not valid.any():
        return ""
    low, high = points.price[valid].min(), points.price[valid].max()
    x = width * (points.time - start) / max(1, span)
    y = 1 + (height - 2) * (high - points.price) / ((high - low) or 1)
    return line_path(x, y, valid)
