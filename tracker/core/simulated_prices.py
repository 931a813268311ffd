"""
The simulated market: a price that is a pure function of seed, market and time.

Each currency has a value in dollars, ``level * exp(volatility * path(time))``, and the price of
BTC/EUR is the value of BTC over that of EUR: so one factor moves all prices of BTC together, and
each currency adds one of its own. The dollar is the measure and has none.

A path is built like this. Time is cut into blocks of 2**35 ms (398 days) since the epoch. At the
blocks' borders are independent values of variance block / 2; between two of them lies a
Brownian bridge, made by midpoint displacement: each midpoint is the mean of its two neighbours
plus a random amount that depends on the node's index alone, 27 halvings down to 256 ms. The result has

- increments whose variance is exactly the time between, at every horizon up to a block, as in a
  random walk;
- the same variance, block / 2, at every time: levels stay realistic in any year (for BTC two of
  three times within 65,000 to 137,000 dollars), without a drift;
- any time in 27 steps, independent of earlier calls.

Random amounts come from integers alone (splitmix64, four 16-bit numbers added up, which is
nearly normal), so they do not depend on Python's or numpy's version.

Imports only numpy and plain standard library.
"""

import functools
import hashlib
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import DAY
from tracker.core.market import Market

YEAR = 365 * DAY
_STEP = 8  # a price is constant for 2**8 ms, as between two trades
_DEPTH = 27  # halvings of a block
_BLOCK_YEARS = 2 ** (_STEP + _DEPTH) / YEAR
_AT_ONCE = 2048  # prices computed together: enough to outweigh numpy's calls, few enough for the processor's cache
_GOLDEN = 0x9E3779B97F4A7C15

DEMO_SEED = 42  # of the market that the page and ``tracker.simulated`` show

# Units per dollar and volatility per year, roughly those of 2025.
CURRENCIES = {
    "USD": (1.0, 0.0),
    "EUR": (0.92, 0.08),
    "GBP": (0.78, 0.08),
    "JPY": (150.0, 0.10),
    "CAD": (1.38, 0.06),
    "CHF": (0.88, 0.08),
    "AUD": (1.52, 0.10),
    "NZD": (1.67, 0.10),
    "SEK": (10.2, 0.11),
    "NOK": (10.6, 0.11),
    "DKK": (6.86, 0.08),
    "PLN": (3.9, 0.11),
    "CZK": (23.0, 0.10),
    "HUF": (370.0, 0.12),
    "RON": (4.6, 0.08),
    "UAH": (41.5, 0.06),
    "RUB": (85.0, 0.20),
    "TRY": (36.0, 0.20),
    "ILS": (3.6, 0.11),
    "ZAR": (18.0, 0.15),
    "NGN": (1550.0, 0.15),
    "SGD": (1.33, 0.05),
    "HKD": (7.78, 0.01),
    "TWD": (32.0, 0.06),
    "CNY": (7.2, 0.04),
    "INR": (86.0, 0.04),
    "KRW": (1430.0, 0.09),
    "IDR": (16_300.0, 0.06),
    "PHP": (57.0, 0.06),
    "THB": (33.5, 0.08),
    "VND": (25_500.0, 0.03),
    "MXN": (20.0, 0.13),
    "BRL": (5.7, 0.16),
    "CLP": (950.0, 0.13),
    "COP": (4200.0, 0.15),
    "ARS": (1100.0, 0.20),
    "USDT": (1.0, 0.005),
    "USDC": (1.0, 0.004),
    "XAU": (1 / 2900, 0.15),  # troy ounce of gold
    "XAG": (1 / 32, 0.28),
    "BTC": (1 / 95_000, 0.50),
}
_COINS = {
    "ETH": (1 / 3300, 0.70),
    "BNB": (1 / 650, 0.60),
    "SOL": (1 / 180, 0.85),
    "LTC": (1 / 105, 0.80),
    "DOT": (1 / 6.5, 0.85),
    "XRP": (1 / 2.3, 0.85),
    "DOGE": (1 / 0.30, 0.95),
    "TRX": (1 / 0.25, 0.60),
    "SHIB": (1 / 0.000_015, 0.95),
}
_LEVELS = CURRENCIES | _COINS
# Tokens for an ounce of gold, or for a unit of a currency.
_ALIASES = {
    **dict.fromkeys(("PAXG", "XAUT"), "XAU"),
    **dict.fromkeys(("BUSD", "DAI", "FDUSD", "TUSD", "USD1", "USDE", "USDP", "VAI", "XUSD"), "USDC"),
    **dict.fromkeys(("BIDR", "IDRT"), "IDR"),
    "EURI": "EUR",
}


def price(seed: int, market: Market, time_ms: int) -> float:
    """Return the last price at *time_ms* (epoch milliseconds), quote per base; see ``prices``."""
    return float(prices(seed, market, np.array([time_ms], dtype=np.int64))[0])


def prices(seed: int, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
    """
    Return the last prices at *times* (epoch milliseconds, any order and shape), quote per base.

    All are finite, above 0 and multiples of the tick an exchange would show. The level of a currency
    without a known one (see ``has_level``) is derived from its code.
    """
    times = np.asarray(times, dtype=np.int64)
    row: NDArray[np.float64] = prices_of_markets(seed, [market], times.reshape(-1))[0]
    return row.reshape(times.shape)


def prices_of_markets(seed: int, markets: Sequence[Market], times: NDArray[np.int64]) -> NDArray[np.float64]:
    """
    Return what ``prices`` does for several markets: one row for each market, one column for each of *times*.

    A hundred markets at one time cost little more than one.
    """
    steps = times >> _STEP
    codes = list(dict.fromkeys(code for market in markets for code in (market.base, market.quote)))
    values = dict(zip(codes, _log_values(seed, codes, steps), strict=True))
    exact = np.exp(np.array([values[market.base] - values[market.quote] for market in markets]))
    # What numpy's round() does, but with decimals of its own for each row.
    ticks = np.array([[10.0 ** decimals(market)] for market in markets])
    rounded: NDArray[np.float64] = np.rint(exact * ticks) / ticks
    return rounded


def decimals(market: Market) -> int:
    """Return the decimals of a price: six digits at the market's usual level, e.g. 1 for BTC/USD, 0 for BTC/JPY."""
    level = _currency(market.quote)[0] / _currency(market.base)[0]
    return max(0, 5 - math.floor(math.log10(level)))


def has_level(code: str) -> bool:
    """Return whether a currency, coin or token has about its real price; those of other codes are arbitrary."""
    return _ALIASES.get(code, code) in _LEVELS


def _currency(code: str) -> tuple[float, float]:
    known = _LEVELS.get(_ALIASES.get(code, code))
    return known or (10 ** (3 * _key("level", code) / 2**64 - 1), 0.20)


def _log_values(seed: int, codes: Sequence[str], steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the logarithm of each currency's value in dollars: a row for each of *codes*."""
    levels, volatilities = np.array([_currency(code) for code in codes]).T
    # math.log, since numpy's own may differ in the last bit from machine to machine.
    logarithms = np.array([math.log(level) for level in levels])[:, None]
    values = np.broadcast_to(-logarithms, (len(codes), len(steps))).copy()
    moving = [row for row, volatility in enumerate(volatilities) if volatility]
    if moving:
        keys = [_key(str(seed), _ALIASES.get(codes[row], codes[row])) for row in moving]
        values[moving] = volatilities[moving, None] * _paths(keys, steps) - logarithms[moving]
    return values


def _paths(keys: Sequence[int], steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a path for each key; the variance of an increment is its length in years. *steps* count 256 ms."""
    paths = np.empty((len(keys), len(steps)))
    width = max(1, _AT_ONCE // len(keys))
    for first in range(0, len(steps), width):
        part = slice(first, first + width)
        paths[:, part] = _part_of_paths(keys, steps[part])
    return paths


def _part_of_paths(keys: Sequence[int], steps: NDArray[np.int64]) -> NDArray[np.float64]:
    halvings = np.arange(_DEPTH, 0, -1)
    blocks = steps >> _DEPTH
    nodes = np.vstack((blocks, blocks + 1, steps >> halvings[:, None]))
    amounts = _normal(keys, np.array([_DEPTH + 1, _DEPTH + 1, *halvings]), nodes)
    amounts *= np.sqrt([0.5, 0.5, *(0.25 * 2.0 ** (halvings - _DEPTH))])[:, None, None]
    is_right_half = (steps >> (halvings[:, None] - 1)) & 1 == 1
    left, right = amounts[:2]
    for is_right, amount in zip(is_right_half, amounts[2:], strict=True):
        middle = 0.5 * (left + right) + amount
        left, right = np.where(is_right, middle, left), np.where(is_right, right, middle)
    path: NDArray[np.float64] = left * math.sqrt(_BLOCK_YEARS)
    return path


def _normal(keys: Sequence[int], levels: NDArray[np.int64], nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a number of mean 0 and variance 1 for each level, key and node: splitmix64, by position."""
    origins = levels.astype(np.uint64)[:, None] * np.uint64(0xD1342543DE82EF95) + np.array(keys, dtype=np.uint64)
    z = (nodes.astype(np.uint64) * np.uint64(_GOLDEN))[:, None, :] + origins[:, :, None]
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z ^= z >> np.uint64(shift)
        z *= np.uint64(factor)
    z ^= z >> np.uint64(31)
    # The sum of four 16-bit numbers: first both halves at once, then one half and the other.
    halves = np.uint64(0x0000FFFF0000FFFF)
    z = (z & halves) + (z >> np.uint64(16) & halves)
    numbers: NDArray[np.float64] = ((z & np.uint64(0xFFFFFFFF)) + (z >> np.uint64(32))).astype(np.float64)
    numbers -= 2 * 0xFFFF
    numbers *= math.sqrt(3) / 2**16
    return numbers


@functools.lru_cache(maxsize=4096)
def _key(*parts: str) -> int:
    # Not hash(), which differs from process to process.
    return int.from_bytes(hashlib.blake2b("/".join(parts).encode(), digest_size=8).digest(), "big")
