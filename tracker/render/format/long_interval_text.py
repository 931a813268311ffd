"""The note on ranked markets whose prices are much further apart than the others'."""

from collections.abc import Mapping

from tracker.core.long_intervals import LongIntervals
from tracker.render.format import numbers, plain_text, time_text


def long_intervals_text(markets: Mapping[str, LongIntervals]) -> str:
    """
    Return a sentence on *markets*, by the name that the reader knows; empty without any.

    ``GBP (30 min to 4 h for 70 % of its time) has prices much further apart than others (1 min): …``
    """
    if not markets:
        return ""
    names = [
        f"{name} ({_lengths(of_market)} for {numbers.share(of_market.share, 1)} of its time)"
        for name, of_market in markets.items()
    ]
    others = time_text.rough_duration(next(iter(markets.values())).others)
    have, its = ("has", "its") if len(markets) == 1 else ("have", "their")
    return (
        f"{plain_text.join_words(names)} {have} prices much further apart than others ({others}): "
        f"{its} deviation, volatility and drawdown leave out what happened in between."
    )


def _lengths(of_market: LongIntervals) -> str:
    # The usual interval alone would be said of time that has shorter ones.
    ends = dict.fromkeys((of_market.shortest, of_market.longest))
    return " to ".join(map(time_text.rough_duration, ends))
