"""Reports what polls came to: the market's status on the board, and a log line when it changes."""

import logging
from collections.abc import Iterable, Mapping

from tracker.collector.poll_groups import PollGroup
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.core.cause_text import cause_text
from tracker.core.durations import utc_text
from tracker.core.errors import ExchangeError
from tracker.core.market import Market
from tracker.core.market_status import Failure, MarketStatus, Mode, Stop, failure_of
from tracker.core.ticks import Origin
from tracker.runtime.clock import Clock

log = logging.getLogger(__name__)

_MODES: dict[Origin | None, Mode] = {Origin.SIMULATED: "simulated", Origin.REPLAY: "replay"}


class PollStatus:
    """Updates *board* for the markets of a poll group. A failure that lasts is logged once."""

    def __init__(self, board: StatusBoard, clock: Clock) -> None:
        self._board = board
        self._clock = clock

    def mark_live(self, group: PollGroup, markets: Iterable[Market]) -> set[Market]:
        """
        Mark *markets* as having a price.

        Returns:
            Those of which the same exchange had a price held back until now.
        """
        statuses = self._board.status().markets
        markets = [market for market in markets if market in statuses]
        if recovered := [str(market) for market in markets if statuses[market].state in ("unreachable", "refused")]:
            suffix = f", from {group.stand_in}" if group.stand_in else ""
            log.info("%s: prices are available again%s", ", ".join(recovered), suffix)
        cleared = {
            market
            for market in markets
            if statuses[market].held_back_reason is not None and statuses[market].held_back_from == group.stand_in
        }
        if accepted := [str(market) for market in sorted(cleared) if str(market) not in recovered]:
            log.info("%s: prices are no longer held back", ", ".join(accepted))
        if resumed := [str(market) for market in markets if statuses[market].stand_in and not group.stand_in]:
            log.info("%s: prices come from %s again", ", ".join(resumed), group.client.name)
        self._board.mark_live(markets, self._clock.now(), group.stand_in)
        return cleared

    def end_stand_ins(self, feeds: Iterable[Feed]) -> None:
        """Mark those of *feeds* as without a price whose price came from an exchange that is no stand-in any more."""
        for feed in feeds:
            status = self._board.market(feed.market)
            if status.stand_in and status.stand_in not in feed.stand_ins:
                failure = status.failure or Failure("no_price", feed.market.exchange)
                self._board.mark_failed([feed.market], self._clock.now(), failure, None, status.stand_in)

    def mark_missing(self, group: PollGroup, failures: Mapping[Market, Failure]) -> None:
        """Mark markets without a price in an answer that has others."""
        for market, failure in failures.items():
            if not (group.stand_in or _is_failing(self._board.market(market))):
                log.warning("%s: no price: %s", market, cause_text(failure, market))
            self._board.mark_failed([market], self._clock.now(), failure, None, group.stand_in)

    def mark_failed(self, group: PollGroup, markets: list[Market], error: ExchangeError, wait: float) -> None:
        """Mark *markets* of a request that failed with *error*; the next try is in *wait* seconds."""
        now, statuses = self._clock.now(), self._board.status().markets
        markets = [market for market in markets if market in statuses]
        if group.stand_in:
            is_news = any(statuses[market].stand_in == group.stand_in for market in markets)
        else:
            is_news = not all(_is_failing(statuses[market]) for market in markets)
        if is_news:
            log.warning("%s: no price: %s", ", ".join(map(str, markets)), error)
        failure = failure_of(error, group.client.name)
        self._board.mark_failed(markets, now, failure, now + round(wait * 1000), group.stand_in)

    def mark_paused(self, group: PollGroup, markets: list[Market], pause: float) -> None:
        """Mark *markets* that are not requested for *pause* seconds, unless the exchange's own words are known."""
        failures = {market: self._board.market(market).failure for market in markets}
        unknown = [market for market, failure in failures.items() if not failure or failure.kind != "rate_limited"]
        self.mark_failed(group, unknown, group.client.pause_error(), pause)

    def mark_mode(self, origin: Origin | None) -> None:
        """Record whether prices are live, by the *origin* that an answer states."""
        self._board.update(mode=_MODES.get(origin, "live"))

    def mark_stops(self, stops: Mapping[Market, Stop | None]) -> None:
        """Record which markets their exchange states not to be traded; None: this one is."""
        statuses = self._board.status().markets
        for market, stop in stops.items():
            before = statuses[market].stop if market in statuses else None
            if stop is not None and before is None:
                words = f" ({stop.words})" if stop.words else ""
                log.warning("%s: not traded since %s%s", market, utc_text(stop.since), words)
            elif stop is None and before is not None:
                log.info("%s: traded again", market)
        self._board.mark_stops(stops)

    def mark_refused(self, group: PollGroup, failures: Mapping[Market, Failure]) -> None:
        """Mark markets that are not polled as usual: not listed, or rejected."""
        for market, failure in sorted(failures.items()):
            if group.stand_in:  # that it cannot stand in is no failure of the market's own exchange
                self._board.mark_failed([market], self._clock.now(), failure, None, group.stand_in)
                continue
            if self._board.market(market).failure != failure:
                log.warning("%s: not polled: %s", market, cause_text(failure, market))
            self._board.mark_refused(market, self._clock.now(), failure)


def _is_failing(status: MarketStatus) -> bool:
    """Return whether a failure of the market's own exchange was logged; a price that is held back is none of it."""
    return status.failure is not None and status.failure.kind != "held_back"
