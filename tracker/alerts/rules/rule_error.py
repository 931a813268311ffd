"""The error of a rule that cannot be read: what is wrong, where, and what is allowed there."""

from collections.abc import Collection

from tracker.alerts.rules.vocabulary import OPERATORS, WORDS
from tracker.core.errors import ConfigError

_MOST_QUOTED = 40  # characters of a rule in a message
_BESIDE = 30  # characters of the rule that are shown on either side of the place

# What people write, in small letters -> the language's form.
OTHER_FORMS = {
    "=": ">= or <=; == is for ranks",
    "===": ">= or <=; == is for ranks",
    "above": ">",
    "over": ">",
    "below": "<",
    "under": "<",
    "≥": ">=",
    "=>": ">=",
    "≤": "<=",
    "=<": "<=",
    "≠": "< or >; != is for ranks",
    "<>": "< or >; != is for ranks",
    "&": "and",
    "&&": "and",
    "|": "or",
    "||": "or",
    "!": "not",
    "–": "-",
    "—": "-",
}
_NUMBERS_FIRST = "a rule names the measure first, then the number, e.g. price > 70000"
_SYMBOLS = "€$£¥₿"


class InvalidRule(ConfigError):
    """
    A rule of the settings cannot be used.

    Attributes:
        key: of the rule, in the file.
        problem: what is wrong with its value, and what to type.
    """

    def __init__(self, place: str, key: str, problem: str) -> None:
        self.key, self.problem = key, problem
        super().__init__(f"{place}: {key}: {problem}")


class RuleTextError(ConfigError):
    """
    A rule cannot be read.

    Attributes:
        text: the rule, in one line.
        start, end: the place in *text*; equal where something is missing.
        problem: what is wrong there, and what is allowed.
    """

    def __init__(self, problem: str, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end, self.problem = text, start, end, problem
        place = text[start:end]
        short = place if len(place) <= _MOST_QUOTED else f"{place[: _MOST_QUOTED - 1]}…"
        quoted = f"'{short}'" if place else "the end"
        super().__init__(f"at {quoted} (column {start + 1}): {problem}" if text.strip() else problem)

    def pointed(self) -> str:
        """Return the rule with a line of carets below the place, for a monospaced font."""
        first, last = max(0, self.start - _BESIDE), min(len(self.text), self.end + _BESIDE)
        before, after = "…" if first else "", "…" if last < len(self.text) else ""
        shown = f"{before}{self.text[first:last]}{after}"
        return f"{shown}\n{' ' * (len(before) + self.start - first)}{'^' * max(1, self.end - self.start)}"


def measure_list() -> str:
    """Return the measures as they are written: ``price, change(24h), …``."""
    return ", ".join(word.pattern for word in WORDS.values())


def unexpected(kind: str, typed: str, allowed: Collection[str]) -> str:
    """
    Return what is wrong with a token that the grammar does not take, and what it takes there.

    Args:
        kind: the token's terminal in the grammar; ``$END`` at the end of the rule.
        typed: the token's text.
        allowed: the terminals that the grammar takes in its place.
    """
    if typed in OTHER_FORMS:
        return f"type {OTHER_FORMS[typed]}"
    if typed and typed[0] in _SYMBOLS:
        return "prices are in the market's quote currency: leave the sign out"
    if kind == "RPAR" and "$END" in allowed:
        return "it closes no parenthesis"
    if kind == "CROSSES" and "OPERATOR" in allowed:
        return "crosses stands before its measure, e.g. crosses(price, 70000)"
    if "NAME" in allowed and kind == "VALUE":
        return _NUMBERS_FIRST
    if "VALUE" in allowed and kind == "NAME" and "PAIR" not in allowed:
        return "a measure is compared with a number, not with another measure, e.g. price > 70000"
    if "AND" in allowed and kind == "OPERATOR":
        return "join two comparisons by and, e.g. price > 60000 and price < 70000"
    return f"expected {_allowed_text(allowed)}"


def _allowed_text(allowed: Collection[str]) -> str:
    """Return the terminals in words, in a fixed order."""
    words = {
        "NAME": f"a measure ({measure_list()})",
        "CROSSES": "crosses(price, 70000)",
        "NOT": "'not'",
        "LPAR": "'('",
        "OPERATOR": f"one of {' '.join(OPERATORS)}",
        "VALUE": "a number, e.g. 70000, 2% or 60s",
        "PAIR": "a pair, e.g. EUR/USD",
        "COMMA": "a comma and a level, e.g. crosses(price, 70000)",
        "AND": "'and'",
        "OR": "'or'",
        "RPAR": "')'",
        "$END": "the end of the rule",
    }
    # A parenthesis could follow every name for the grammar, and belongs after some.
    shown = set(allowed) - ({"LPAR"} if {"OPERATOR", "COMMA"} & set(allowed) else set())
    texts = [text for terminal, text in words.items() if terminal in shown]
    return " or ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
