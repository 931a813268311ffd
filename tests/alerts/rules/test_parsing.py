"""The text of a rule: read, or refused at the place of the mistake with what is allowed there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.alerts.rules.expression import And, Comparison, Crosses, Measure, Not, Or
from tracker.alerts.rules.parsing import MOST_CHARACTERS, MOST_LEVELS, parse, parse_level
from tracker.alerts.rules.rule_error import RuleTextError
from tracker.alerts.rules.vocabulary import BY_NAME, OPERATORS
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.errors import ConfigError

PRICE = Measure("last_price")
FIVE_MINUTES = Comparison(Measure("change", 5 * MINUTE), ">", 0.01)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("price > 70000", Comparison(PRICE, ">", 70_000)),
        ("change(10m) < -2%", Comparison(Measure("change", 10 * MINUTE), "<", -0.02)),
        ("std(24h) > 500", Comparison(Measure("standard_deviation", DAY), ">", 500)),
        ("relative_std(1h) > 1%", Comparison(Measure("relative_standard_deviation", HOUR), ">", 0.01)),
        ("volatility(24h) > 80%", Comparison(Measure("realised_volatility", DAY), ">", 0.8)),
        ("drawdown(24h) > 5%", Comparison(Measure("drawdown", DAY), ">", 0.05)),
        ("rank(24h) == 1", Comparison(Measure("rank", DAY), "==", 1)),
        ("age > 60s", Comparison(Measure("age"), ">", MINUTE)),
        ("coverage(1h) < 90%", Comparison(Measure("coverage", HOUR), "<", 0.9)),
        ("crosses(price, 70000)", Crosses(PRICE, 70_000)),
        ("crosses(price,70000)", Crosses(PRICE, 70_000)),
        ("crosses(change(5m),-1%)", Crosses(FIVE_MINUTES.measure, -0.01)),
        ("implied(EUR/USD) > 1.2", Comparison(Measure("implied", pair=("EUR", "USD")), ">", 1.2)),
        ("coverage(1h) >= 100%", Comparison(Measure("coverage", HOUR), ">=", 1.0)),
        ("change(1h) > 100%", Comparison(Measure("change", HOUR), ">", 1.0)),
        ("age < 1ms", Comparison(Measure("age"), "<", 1)),
        ("not price >= 5", Not(Comparison(PRICE, ">=", 5))),
        ("price > 5\n\tor\N{NO-BREAK SPACE}price<3", Or((Comparison(PRICE, ">", 5), Comparison(PRICE, "<", 3)))),
        ("Age>60s AND(price>=5)", And((Comparison(Measure("age"), ">", MINUTE), Comparison(PRICE, ">=", 5)))),
        ("change(5 min) > 1%and age>60s", And((FIVE_MINUTES, Comparison(Measure("age"), ">", MINUTE)))),
    ],
)
def test_a_rule_is_read(text, expression):
    assert parse(text) == expression


ALL = "expected a measure (price, change(24h), mean(24h), low(24h), high(24h), std(24h), relative_std(24h), "
# The place of the mistake is between the bars.
REFUSED = [
    # numbers
    ("price > |70.000|", "70.000 could mean 70 or 70,000; which? type 70 or 70000"),
    ("price > 5 and price < |70,000|", "70,000 could mean 70 or 70,000; which? type 70 or 70000"),
    ("crosses(price,|15.300|)", "15.300 could mean 15.3 or 15,300; which? type 15.3 or 15300"),
    ("price > |,|5", "expected a number, e.g. 70000, 2% or 60s"),
    ("crosses(price, |15.300|)", "15.300 could mean 15.3 or 15,300; which? type 15.3 or 15300"),
    ("price > |70 000|", "70 000 is not in the form of numbers here; type 70000"),
    ("price > |1e5|", "1e5 is not in the form of numbers here; type 100000"),
    ("price > |70k|", "such as 70000: type 70000"),
    ("change(10m) > |0.02|", "0.02 could mean 2 % or 0.02 %; which? type 2% or 0.02%"),
    ("price > |€|70000", "prices are in the market's quote currency: leave the sign out"),
    ("price > |–|5", "type -"),
    # measures and what stands in parentheses
    ("|prise| > 5", "no measure has this name; did you mean 'price'?"),
    ("price > 5 or |volatilty|(1h) > 5%", "did you mean 'volatility'?"),
    ("price > 5 |foo|(24h) > 6", "no measure has this name; measures are price, change(24h), "),
    ("|__import__|('os')", "no measure has this name; measures are price, change(24h), "),
    ("|change| > 2%", "change takes a span: type change(24h)"),
    ("|change| -2%", "change takes a span: type change(24h)"),
    ("price > 5 and |std|", "std takes a span: type std(24h)"),
    ("change(|10|) > 2%", "10 has no unit; a span is a number with a unit (s, min, h, d, y), such as 24h"),
    ("change(|1ms|) > 2%", "1ms is too short; a span is from 1s to 100y"),
    ("change(|999y|) > 2%", "999y is out of range"),
    ("change(|EUR/USD|) > 2%", "change takes a span: type change(24h)"),
    ("|change()| > 2%", "change takes a span: type change(24h)"),
    ("|implied|(", "implied takes two currencies: type implied(EUR/USD)"),
    ("crosses(|std|)", "std takes a span: type std(24h)"),
    ("|price()| > 5", "price takes nothing in parentheses: type price"),
    ("price(|24h|) > 5", "price takes nothing in parentheses: type price"),
    ("age(|24h|) > 5s", "age takes nothing in parentheses: type age"),
    ("|implied| > 1.2", "implied takes two currencies: type implied(EUR/USD)"),
    ("implied(|24h|) > 1.2", "implied takes two currencies: type implied(EUR/USD)"),
    ("implied(|EURUSD|) > 1.2", "implied takes two currencies: type implied(EUR/USD)"),
    ("implied(|BTC/xbt|) > 1.2", "two different currencies are needed: type implied(EUR/USD)"),
    # comparisons
    ("price |=| 5", "type >= or <=; == is for ranks"),
    ("price |==| 5", "== is for ranks only; type >= or <=; for a level: crosses(price, …)"),
    ("age |!=| 5s", "!= is for ranks only; type >= or <="),
    ("price |≥| 5", "type >="),
    ("price |<>| 5", "type < or >; != is for ranks"),
    ("price |===| 5", "type >= or <=; == is for ranks"),
    ("price |=>| 5", "type >="),
    ("price |above| 5", "type >"),
    ("|70000| < price", "a rule names the measure first, then the number, e.g. price > 70000"),
    ("coverage(1h) > |100%|", "coverage is never above 100%; type >= 100%"),
    ("drawdown(24h) < |0|", "drawdown is never below 0; type <= 0"),
    ("change(1h) < |-100 %|", "change is never below -100 %; type <= -100 %"),
    ("rank(24h) < |1|", "rank is never below 1; type <= 1"),
    ("rank(24h) >= |1|", "rank is always at least 1; type > 1"),
    ("drawdown(24h) >= |0|", "drawdown is always at least 0; type > 0"),
    ("not coverage(1h) <= |100 %|", "coverage is always at most 100 %; type < 100 %"),
    ("price > 3 |<| 5", "join two comparisons by and, e.g. price > 60000 and price < 70000"),
    ("price > |mean|(24h)", "a measure is compared with a number, not with another measure"),
    ("price > 2 |*| 5", "expected 'and', 'or' or the end of the rule"),
    ('price > |"|5"', "expected a number, e.g. 70000, 2% or 60s"),
    ("price |5|", "expected one of > >= < <= == !="),
    ("price| |", "the rule ends here; expected one of > >= < <= == !="),
    ("price > |NaN|", "expected a number, e.g. 70000, 2% or 60s"),
    ("age < |inf| and price > 5", "expected a number, e.g. 70000, 2% or 60s"),
    ("change(|1M|) > 2%", "1M could mean a minute or a month; which? type 1min or 30d"),
    ("price >||", "the rule ends here; expected a number, e.g. 70000, 2% or 60s"),
    # crossings
    ("|crosses|(age, 60s)", "crosses takes no age; type age > 60s"),
    ("|crosses|(rank(24h), 1)", "crosses takes no rank; type rank(24h) == 1"),
    ("|crosses|(coverage(1h), 90%)", "crosses takes no coverage; type coverage(1h) < 90%"),
    ("crosses(price|)|", "expected a comma and a level, e.g. crosses(price, 70000)"),
    ("price |crosses| 5", "crosses stands before its measure, e.g. crosses(price, 70000)"),
    ("crosses(price, 5|,|)", "expected ')'"),
    # joining
    ("price > 5 |&&| price < 9", "type and"),
    ("price > 5 |adn| price < 9", "it is no unit; did you mean 'and'?"),
    ("price > 5 |price| < 9", "expected 'and', 'or' or the end of the rule"),
    ("|!|price > 5", "type not"),
    ("|and| price > 5", ALL),
    ("not||", f"the rule ends here; {ALL}"),
    ("(price > 5||", "the rule ends here; expected ')'"),
    ("price > 5|)|", "it closes no parenthesis"),
    ("(|)|", ALL),
    # what cannot be seen, and too much of all
    ("price|\N{RIGHT-TO-LEFT OVERRIDE}| > 5", "U+202E cannot be seen"),
    ("price|\x00| > 5", "U+0000 cannot be seen"),
    ("|" + "not " * (MOST_LEVELS + 1) + "price > 5|", f"more than {MOST_LEVELS} levels of and, or and not"),
    ("||", "a rule is empty; expected e.g. price > 70000; measures are price, change(24h), "),
    ("|| \n ", "a rule is empty"),
]


@pytest.mark.parametrize(("marked", "words"), REFUSED)
def test_a_mistake_is_refused_at_its_place_with_what_is_allowed_there(marked, words):
    before, place, after = marked.split("|")
    with pytest.raises(RuleTextError) as error:
        parse(before + place + after)
    refusal = error.value
    assert words in refusal.problem
    assert isinstance(refusal, ConfigError)
    assert (refusal.start, refusal.end) == (len(before), len(before) + len(place.rstrip(" ")))


def test_the_first_mistake_is_reported_though_the_grammar_fails_later():
    for text in ("prise > 5 and (", "prise 5", "price > 5.000 (", "price > 70.000 adn price"):
        with pytest.raises(RuleTextError) as error:
            parse(text)
        assert error.value.end <= 14, text


def test_a_rule_is_read_up_to_the_limit_as_typed_and_as_written_out():
    assert len(parse(" or ".join(["price > 5"] * 76)).parts) == 76
    blanks, dense = " " * MOST_CHARACTERS + "price > 5", "(price>5)or" * 83 + "(age>5s)"
    assert len(dense) < MOST_CHARACTERS
    for text in (blanks, dense):
        with pytest.raises(RuleTextError, match=r"a rule of 1,\d\d\d characters; at most 1,000 are read"):
            parse(text)


def test_parentheses_may_be_as_many_as_fit():
    assert parse("(" * 400 + "price > 5" + ")" * 400) == parse("price > 5")
    assert parse("not " * MOST_LEVELS + "price > 5")


def test_the_message_says_where_and_quotes_only_the_place():
    with pytest.raises(ConfigError) as error:
        parse("price > 5 and price < 70.000")
    assert str(error.value) == ("at '70.000' (column 23): 70.000 could mean 70 or 70,000; which? type 70 or 70000")


def test_carets_point_at_the_place_in_a_part_of_a_long_rule():
    with pytest.raises(RuleTextError) as error:
        parse("price > 5 and prise < 7")
    assert error.value.pointed() == "price > 5 and prise < 7\n              ^^^^^"
    with pytest.raises(RuleTextError) as error:
        parse("price > 5 or " * 30 + "prise > 5 or price > 6" + " or price > 5" * 9)
    shown, carets = error.value.pointed().split("\n")
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 80
    assert shown[carets.index("^") : len(carets)] == "prise"
    with pytest.raises(RuleTextError) as error:
        parse("price >")
    assert error.value.pointed() == "price >\n       ^"


def test_a_level_is_read_in_the_unit_of_its_measure():
    assert parse_level(" 69000 ", PRICE) == 69_000
    assert parse_level("−1.5 %", Measure("change", HOUR)) == -0.015
    for text in ("69.000", "5%", "", "price", "1" * 2000, "7\x00"):
        with pytest.raises(RuleTextError):
            parse_level(text, PRICE)


def refusal(text):
    """Return the error of *text*; None if it is read."""
    try:
        parse(text)
    except RuleTextError as error:
        return error
    return None


PIECES = [
    *BY_NAME,
    *OPERATORS,
    *("and", "or", "not", "crosses", "(", ")", ",", " ", "24h", "5", "70000", "2%", "60s", "EUR/USD"),
    *(".", "=", "−", "70.000", "\n", "é", "e5", "_", "'", "/", "%", "min", "€", "\x07", "İ", "ſ"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused_at_a_place_in_it(text):
    error = refusal(text)
    if error is None:
        assert parse(str(parse(text))) == parse(text)
    else:
        assert 0 <= error.start <= error.end <= len(text)
        assert error.problem
        assert str(error).isprintable()
        assert error.pointed().count("\n") == 1
