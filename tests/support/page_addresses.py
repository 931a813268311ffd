"""Pages that read and write their address, for tests of its query."""

from zoneinfo import ZoneInfo

from tests.support.page_states import EUR, GBP, JPY, NOW
from tracker.core.market import Market
from tracker.dashboard.view_state import ViewState
from tracker.render.page.page_data import PageData

MARKETS = (EUR, GBP, JPY, Market("coinbase", "BTC", "EUR"))
BERLIN = ZoneInfo("Europe/Berlin")
DEFAULT = 86_400  # s; the span of a page without choices


def new_page(markets=MARKETS, **traits: object) -> ViewState:
    """Return the state of a page just opened in Berlin, with *traits*."""
    defaults = {"chosen": MARKETS, "span": DEFAULT, "zone": BERLIN, "viewer_zone": BERLIN}
    return ViewState(PageData(markets=markets, now=NOW), **{**defaults, **traits})


def read(state: ViewState, query: str) -> str:
    """Apply *query* to *state*; return what could not be applied."""
    state.follow(query)
    return state.address_problem
