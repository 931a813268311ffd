"""The grammar of rules, in the notation of lark."""

from tracker.alerts.rules.typed_number import NUMBER_PATTERN
from tracker.alerts.rules.vocabulary import BY_NAME, JOINERS

# What follows a number is its unit, unless it is a word of the language or has parentheses.
_WORDS = "|".join(sorted({*BY_NAME, *filter(str.isalpha, JOINERS)} - {"min"}))  # 10 min are minutes
_UNIT = rf"%|‰|[€$£¥]|(?!(?:{_WORDS})\b)[a-z][a-z0-9]*\b(?! *\()"

# OTHER is in no rule: it makes every sign some token.
GRAMMAR = r"""
    ?start: either
    ?either: both (_OR both)*
    ?both: negated (_AND negated)*
    ?negated: _NOT negated -> negation
            | comparison
            | crossing
            | "(" either ")"
    comparison: measure OPERATOR VALUE
    crossing: CROSSES "(" measure "," VALUE ")"
    measure: NAME ["(" (VALUE | PAIR) ")"]

    _AND.3: /and\b/i
    _OR.3: /or\b/i
    _NOT.3: /not\b/i
    CROSSES.3: /crosses\b/i
    PAIR.2: /[a-z][a-z0-9]{1,9} *\/ *[a-z0-9]{2,10}\b/i
    NAME.1: /[a-z_][a-z0-9_]*(?:-[a-z_][a-z0-9_]*)*/i
    OPERATOR.1: /[<>]=|[=!]=(?!=)|[<>](?![=>])/
    VALUE.1: /NUMBER(?: *(?:UNIT))?/i
    OTHER.-1: /===|[=<>&|!~]+|./
    %ignore / +/
""".replace("NUMBER", NUMBER_PATTERN).replace("UNIT", _UNIT)
