"""Split from poll_groups."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.listings import Listings
from tracker.core.errors import ExchangeError, Refused
from tracker.core.market import Market

PROBES = 3  # markets asked alone, one after the other, before a refusal counts as the exchange's own


Heard: TypeAlias = Callable[[Quotes], Awaitable[None]]


class BatchPoller:
    """
    Asks *source* for many markets at once; of those for which it refuses all, it tells *offers*.

    An exchange in trouble refuses, too. So before a market is blamed, another one must be answered: a few
    requests more tell an outage from a bad pair.

    Args:
        urgent: whether it may ask before polls that are due.
    """

    def __init__(self, source: ExchangeClient, offers: Listings, *, urgent: bool = True) -> None:
        self._source = source
        self._offers = offers
        self._urgent = urgent
        self._refusals = 0  # of whole batches; who is asked alone goes round by it

    async def ask(self, markets: Sequence[Market], heard: Heard) -> list[Market]:
        """
        Ask for *markets*; *heard* gets each answer as it comes. Those that are rejected now.

        Raises ExchangeError if it is the exchange's own trouble; some may have been answered before.
        """
        try:
            await self._one(markets, heard)
            return []
        except Refused:
            if len(markets) < 2:
                raise
        witness = await self._witness(markets, heard)
        suspects = await self._search([market for market in markets if market != witness], witness, heard)
        return await self._convict(suspects, witness, heard)

    async def retry(self, market: Market, heard: Heard) -> None:
        """Ask for one that was rejected; if it is refused again, it stays so for longer."""
        try:
            await self._one([market], heard)
        except ExchangeError as error:
            # However it fails: one that hangs holds up the others of its lane, and must do so ever more rarely.
            self._offers.reject(market, str(error) if isinstance(error, Refused) else None)
        else:
            self._offers.accept(market)

    async def _one(self, markets: Sequence[Market], heard: Heard) -> None:
        await heard(await self._source.last_prices(markets, urgent=self._urgent))

    async def _witness(self, markets: Sequence[Market], heard: Heard) -> Market:
        """One of *markets* that is answered alone. Raises ExchangeError if none of a few is."""
        size, refusal = len(markets), None
        # Far from each other, for bad pairs come in rows, and others each time.
        places = dict.fromkeys((self._refusals + size * turn // PROBES) % size for turn in range(PROBES))
        self._refusals += 1
        for place in places:
            try:
                await self._one([markets[place]], heard)
            except Refused as error:
                refusal = refusal or error
            else:
                return markets[place]
        assert refusal is not None
        raise refusal

    async def _answers(self, markets: Sequence[Market], heard: Heard) -> bool:
        try:
            await self._one(markets, heard)
        except Refused:  # anything else, a time-out or "too many", is no market's fault
            return False
        return True

    async def _search(self, markets: Sequence[Market], witness: Market, heard: Heard) -> list[Market]:
        """Which of *markets*, refused together, may have caused it; the others were answered."""
        if len(markets) == 1:
            return list(markets)
        first, second = markets[: len(markets) // 2], markets[len(markets) // 2 :]
        if await self._answers(first, heard):
            return await self._search(second, witness, heard)
        suspects: list[Market] = []
        if not await self._answers(second, heard):
            await self._one([witness], heard)  # two at once are rare, an outage that has begun is not
            suspects = await self._search(second, witness, heard)
        return suspects + await self._search(first, witness, heard)

    async def _convict(self, suspects: Sequence[Market], witness: Market, heard: Heard) -> list[Market]:
        """Those of *suspects* that fail a request whose other market is answered before and after."""
        words: dict[Market, str] = {}
        for market in suspects:
            try:
                await self._one([witness, market], heard)
            except Refused as error:
                words[market] = str(error)
        if words:
            await self._one([witness], heard)
        for market, reason in words.items():
            self._offers.reject(market, reason)
        return list(words)
