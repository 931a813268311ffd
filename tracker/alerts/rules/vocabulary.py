"""The words of the rule language, as data: the parser, its errors and the documentation take them from here."""

from dataclasses import dataclass
from enum import StrEnum

from tracker.core.durations import LONGEST, SECOND
from tracker.core.measures import MEASURES, SHORT_FORMS
from tracker.core.parsing import LARGEST, SMALLEST

SHORTEST_SPAN = SECOND  # ms; the longest is LONGEST
MOST_RANKS = 10_000


class Argument(StrEnum):
    """What stands in parentheses after a measure."""

    NONE = "none"
    SPAN = "span"
    PAIR = "pair"


class Unit(StrEnum):
    """What a measure is compared with."""

    PRICE = "price"  # a number, in the market's quote currency
    RATE = "rate"  # a number, the price of one currency in another
    SHARE = "share"  # a number with %; 2 % is 0.02 in code, as in MEASURES
    DURATION = "duration"  # a number with a unit of time; ms in code
    RANK = "rank"  # a whole number from 1


@dataclass(frozen=True, slots=True)
class Word:
    """
    A measure that rules can name.

    Attributes:
        name: its full name; that of MEASURES where it is one of these.
        short_forms: other names, the one that rules are written with first.
        lowest, highest: what it can be compared with.
        always_told: it states a number also where prices are missing or doubtful, as that is what it measures.
        example: a whole rule.
        sentence: what it measures, for people.
    """

    name: str
    short_forms: tuple[str, ...]
    argument: Argument
    unit: Unit
    lowest: float
    highest: float
    always_told: bool
    example: str
    sentence: str

    @property
    def written(self) -> str:
        """The name that rules are written with."""
        return self.short_forms[0] if self.short_forms else self.name

    @property
    def pattern(self) -> str:
        """The name with an example of what stands in parentheses: ``std(24h)``."""
        return self.written + {"none": "", "span": "(24h)", "pair": "(EUR/USD)"}[self.argument]


# Name in MEASURES -> argument, lowest and highest threshold, example.
_OF_THE_TABLE: dict[str, tuple[Argument, float, float, str]] = {
    "last_price": (Argument.NONE, SMALLEST, LARGEST, "price > 70000"),
    "change": (Argument.SPAN, -1, LARGEST, "change(10m) < -2%"),
    "mean": (Argument.SPAN, SMALLEST, LARGEST, "mean(24h) < 65000"),
    "minimum": (Argument.SPAN, SMALLEST, LARGEST, "low(7d) < 60000"),
    "maximum": (Argument.SPAN, SMALLEST, LARGEST, "high(7d) > 80000"),
    "standard_deviation": (Argument.SPAN, 0, LARGEST, "std(24h) > 500"),
    "relative_standard_deviation": (Argument.SPAN, 0, LARGEST, "relative_std(1h) > 1%"),
    "realised_volatility": (Argument.SPAN, 0, LARGEST, "volatility(24h) > 80%"),
    "drawdown": (Argument.SPAN, 0, 1, "drawdown(24h) > 5%"),
}


def _of_the_table(name: str) -> Word:
    argument, lowest, highest, example = _OF_THE_TABLE[name]
    short_forms = tuple(short for short, full in SHORT_FORMS.items() if full == name)
    unit = Unit.PRICE if MEASURES[name].unit == "quote" else Unit.SHARE
    return Word(name, short_forms, argument, unit, lowest, highest, False, example, MEASURES[name].help)


WORDS: dict[str, Word] = {
    word.name: word
    for word in (
        *map(_of_the_table, MEASURES),
        Word(
            name="rank",
            short_forms=(),
            argument=Argument.SPAN,
            unit=Unit.RANK,
            lowest=1,
            highest=MOST_RANKS,
            always_told=False,
            example="rank(24h) == 1",
            sentence="Place among the markets by relative standard deviation; 1 is the calmest.",
        ),
        Word(
            name="age",
            short_forms=(),
            argument=Argument.NONE,
            unit=Unit.DURATION,
            lowest=1,
            highest=LONGEST,
            always_told=True,
            example="age > 60s",
            sentence="How long ago the newest price is from; it grows while the data stops.",
        ),
        Word(
            name="coverage",
            short_forms=(),
            argument=Argument.SPAN,
            unit=Unit.SHARE,
            lowest=0,
            highest=1,
            always_told=True,
            example="coverage(1h) < 90%",
            sentence="The share of the span's time that prices cover.",
        ),
        Word(
            name="implied",
            short_forms=(),
            argument=Argument.PAIR,
            unit=Unit.RATE,
            lowest=SMALLEST,
            highest=LARGEST,
            always_told=False,
            example="implied(EUR/USD) > 1.2",
            sentence="What one unit of the first currency costs in the second, by way of bitcoin's prices in both.",
        ),
    )
}

BY_NAME: dict[str, Word] = {name: word for word in WORDS.values() for name in (word.name, *word.short_forms)}


@dataclass(frozen=True, slots=True)
class Joiner:
    """A word or sign of the language that is no measure."""

    name: str
    example: str
    sentence: str


JOINERS: dict[str, Joiner] = {
    joiner.name: joiner
    for joiner in (
        Joiner(">", "price > 70000", "Is above."),
        Joiner(">=", "price >= 70000", "Is above or at."),
        Joiner("<", "price < 70000", "Is below."),
        Joiner("<=", "price <= 70000", "Is below or at."),
        Joiner("==", "rank(24h) == 1", "Is; for ranks only, as other measures hardly ever equal a number."),
        Joiner("!=", "rank(24h) != 1", "Is not; for ranks only."),
        Joiner(
            "crosses",
            "crosses(price, 70000)",
            "Reached the level, or went past it, since the row before, from either side; holds for that row alone.",
        ),
        Joiner("and", "price > 70000 and coverage(1h) > 90%", "Both hold; joins before or."),
        Joiner("or", "price > 70000 or price < 60000", "At least one holds."),
        Joiner("not", "not rank(24h) == 1", "Holds where the next part does not."),
        Joiner("()", "price > 70000 and (rank(24h) == 1 or change(1h) > 2%)", "What is inside is joined first."),
    )
}
OPERATORS = (">", ">=", "<", "<=", "==", "!=")
EXACT = ("==", "!=")  # operators for ranks only
OPPOSITES = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
