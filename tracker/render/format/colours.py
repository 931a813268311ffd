"""The colours of the charts: each chosen market has its own, as far as there are enough."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from tracker.core.market import Market

COLOURS = 8  # more cannot be distinguished
REPEATED = f"Colours repeat from the ninth currency on; choose at most {COLOURS} to tell them apart."


@lru_cache(maxsize=64)  # each panel asks for each market
def colour_tokens(markets: tuple[Market, ...], chosen: tuple[Market, ...]) -> Mapping[Market, str]:
    """
    Return the style token of the colour of each of *markets*: ``series-1`` to ``series-8``.

    It is given by the position among *markets*, so that it does not change with what is chosen. Only a chosen market
    whose colour an earlier chosen one has takes one that is free; if none is, the colour repeats.
    """
    numbers = {market: position % COLOURS + 1 for position, market in enumerate(markets)}
    taken, doubles = set[int](), []
    for market in filter(set(chosen).__contains__, markets):
        if numbers[market] in taken:
            doubles.append(market)
        taken.add(numbers[market])
    free = (number for number in range(1, COLOURS + 1) if number not in taken)
    numbers.update(zip(doubles, free, strict=False))
    return MappingProxyType({market: f"series-{number}" for market, number in numbers.items()})
