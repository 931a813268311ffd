"""The time axis below the charts, as HTML."""

from datetime import tzinfo

from markupsafe import Markup

from tracker.render.axes.backfilled_bands import Band
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format import time_text
from tracker.render.format.templating import join

_LABEL = Markup('<span style="{}">{}</span>')
_CLASS_LABEL = Markup('<span class="{}" style="{}">{}</span>')
_BANDS = Markup('<div class="bt-bands">{}</div>')
_BAND = Markup('<i class="bt-band{}" style="{};{}"><b>{}</b></i>')
# Percent of the width that a letter of a band's text takes in a wide window, a narrower one and on a phone, and the
# style class with which a band is too short for its text there.
_ROOM_FOR_TEXT = ((0.6, " is-short"), (1.25, " is-medium"), (2.2, " is-narrow"))


def axis_html(time_range: TimeRange, times: list[int], zone: tzinfo, bands: list[Band] | None = None) -> Markup:
    """Return HTML with the labels of *times* (epoch ms) and of both ends, and *bands* above; None: without room."""
    start, now = time_range.percent(time_range.start), time_range.percent(time_range.now)
    write, first = time_text.hour_minute, time_text.moment(time_range.exact_start, time_range.now, zone)
    if time_range.now - time_range.start < time_text.SECONDS_BELOW:
        write, first = time_text.hour_minute_second, time_text.hour_minute_second(time_range.exact_start, zone)
    labels = [Markup('<span class="first">{}</span>').format(first)]
    # Both ends are always labelled, with their dates if these differ. Labels near an end are shown on wide screens
    # only; on a phone, only some of those far from both ends.
    dated = time_text.day(time_range.exact_start, zone) != time_text.day(time_range.now, zone)
    clear = 10 if dated else 5  # percent of the width
    clear_on_phone, clear_beside_long_prices = (38, 46) if dated else (21, 28)
    places = {time: time_range.percent(time) for time in times}
    on_phone = [time for time in times if min(places[time] - start, now - places[time]) >= clear_on_phone][::2]
    for time, left in places.items():
        if left - start >= clear and now - left >= clear / 2 + 2:
            midnight = time_text.hour_minute(time, zone) == "00:00"
            label = time_text.day(time, zone) if midnight else write(time, zone)
            near = left - start < 2 * clear or now - left < 2 * clear
            is_tight = min(left - start, now - left) < clear_beside_long_prices
            roomy = ("roomy is-tight" if is_tight else "roomy") if time in on_phone else ""
            style = "near" if near else roomy
            place = time_range.css(time)
            labels.append(_CLASS_LABEL.format(style, place, label) if style else _LABEL.format(place, label))
    last = f"{time_text.day(time_range.now, zone)} " if dated else ""
    last += write(time_range.now, zone)
    labels.append(_CLASS_LABEL.format("last", time_range.css(time_range.now), Markup("<b>{}</b>").format(last)))
    row = "" if bands is None else _BANDS.format(join([_band(band, time_range) for band in bands]))
    return Markup(
        '<div class="bt-time-axis">{}<span class="bt-time-zone">Time in {}</span><div>{}</div><span></span></div>'
    ).format(row, time_text.zone_name(time_range.now, zone), join(labels))


def _band(band: Band, time_range: TimeRange) -> Markup:
    width = time_range.percent(band.end) - time_range.percent(band.start)
    style = next((name for letter, name in _ROOM_FOR_TEXT if width < letter * len(band.text)), "")
    return _BAND.format(style, time_range.css(band.start), time_range.css(band.end, "u"), band.text)
