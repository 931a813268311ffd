"""The state of a page without choices: before the viewer makes any, and for snapshots and files."""

from datetime import UTC, datetime, tzinfo

from dateutil.tz import tzlocal

from tracker.render.page.page_data import PageData
from tracker.render.page.state import Choices, PageState


def default_state(data: PageData, span: int, zone: tzinfo = UTC) -> PageState:
    """Return a page of all markets of *data* over the last *span* ms, with times in *zone*."""
    return PageState(Choices(chosen=data.markets, span=span // 1000, zone=zone, viewer_zone=zone), data)


def local_zone() -> tzinfo:
    """Return this machine's time zone, which is the viewer's if the browser runs here."""
    zone = tzlocal()
    return UTC if datetime.now(zone).tzname() == "UTC" else zone
