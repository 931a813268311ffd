"""The names of currencies, and when a currency alone does not name a market."""

from collections.abc import Iterable

from tracker.core.market import Market

NAMES = {
    "AUD": "Australian dollar",
    "BRL": "Brazilian real",
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


def name(code: str) -> str:
    """Return ``euro`` for ``EUR``; an unknown code is returned unchanged."""
    return NAMES.get(code, code)


def is_ambiguous(market: Market, markets: Iterable[Market]) -> bool:
    """Return whether several of *markets* have the quote currency of *market*, so that its exchange must be named."""
    return sum(market.quote == other.quote for other in markets) > 1
