"""The time axis below the charts, as HTML."""

import math
from datetime import tzinfo

from markupsafe import Markup

from tracker.render.axes.backfilled_bands import Band
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.axes.time_axis import tick_text, time_ticks
from tracker.render.format import time_text
from tracker.render.format.templating import join

_WIDEST = 2_500  # px; a label for which a plot would have to be wider is left out
_ROUND = 10  # px, to which the least width is rounded up, as it changes while the range moves
# px: the narrowest plot of a phone, where the first label stands 8 px further right.
_PHONE, _PHONE_WITH_LONG_PRICES = 250, 180
_LETTER, _GAP = 6, 4  # px: width of a letter or digit of a label, and the least distance of two labels

_AXIS = Markup('<div class="bt-time-axis">{}<span class="bt-time-zone">{}</span><div>{}</div><span></span></div>')
_MINOR = Markup('<i style="{}"></i>')
_LABEL = Markup('<span{} style="{};--least:{}">{}</span>')
_LAST = Markup('<span class="last" style="{}"><b>{}</b></span>')
_ROOMY, _TIGHT = Markup(' class="roomy"'), Markup(' class="roomy is-tight"')
_BANDS = Markup('<div class="bt-bands">{}</div>')
_BAND = Markup('<i class="bt-band{}" style="{};{}"><b>{}</b></i>')
# Percent of the width that a letter of a band's text takes in a wide window, a narrower one and on a phone, and the
# style class with which a band is too short for its text there.
_ROOM_FOR_TEXT = ((0.6, " is-short"), (1.25, " is-medium"), (2.2, " is-narrow"))


def axis_html(time_range: TimeRange, times: list[int], zone: tzinfo, bands: list[Band] | None = None) -> Markup:
    """Return HTML with labels of *times* (epoch ms) and both ends, small ticks, *bands* above; None: without room."""
    first, last = _ends(time_range, zone)
    texts = {time: tick_text(time, time_range, zone) for time in times}
    widths = {time: _least_width(time_range, time, len(first), len(last), len(texts[time])) for time in times}
    on_phone = [time for time in times if widths[time] <= _PHONE][::2]
    labels = [Markup('<span class="first">{}</span>').format(first)]
    for time in times:
        if widths[time] <= _WIDEST:
            style = ""
            if time in on_phone:
                style = _ROOMY if widths[time] <= _PHONE_WITH_LONG_PRICES else _TIGHT
            least = math.ceil(widths[time] / _ROUND) * _ROUND
            labels.append(_LABEL.format(style, time_range.css(time), least, texts[time]))
    labels.append(_LAST.format(time_range.css(time_range.now), last))
    labels += [_MINOR.format(time_range.css(time)) for time in time_ticks(time_range, zone, minor=True)]
    row = "" if bands is None else _BANDS.format(join([_band(band, time_range) for band in bands]))
    name = time_text.zone_name(time_range.now, zone)
    zone_text = f"Days in {name}" if time_range.is_in_days else f"Time in {name}"
    return _AXIS.format(row, zone_text, join(labels))


def _ends(time_range: TimeRange, zone: tzinfo) -> tuple[str, str]:
    """Return the start and the end in words, with their dates if these differ."""
    start, now, span = time_range.exact_start, time_range.now, time_range.now - time_range.start
    if time_range.is_in_days:
        return time_text.date(start, zone), time_text.date(now - 1, zone)  # the midnight that ends a day is its own
    # Cut to its minute, an end would read like a round time that is almost a minute away.
    write = time_text.exact_moment if span < time_text.SECONDS_AT_ENDS_BELOW else time_text.moment
    return write(start, now, zone), write(now, start, zone)


def _least_width(time_range: TimeRange, time: int, first: int, last: int, letters: int) -> float:
    """
    Return the least width of a plot, in px, in which the label of *time* touches that of neither end.

    *first*, *last* and *letters* are the lengths of the three texts. The first begins at the edge; the others have
    their middle at their time.
    """
    place = time_range.percent(time)
    left, right = place - time_range.percent(time_range.start), time_range.percent(time_range.now) - place
    if min(left, right) <= 0:
        return math.inf
    half = _LETTER * letters / 2
    return 100 * max((_LETTER * first + _GAP + half) / left, (_LETTER * last / 2 + _GAP + half) / right)


def _band(band: Band, time_range: TimeRange) -> Markup:
    width = time_range.percent(band.end) - time_range.percent(band.start)
    style = next((name for letter, name in _ROOM_FOR_TEXT if width < letter * len(band.text)), "")
    return _BAND.format(style, time_range.css(band.start), time_range.css(band.end, "u"), band.text)
