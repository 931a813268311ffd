"""Reads the text of a rule into an expression; nothing in it is ever evaluated as code."""

import functools
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from lark import Lark, Token, Transformer, UnexpectedToken, v_args

from tracker.alerts.rules.expression import And, Comparison, Crosses, Expression, Measure, Not, Or, depth
from tracker.alerts.rules.grammar import GRAMMAR
from tracker.alerts.rules.rule_error import OTHER_FORMS, RuleTextError, measure_list, unexpected
from tracker.alerts.rules.threshold import ever_holds, read_span, read_threshold, split_quantity
from tracker.alerts.rules.typed_number import read_number
from tracker.alerts.rules.vocabulary import BY_NAME, EXACT, JOINERS, OPERATORS, OPPOSITES, Argument, Unit, Word
from tracker.core.errors import did_you_mean
from tracker.core.market import OLD_CODES

MOST_CHARACTERS = 1_000
MOST_LEVELS = 20  # of and, or and not in each other
_CROSSABLE = (Unit.PRICE, Unit.RATE, Unit.SHARE)


def parse(text: str) -> Expression:
    """
    Return the expression that *text* states.

    Raises:
        RuleTextError: it cannot be read; a ConfigError that points at the place and says what is allowed there.
    """
    line = _one_line(text[: MOST_CHARACTERS + 1])
    if len(text) > MOST_CHARACTERS:
        raise _too_long(len(text), line)
    if not line.strip():
        raise RuleTextError(f"a rule is empty; expected e.g. price > 70000; measures are {measure_list()}", line, 0, 0)
    try:
        expression: Expression = _parser().parse(line)  # type: ignore[assignment]
    except UnexpectedToken as error:
        raise _syntax_error(error, line) from None
    except _Misplaced as error:
        raise RuleTextError(error.problem, line, error.start, error.end) from None
    if depth(expression) > MOST_LEVELS:
        problem = f"more than {MOST_LEVELS} levels of and, or and not in each other; use fewer parentheses"
        raise RuleTextError(problem, line, 0, len(line))
    if (written := len(str(expression))) > MOST_CHARACTERS:  # it is read back, too
        raise _too_long(written, line)
    return expression


def parse_level(text: str, measure: Measure) -> float:
    """
    Return the number that *text* means for *measure*, in the unit that a rule compares it with.

    Raises:
        RuleTextError: as parse does.
    """
    line = _one_line(text[: MOST_CHARACTERS + 1]).strip()
    try:
        return read_threshold(line, measure.word)
    except ValueError as error:
        raise RuleTextError(str(error), line, 0, len(line)) from None


def _too_long(characters: int, line: str) -> RuleTextError:
    problem = f"a rule of {characters:,} characters; at most {MOST_CHARACTERS:,} are read"
    return RuleTextError(problem, line, min(len(line) - 1, MOST_CHARACTERS), len(line))


class _Misplaced(Exception):
    """A token is of the grammar but means nothing; the text around it is added by ``parse``."""

    def __init__(self, problem: str, start: int, end: int) -> None:
        super().__init__(problem)
        self.problem, self.start, self.end = problem, start, end


@contextmanager
def _placed(token: Token) -> Iterator[None]:
    """Give a ValueError the place of *token*."""
    try:
        yield
    except ValueError as error:
        raise _at(token, str(error)) from None


def _at(token: Token, problem: str) -> _Misplaced:
    start = token.start_pos or 0
    return _Misplaced(problem, start, start + len(token))


@v_args(inline=True)
class _Builder(Transformer[Token, Expression]):
    """Makes expressions while the grammar recognises their parts, without recursion."""

    def measure(self, name: Token, argument: Token | None = None) -> Measure:
        word = _word(name)
        if argument is None and word.argument is Argument.NONE:
            return Measure(word.name)
        if argument is None or word.argument is Argument.NONE:
            raise _at(argument or name, _takes(word))
        if word.argument is Argument.PAIR:
            return Measure(word.name, pair=_pair(argument, word))
        if argument.type != "VALUE":
            raise _at(argument, _takes(word))
        with _placed(argument):
            return Measure(word.name, span=read_span(argument))

    def comparison(self, measure: Measure, operator: Token, value: Token) -> Comparison:
        word = measure.word
        if operator in EXACT and word.unit is not Unit.RANK:
            level = f"; for a level: crosses({word.pattern}, …)" if word.unit in _CROSSABLE else ""
            raise _at(operator, f"{operator} is for ranks only; type >= or <={level}")
        with _placed(value):
            threshold = read_threshold(value, word)
        if not ever_holds(operator, threshold, word):
            side = "below" if operator == "<" else "above"
            raise _at(value, f"{word.written} is never {side} {value}; type {operator}= {value}")
        if not ever_holds(OPPOSITES[operator], threshold, word):
            side = "least" if operator == ">=" else "most"
            raise _at(value, f"{word.written} is always at {side} {value}; type {operator[0]} {value}")
        return Comparison(measure, str(operator), threshold)

    def crossing(self, name: Token, measure: Measure, value: Token) -> Crosses:
        word = measure.word
        if word.unit not in _CROSSABLE or word.always_told:
            raise _at(name, f"crosses takes no {word.written}; type {word.example}")
        with _placed(value):
            return Crosses(measure, read_threshold(value, word))

    def both(self, *parts: Expression) -> Expression:
        return And(parts)

    def either(self, *parts: Expression) -> Expression:
        return Or(parts)

    def negation(self, part: Expression) -> Expression:
        return Not(part)


def _word(name: Token) -> Word:
    """Return the measure that *name* names; the case of its letters does not matter, and a hyphen is as good."""
    plain = name.lower().replace("-", "_")
    if plain in OTHER_FORMS:
        raise _at(name, f"type {OTHER_FORMS[plain]}")
    if plain not in BY_NAME:
        words = [*BY_NAME, *(joiner for joiner in JOINERS if joiner.isalpha())]
        suggestion = did_you_mean(plain, words) or f"measures are {measure_list()}"
        raise _at(name, f"no measure has this name; {suggestion}")
    return BY_NAME[plain]


def _pair(argument: Token, word: Word) -> tuple[str, str]:
    if argument.type != "PAIR":
        raise _at(argument, _takes(word))
    base, quote = (OLD_CODES.get(code, code) for code in argument.upper().replace(" ", "").split("/"))
    if base == quote:
        raise _at(argument, f"two different currencies are needed: type {word.pattern}")
    return base, quote


class _TokenChecks:
    """Checks names and numbers as they are read, so that the first mistake of a rule is reported, not a later one."""

    always_accept = ("OTHER",)  # no rule has it; the lexer keeps it, so that every sign is some token

    def process(self, tokens: Iterator[Token]) -> Iterator[Token]:
        """Yield *tokens*. Raises _Misplaced for an unknown name and an unclear number."""
        before = ["", ""]
        for token in tokens:
            if token.type == "NAME" and before[1] == "(" and before[0].lower() in BY_NAME:
                raise _at(token, _takes(BY_NAME[before[0].lower()]))
            if token.type == "NAME" and before[1] in OPERATORS and token.lower().replace("-", "_") not in BY_NAME:
                raise _at(token, "expected a number, e.g. 70000, 2% or 60s")
            if token.type == "NAME":
                _word(token)
            elif token.type == "VALUE":
                _check_number(token)
            before = [before[1], str(token)]
            yield token


def _check_number(token: Token) -> None:
    number, unit = split_quantity(token)
    start = token.start_pos or 0
    try:
        read_number(number)
    except ValueError as error:
        raise _Misplaced(str(error), start, start + len(number)) from None
    if suggestion := did_you_mean(unit.lower(), ("and", "or")):
        end = start + len(token)
        raise _Misplaced(f"it is no unit; {suggestion}", end - len(unit), end)


def _takes(word: Word) -> str:
    """Return what stands in parentheses after *word*, and what to type."""
    what = {Argument.NONE: "nothing in parentheses", Argument.SPAN: "a span", Argument.PAIR: "two currencies"}
    return f"{word.written} takes {what[word.argument]}: type {word.pattern}"


@functools.cache
def _parser() -> Lark:
    """Return the parser; names and numbers are checked as they are read, so that the first mistake is reported."""
    return Lark(GRAMMAR, parser="lalr", lexer="basic", transformer=_Builder(), postlex=_TokenChecks())


def _syntax_error(error: UnexpectedToken, line: str) -> RuleTextError:
    allowed = {terminal.removeprefix("_") for terminal in error.accepts}
    token, read = error.token, error.interactive_parser.parser_state.value_stack
    is_argument = "PAIR" in allowed
    name = read[-2] if is_argument else read[-1] if read else None  # of a measure, if one goes before
    if isinstance(name, Token) and name.type == "NAME":
        word = _word(name)
        if is_argument or word.argument is not Argument.NONE:
            last = token if is_argument and token.type == "RPAR" else name  # of what is to be typed anew
            return RuleTextError(_takes(word), line, name.start_pos or 0, (last.start_pos or 0) + len(last))
    if token.type == "$END":
        end = len(line.rstrip())
        return RuleTextError(f"the rule ends here; {unexpected('$END', '', allowed)}", line, end, end)
    start = token.start_pos or 0
    return RuleTextError(unexpected(token.type, str(token), allowed), line, start, start + len(token))


def _one_line(text: str) -> str:
    """
    Return *text* with each blank as one space, so that places stay.

    Raises:
        RuleTextError: it has a sign that cannot be seen.
    """
    line = "".join(" " if sign in "\t\r\n" or unicodedata.category(sign) == "Zs" else sign for sign in text)
    for place, sign in enumerate(line):
        if not sign.isprintable():
            problem = f"U+{ord(sign):04X} cannot be seen; delete it and type the rule anew there"
            raise RuleTextError(problem, re.sub(r"[^ -~]", "?", line), place, place + 1)
    return line
