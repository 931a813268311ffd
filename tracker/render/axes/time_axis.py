"""What stands around the charts in words: the heading above them, and the time axis below."""

from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np

from tracker.core.market import Market
from tracker.core.window import Window
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.format import time_text
from tracker.render.page.state import PageState

# Span in seconds up to which ticks are so many seconds apart.
_STEPS = (
    *((60, 10), (120, 20), (300, 60), (600, 120), (1_800, 300), (3_600, 600), (7_200, 1_200)),
    *((21_600, 3_600), (43_200, 7_200), (86_400, 10_800), (172_800, 21_600)),
)
_DAY = 86_400
_WIDE_ONLY, _ROOMY = ' class="near"', ' class="roomy"'

LEGEND = (
    '<span class="bt-legend bt-end">'
    '<span><svg viewBox="0 0 22 10"><path d="M0 5H22" stroke="currentColor" stroke-width="1.8"/></svg>live</span>'
    '<span><svg viewBox="0 0 22 10"><path d="M0 5H22" stroke="currentColor" stroke-width="1.2" '
    'stroke-dasharray="4 2.5"/></svg>backfilled later</span>'
    '<span><svg viewBox="0 0 22 10"><path d="M-2 10 8 0M3 10 13 0M8 10 18 0M13 10 23 0" '
    'stroke="var(--bt-line-strong)"/></svg>no prices</span><span>▲ high ▼ low</span></span>'
)


def time_ticks(domain: TimeRange, zone: tzinfo) -> list[int]:
    """Round times of *zone* within *domain*, epoch ms."""
    seconds = (domain.now - domain.start) / 1000
    step = next((step for span, step in _STEPS if seconds <= span * 1.01), _DAY * max(1, round(seconds / _DAY / 7)))
    if zone is UTC:
        first = -(-domain.start // (step * 1000))
        return [count * step * 1000 for count in range(first, domain.end // (step * 1000) + 1)]
    return _wall_clock_ticks(domain, zone, step)


def _wall_clock_ticks(domain: TimeRange, zone: tzinfo, step: int) -> list[int]:
    """Round times of the wall clock, also where it is put forward or back in between."""
    begin = time_text.to_datetime(domain.start, zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    # Steps of hours count from midnight. Where the clock is put back, more of it passes than of time.
    begin, more = (begin, 7_200) if step < 3_600 else (begin.replace(hour=0), 2 * _DAY)
    found = set()
    for count in range((domain.end - domain.start) // 1000 // step + more // step + 2):
        wall = begin + timedelta(seconds=count * step)
        for fold in (0, 1):  # an hour that comes twice has two of each
            time = round(wall.replace(tzinfo=zone, fold=fold).timestamp() * 1000)
            # An hour that was skipped has no time of its own.
            there = datetime.fromtimestamp(time / 1000, zone).replace(tzinfo=None) == wall
            if there and domain.start <= time <= domain.end:
                found.add(time)
    return sorted(found)


def axis_html(domain: TimeRange, times: list[int], zone: tzinfo) -> str:
    """The labels of *times*, and of both ends."""
    start, now = domain.across(domain.start), domain.across(domain.now)
    clock, first = time_text.hour_minute, time_text.moment(domain.first, domain.now, zone)
    if domain.now - domain.start < time_text.SECONDS_BELOW:
        clock, first = time_text.hour_minute_second, time_text.hour_minute_second(domain.first, zone)
    labels = [f'<span class="first">{first}</span>']
    # Both ends are always written, with their dates if these differ; what is near them shows on wide screens only, and
    # on a phone what is far from them.
    dated = time_text.day(domain.first, zone) != time_text.day(domain.now, zone)
    clear = 10 if dated else 5
    narrow = 38 if dated else 21  # on a phone
    roomy = [time for time in times if domain.across(time) - start >= narrow and now - domain.across(time) >= narrow]
    for time in times:
        left = domain.across(time)
        if left - start >= clear and now - left >= clear / 2 + 2:
            midnight = time_text.hour_minute(time, zone) == "00:00"
            text = time_text.day(time, zone) if midnight else clock(time, zone)
            near = left - start < 2 * clear or now - left < 2 * clear
            style = _WIDE_ONLY if near else _ROOMY if time in roomy[::2] else ""
            labels.append(f'<span{style} style="{domain.at(time)}">{text}</span>')
    last = f"{time_text.day(domain.now, zone)} {clock(domain.now, zone)}" if dated else clock(domain.now, zone)
    labels.append(f'<span class="last" style="{domain.at(domain.now)}"><b>{last}</b></span>')
    name = f'<span class="bt-tz">Time in {time_text.zone_name(domain.now, zone)}</span>'
    return f'<div class="bt-xa">{name}<div>{"".join(labels)}</div><span></span></div>'


def charts_heading(
    page: PageState, windows: dict[Market, Window], domain: TimeRange, old: bool, widths: set[int]
) -> str:
    """What the charts show, in words; *old*: none of it is of now; *widths*: of the candles, ms."""
    zone = page.choices.zone
    times = (
        f"{time_text.time_range(domain.first, domain.now, zone)} {time_text.zone_names(domain.first, domain.now, zone)}"
    )
    if not windows:
        return _panel_head("One bitcoin costs", times, "") + '<p class="bt-note">Tick at least one currency.</p>'
    end = LEGEND
    if page.choices.view is not None:
        back = f"Back to the last {time_text.exact_duration(page.choices.span)}"
        end = f'<button type="button" class="bt-back" data-bt="back">{back}</button>{LEGEND}'
    if old:
        last = max(time for market in windows if (time := page.newest(market)) is not None)
        return _panel_head(
            "One bitcoin cost", f"{times}; last price {time_text.moment(last, page.data.now, zone)}", end
        )
    # What is drawn, not what is configured: candles that were fetched later stand further apart.
    intervals = [window.ticks.interval for window in windows.values() if window.count]
    cadence = {time_text.exact_duration(float(np.median(interval)) / 1000) for interval in intervals}
    every = f", one price {_interval_text(cadence.pop())}" if len(cadence) == 1 else ""
    if page.choices.candles:
        every = (
            f", candles of {time_text.exact_duration(min(widths) / 1000)}" if widths else ", too few prices for candles"
        )
    if page.choices.mode == "compare":
        return _panel_head("Compare", f"{times}, every currency starts at 0", end)
    scale = "each on its own scale" if page.choices.mode == "linear" else "each on its own logarithmic scale"
    return _panel_head("One bitcoin cost" if page.past else "One bitcoin costs", f"{times}{every}, {scale}", end)


def _interval_text(length: str) -> str:
    """``every 10 s``, ``a minute``."""
    return "a minute" if length == "1 min" else f"every {length}"


def _panel_head(title: str, text: str, end: str) -> str:
    return f'<div class="bt-ph"><h2>{title}</h2><span class="bt-sub">{text}</span>{end}</div>'
