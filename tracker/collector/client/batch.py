"""Split from poll_groups."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.listings import Listings
from tracker.core.errors import ExchangeError, Refused
from tracker.core.market import Market

PROBES = 3  # markets asked alone, one after the other, before a refusal counts as the exchange's own


OnQuotes: TypeAlias = Callable[[Quotes], Awaitable[None]]


class BatchPoller:
    """
    Asks *client* for many markets at once; of those for which it refuses all, it tells *listings*.

    An exchange in trouble refuses, too. So before a market is blamed, another one must be answered: a few
    requests more tell an outage from a bad pair.

    Args:
        urgent: whether it may ask before polls that are due.
    """

    def __init__(self, client: ExchangeClient, listings: Listings, *, urgent: bool = True) -> None:
        self._client = client
        self._listings = listings
        self._urgent = urgent
        self._refusals = 0  # of whole batches; who is asked alone goes round by it

    async def poll(self, markets: Sequence[Market], on_quotes: OnQuotes) -> list[Market]:
        """
        Ask for *markets*; *on_quotes* gets each answer as it comes. Those that are rejected now.

        Raises ExchangeError if it is the exchange's own trouble; some may have been answered before.
        """
        try:
            await self._poll_once(markets, on_quotes)
            return []
        except Refused:
            if len(markets) < 2:
                raise
        working = await self._find_working(markets, on_quotes)
        candidates = await self._bisect([market for market in markets if market != working], working, on_quotes)
        return await self._confirm(candidates, working, on_quotes)

    async def retry(self, market: Market, on_quotes: OnQuotes) -> None:
        """Ask for one that was rejected; if it is refused again, it stays so for longer."""
        try:
            await self._poll_once([market], on_quotes)
        except ExchangeError as error:
            # However it fails: one that hangs holds up the others of its group, and must do so ever more rarely.
            self._listings.reject(market, str(error) if isinstance(error, Refused) else None)
        else:
            self._listings.accept(market)

    async def _poll_once(self, markets: Sequence[Market], on_quotes: OnQuotes) -> None:
        await on_quotes(await self._client.last_prices(markets, urgent=self._urgent))

    async def _find_working(self, markets: Sequence[Market], on_quotes: OnQuotes) -> Market:
        """One of *markets* that is answered alone. Raises ExchangeError if none of a few is."""
        size, refusal = len(markets), None
        # Far from each other, for bad pairs come in rows, and others each time.
        positions = dict.fromkeys((self._refusals + size * turn // PROBES) % size for turn in range(PROBES))
        self._refusals += 1
        for position in positions:
            try:
                await self._poll_once([markets[position]], on_quotes)
            except Refused as error:
                refusal = refusal or error
            else:
                return markets[position]
        assert refusal is not None
        raise refusal

    async def _is_answered(self, markets: Sequence[Market], on_quotes: OnQuotes) -> bool:
        try:
            await self._poll_once(markets, on_quotes)
        except Refused:  # anything else, a time-out or "too many", is no market's fault
            return False
        return True

    async def _bisect(self, markets: Sequence[Market], working: Market, on_quotes: OnQuotes) -> list[Market]:
        """Which of *markets*, refused together, may have caused it; the others were answered."""
        if len(markets) == 1:
            return list(markets)
        first, second = markets[: len(markets) // 2], markets[len(markets) // 2 :]
        if await self._is_answered(first, on_quotes):
            return await self._bisect(second, working, on_quotes)
        candidates: list[Market] = []
        if not await self._is_answered(second, on_quotes):
            await self._poll_once([working], on_quotes)  # two at once are rare, an outage that has begun is not
            candidates = await self._bisect(second, working, on_quotes)
        return candidates + await self._bisect(first, working, on_quotes)

    async def _confirm(self, candidates: Sequence[Market], working: Market, on_quotes: OnQuotes) -> list[Market]:
        """Those of *candidates* that fail a request whose other market is answered before and after."""
        reasons: dict[Market, str] = {}
        for market in candidates:
            try:
                await self._poll_once([working, market], on_quotes)
            except Refused as error:
                reasons[market] = str(error)
        if reasons:
            await self._poll_once([working], on_quotes)
        for market, reason in reasons.items():
            self._listings.reject(market, reason)
        return list(reasons)
