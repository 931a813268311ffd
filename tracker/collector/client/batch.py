"""
Polls many markets with one request, and isolates a market that makes a whole batch fail.

Most exchanges refuse a batch for one pair that they do not know, without naming it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.listings import Listings
from tracker.core.errors import ExchangeError, Refused
from tracker.core.market import Market

PROBES = 3  # markets polled alone, one after the other, before a refusal counts as the exchange's own


OnQuotes: TypeAlias = Callable[[Quotes], Awaitable[None]]


class BatchPoller:
    """
    Polls *client* for many markets at once and rejects in *listings* those that make every request fail.

    An exchange in trouble refuses, too. So a market is rejected only after another one got a price: a few more
    requests distinguish an outage from a bad pair.

    Args:
        client: the exchange to poll.
        listings: takes the rejections.
        urgent: whether requests go before those of backfill.
    """

    def __init__(self, client: ExchangeClient, listings: Listings, *, urgent: bool = True) -> None:
        self._client = client
        self._listings = listings
        self._urgent = urgent
        self._refusals = 0  # of whole batches; the markets polled alone rotate with it

    async def poll(self, markets: Sequence[Market], on_quotes: OnQuotes) -> list[Market]:
        """
        Poll *markets*; call *on_quotes* with each response as it arrives.

        Returns:
            The markets that are now rejected.

        Raises:
            ExchangeError: the exchange itself is in trouble. Some markets may have got a price before.
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
        """Poll one rejected market; reject it for longer if it fails again."""
        try:
            await self._poll_once([market], on_quotes)
        except ExchangeError as error:
            # However it fails: one that hangs delays its poll group, so it is retried ever more rarely.
            self._listings.reject(market, str(error) if isinstance(error, Refused) else None)
        else:
            self._listings.accept(market)

    async def _poll_once(self, markets: Sequence[Market], on_quotes: OnQuotes) -> None:
        await on_quotes(await self._client.last_prices(markets, urgent=self._urgent))

    async def _find_working(self, markets: Sequence[Market], on_quotes: OnQuotes) -> Market:
        """Return one of *markets* that gets a price alone. Raises Refused if none of a few does."""
        size = len(markets)
        refusals: list[Refused] = []
        # Far apart, as bad pairs come in rows, and others each time.
        positions = dict.fromkeys((self._refusals + size * turn // PROBES) % size for turn in range(PROBES))
        self._refusals += 1
        for position in positions:
            try:
                await self._poll_once([markets[position]], on_quotes)
            except Refused as error:
                refusals.append(error)
            else:
                return markets[position]
        raise refusals[0]

    async def _is_answered(self, markets: Sequence[Market], on_quotes: OnQuotes) -> bool:
        try:
            await self._poll_once(markets, on_quotes)
        except Refused:  # any other error, e.g. a time-out, is no market's fault
            return False
        return True

    async def _bisect(self, markets: Sequence[Market], working: Market, on_quotes: OnQuotes) -> list[Market]:
        """Return those of *markets*, refused together, that may have caused it; the others got a price."""
        if len(markets) == 1:
            return list(markets)
        first, second = markets[: len(markets) // 2], markets[len(markets) // 2 :]
        if await self._is_answered(first, on_quotes):
            return await self._bisect(second, working, on_quotes)
        candidates: list[Market] = []
        if not await self._is_answered(second, on_quotes):
            await self._poll_once(
                [working], on_quotes
            )  # two bad pairs at once are rarer than an outage that has just begun
            candidates = await self._bisect(second, working, on_quotes)
        return candidates + await self._bisect(first, working, on_quotes)

    async def _confirm(self, candidates: Sequence[Market], working: Market, on_quotes: OnQuotes) -> list[Market]:
        """Reject and return the *candidates* that fail in a request with *working*, which succeeds before and after."""
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
