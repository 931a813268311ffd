"""The names of currencies, and the shortest text that names a market among others."""

from collections.abc import Iterable

from tracker.core.market import Market

BASE = "BTC"  # what this page prices; another base is named

NAMES = {
    "AUD": "Australian dollar",
    "BRL": "Brazilian real",
    "BTC": "bitcoin",
    "CAD": "Canadian dollar",
    "CHF": "Swiss franc",
    "CLP": "Chilean peso",
    "CNY": "Chinese yuan",
    "COP": "Colombian peso",
    "CZK": "Czech koruna",
    "DKK": "Danish krone",
    "EUR": "euro",
    "GBP": "pound sterling",
    "HKD": "Hong Kong dollar",
    "HUF": "Hungarian forint",
    "IDR": "Indonesian rupiah",
    "ILS": "Israeli shekel",
    "INR": "Indian rupee",
    "JPY": "Japanese yen",
    "KRW": "South Korean won",
    "MXN": "Mexican peso",
    "NOK": "Norwegian krone",
    "NZD": "New Zealand dollar",
    "PHP": "Philippine peso",
    "PLN": "Polish zloty",
    "SEK": "Swedish krona",
    "SGD": "Singapore dollar",
    "THB": "Thai baht",
    "TRY": "Turkish lira",
    "TWD": "New Taiwan dollar",
    "UAH": "Ukrainian hryvnia",
    "USD": "US dollar",
    "USDC": "USD Coin",
    "USDT": "Tether",
    "VND": "Vietnamese dong",
    "XAG": "silver, troy ounce",
    "XAU": "gold, troy ounce",
    "ZAR": "South African rand",
}
_WITHOUT_ARTICLE = {"BTC", "USDC", "USDT", "XAG", "XAU"}


def name(code: str) -> str:
    """Return ``euro`` for ``EUR``; empty for a code that is unknown, which stands beside the name anyway."""
    return NAMES.get(code, "")


def name_in_sentence(code: str) -> str:
    """Return ``the US dollar``, ``silver``, or the *code* of a currency without a name."""
    text = name(code).partition(",")[0] or code
    return text if code not in NAMES or code in _WITHOUT_ARTICLE else f"the {text}"


def label(market: Market, markets: Iterable[Market]) -> str:
    """
    Return the shortest text that names *market* among *markets*.

    This is ``EUR``, the pair if bitcoin is not what is priced (``SHIB/BTC``), and ``EUR kraken`` if several of
    *markets* are of the same pair.
    """
    text = market.quote if market.base == BASE else f"{market.base}/{market.quote}"
    return f"{text} {market.exchange}" if needs_exchange(market, markets) else text


def needs_exchange(market: Market, markets: Iterable[Market]) -> bool:
    """Return whether several of *markets* are of the pair of *market*, so that its exchange must be named."""
    return sum((market.base, market.quote) == (other.base, other.quote) for other in markets) > 1


def heading(markets: Iterable[Market], of_bitcoin: str) -> str:
    """Return the heading *of_bitcoin*, or ``Prices`` if one of *markets* prices something else."""
    return of_bitcoin if all(market.base == BASE for market in markets) else "Prices"


def is_ambiguous(market: Market, markets: Iterable[Market]) -> bool:
    """Return whether several of *markets* have the quote currency of *market*, which then does not name it."""
    return sum(market.quote == other.quote for other in markets) > 1
