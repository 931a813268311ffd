"""What a page shows before its viewer has chosen anything, and for whom nobody can choose: pictures and files."""

from datetime import UTC, datetime, tzinfo

from dateutil.tz import tzlocal

from tracker.render.page.state import Choices, PageData, PageState


def default_state(data: PageData, span: int, zone: tzinfo = UTC) -> PageState:
    """All markets of *data* over the last *span* ms, with times in *zone*."""
    return PageState(Choices(chosen=data.markets, span=span // 1000, zone=zone, viewer_zone=zone), data)


def local_zone() -> tzinfo:
    """This machine's zone, which is the viewer's on the machine itself."""
    here = tzlocal()
    return UTC if datetime.now(here).tzname() == "UTC" else here
