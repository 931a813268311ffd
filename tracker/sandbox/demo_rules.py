"""Rules that the page of a simulated market shows where none are configured."""

from collections.abc import Sequence

from tracker.core.market import Market
from tracker.core.simulated_prices import decimals, price
from tracker.runtime.rule_settings import RuleSettings

_ABOVE = 1.001  # of the price when the demo starts; crossed several times an hour


def demo_rules(seed: int, markets: Sequence[Market], now: int) -> tuple[RuleSettings, ...]:
    """
    Return rules of which some fire within minutes; they name no channels.

    Args:
        seed: of the simulated market.
        markets: that are collected; without any there are no rules.
        now: epoch ms, when the demo starts.
    """
    if not markets:
        return ()
    first, last = markets[0], markets[-1]
    level = float(f"{_ABOVE * price(seed, first, now):.4g}")
    places = max(0, decimals(first) - 2)  # of four digits
    rules = [
        {
            "name": f"{first.quote} above {level:,.{places}f}",
            "market": str(first),
            "when": f"price > {level:.{places}f}",
        },
        {"name": f"{last.quote} falls", "market": str(last), "when": "change(1h) < -0.75%"},
        {"name": "A wild hour", "market": [str(market) for market in markets], "when": "volatility(1h) > 75%"},
    ]
    return tuple(RuleSettings.model_validate(rule) for rule in rules)
