"""The time axis below the charts, as HTML."""

import math
from datetime import tzinfo

from markupsafe import Markup

from tracker.render.axes.backfilled_bands import Band
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format import time_text
from tracker.render.format.templating import join

# px: the narrowest plot of a wide window, of narrower ones by the style class of the labels that these hide, and of a
# phone, where the first label stands 8 px further right.
_WIDE, _NARROWER = 800, {"nearer": 550, "near": 310}
_PHONE, _PHONE_WITH_LONG_PRICES = 250, 180
_LETTER, _GAP = 6, 6  # px: width of a letter or digit of a label, and the least distance of two labels

_LABEL = Markup('<span style="{}">{}</span>')
_CLASS_LABEL = Markup('<span class="{}" style="{}">{}</span>')
_BANDS = Markup('<div class="bt-bands">{}</div>')
_BAND = Markup('<i class="bt-band{}" style="{};{}"><b>{}</b></i>')
# Percent of the width that a letter of a band's text takes in a wide window, a narrower one and on a phone, and the
# style class with which a band is too short for its text there.
_ROOM_FOR_TEXT = ((0.6, " is-short"), (1.25, " is-medium"), (2.2, " is-narrow"))


def axis_html(time_range: TimeRange, times: list[int], zone: tzinfo, bands: list[Band] | None = None) -> Markup:
    """Return HTML with the labels of *times* (epoch ms) and of both ends, and *bands* above; None: without room."""
    start, now, span = time_range.exact_start, time_range.now, time_range.now - time_range.start
    write = time_text.hour_minute_second if span < time_text.SECONDS_BELOW else time_text.hour_minute
    # Cut to its minute, an end would read like a round time that is almost a minute away.
    write_end = time_text.exact_moment if span < time_text.SECONDS_AT_ENDS_BELOW else time_text.moment
    first, last = write_end(start, now, zone), write_end(now, start, zone)  # with their dates if these differ
    texts = {
        time: time_text.day(time, zone) if time_text.is_midnight(time, zone) else write(time, zone) for time in times
    }
    widths = {time: _least_width(time_range, time, len(first), len(last), len(texts[time])) for time in times}
    on_phone = [time for time in times if widths[time] <= _PHONE][::2]
    labels = [Markup('<span class="first">{}</span>').format(first)]
    for time in times:
        if widths[time] <= _WIDE:
            style = next((name for name, width in _NARROWER.items() if widths[time] > width), "")
            if not style and time in on_phone:
                style = "roomy" if widths[time] <= _PHONE_WITH_LONG_PRICES else "roomy is-tight"
            words = time_range.css(time), texts[time]
            labels.append(_CLASS_LABEL.format(style, *words) if style else _LABEL.format(*words))
    labels.append(_CLASS_LABEL.format("last", time_range.css(now), Markup("<b>{}</b>").format(last)))
    row = "" if bands is None else _BANDS.format(join([_band(band, time_range) for band in bands]))
    return Markup(
        '<div class="bt-time-axis">{}<span class="bt-time-zone">Time in {}</span><div>{}</div><span></span></div>'
    ).format(row, time_text.zone_name(now, zone), join(labels))


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
