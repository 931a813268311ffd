"""What a picture has beside its lines: hatched gaps, high and low, the last price, the time axis."""

from datetime import tzinfo

from tracker.dashboard import numerals, wording
from tracker.dashboard.drawing import Plot, text
from tracker.dashboard.overlay import Domain, Look
from tracker.dashboard.time_axis import time_ticks
from tracker.dashboard.tokens import light
from tracker.window import Window

DAY = 86_400_000  # ms
_VISIBLE = 2.0  # px; hatching narrower than that is a smear, the broken line is enough
_LONG = 0.12  # of the plot's width; so much hatching is made fainter
_WORDS = 6.1  # px that a letter of size 11 takes at most, but for a few
_EDGE = 48  # px; the high or low nearer to an edge of the plot is written to the other side


def gaps(window: Window, plot: Plot, zone: tzinfo, hatch: str) -> str:
    """The time without prices, hatched; in words where there is room, and on hovering."""
    parts = []
    for start, end in window.gaps:
        left, right = plot.across(start), plot.across(end)
        if right - left < _VISIBLE:
            continue
        wide = right - left > _LONG * (plot.right - plot.left)
        words = f"no prices {_told(start, end, plot.domain, zone)}" if window.count else "no prices"
        parts.append(
            f'<rect x="{left:.1f}" y="{plot.top:g}" width="{right - left:.1f}" height="{plot.bottom - plot.top:g}" '
            f'fill="{hatch}" fill-opacity="{0.55 if wide else 0.9}"><title>{words}</title></rect>'
        )
        if right - left > _WORDS * len(words) + 24:
            middle = (plot.top + plot.bottom) / 2 + 4
            parts.append(text(words, (left + right) / 2, middle, 11, "ink-2", anchor="middle", halo=True))
    return "".join(parts)


def _told(start: int, end: int, domain: Domain, zone: tzinfo) -> str:
    """A gap's time, without its day in a picture of that day alone."""
    day = wording.day(domain.start, zone)
    text = wording.between(start, end, zone)
    return text.removeprefix(f"{day}, ") if day == wording.day(domain.now - 1, zone) else text


def extremes(window: Window, plot: Plot, look: Look, colour: str) -> str:
    """High and low where they were, and a dot at the last price."""
    price, time = window.ticks.price, window.ticks.time
    parts = []
    for arrow, row, shift in (("▲", int(price.argmax()), -5), ("▼", int(price.argmin()), 12)):
        x, y = plot.across(int(time[row])), plot.down(look.y(price[row]))
        near = "start" if x - plot.left < _EDGE else "end" if plot.right - x < _EDGE else "middle"
        x += {"start": 3, "end": -3, "middle": 0}[near]
        words = f"{arrow} {numerals.price(float(price[row]))}"
        parts.append(text(words, x, y + shift, 11, "ink-2", anchor=near, halo=True))
    x, y = plot.across(int(time[-1])), plot.down(look.y(price[-1]))
    parts.append(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" stroke="{light()["surface"]}" stroke-width="2"/>'
    )
    return "".join(parts)


def time_lines(plot: Plot, zone: tzinfo) -> str:
    """The grid's upright lines."""
    lines = "".join(f"M{plot.across(time):.1f} {plot.top:g}V{plot.bottom:g}" for time in time_ticks(plot.domain, zone))
    return f'<path d="{lines}" stroke="{light()["line"]}"/>'


def time_axis(plot: Plot, zone: tzinfo) -> str:
    """The times below a plot: both ends always, of those between as many as stand clear of each other."""
    domain, y = plot.domain, plot.bottom + 17
    first, last = _ends(domain, zone)
    parts = [f'<path d="M0 {plot.bottom:g}H{plot.right:g}" stroke="{light()["line"]}"/>']
    named = f"Time in {wording.zone_name(domain.now, zone)}"
    if plot.left > _WORDS * len(named):
        parts.append(text(named, 16, y, 11))
    parts.append(text(first, plot.left, y, 11))
    parts.append(text(last, plot.right, y, 11, "ink", anchor="middle", bold=True))
    taken, free = plot.left + _WORDS * len(first), plot.right - _WORDS * len(last) / 2 - 10
    for time in time_ticks(domain, zone):
        words = wording.clock(time, zone)
        words = wording.day(time, zone) if words == "00:00" else words
        x, half = plot.across(time), _WORDS * len(words) / 2
        if x - half > taken + 10 and x + half < free:
            parts.append(text(words, x, y, 11, anchor="middle"))
            taken = x + half
    return "".join(parts)


def _ends(domain: Domain, zone: tzinfo) -> tuple[str, str]:
    """How both ends of the time are written: ``00:00`` and ``24:00`` for a whole day."""
    start, end = domain.start, domain.now
    first = wording.when(start, end - 1, zone)  # the midnight that ends a day belongs to that day
    if not wording.ends_day(end, zone):
        return first, wording.clock(end, zone)
    return first, "24:00" if end - start <= DAY else f"{wording.day(end - 1, zone)} 24:00"
