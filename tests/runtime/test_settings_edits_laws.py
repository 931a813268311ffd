"""Laws of edits: whatever the text and their sequence, comments and all other values stay."""

import re
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracker.runtime.settings_edits import add_rule, change_rule, remove_rule

NAMES = ["EUR drops", 'a "b"', "[[rules]]", "# c", "é\\"]
CONDITIONS = ["price > 1", "change(1h) < -2%", "[[rules]] # \"'"]
KEYS = {
    "when": st.sampled_from(CONDITIONS),
    "for": st.sampled_from(["30s", "1h"]),
    "once": st.booleans(),
    "rearm": st.integers(1, 9),
    "notify": st.lists(st.sampled_from(["ops", "family"]), max_size=2, unique=True),
}
OPTIONS = st.fixed_dictionaries({}, optional=KEYS)
OTHERS = [
    '[channels]\nops = "env:A" {}\n',
    '[exchanges.kraken]\n{}\nurl = """\n[[rules]]\n# no comment\n"""\n',
    '[[markets]] {}\nname = "kraken:BTC/EUR"\n',
    "[[markets]]\nsources = [\n  {}\n  'kraken',\n]\n",
]


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, dict[str, set[str]]]:
    """Return a text with numbered comments, and which of them are within each rule."""
    comments = iter(range(1000))
    inside: dict[str, set[str]] = {}

    def comment() -> str:
        return f"# c{next(comments)}c" if draw(st.booleans()) else ""

    pieces = [f"{comment()}\nspan = '1h' {comment()}\n"]
    names = draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))
    others = list(OTHERS)
    for name in names:
        above, header, within, beside = comment(), comment(), comment(), comment()
        inside[name] = {text for text in (header, within, beside) if text}
        typed = name.replace("\\", "\\\\").replace('"', '\\"')
        pieces.append(f'{above}\n[[rules]] {header}\nname = "{typed}"\n{within}\nwhen = "price > 1" {beside}\n')
        pieces.append(draw(st.sampled_from(["", "\n", "\n\n"])) + comment() + "\n")
        if others and draw(st.booleans()):
            # Each once: a table may not be there twice, nor keys of one be given to another.
            pieces.append(others.pop(0).replace("{}", comment()))
    end = draw(st.sampled_from(["", "\n", comment()]))
    text = "".join(pieces) + end
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))), inside


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["add", "change", "remove"]), st.sampled_from(NAMES), OPTIONS, st.sets(st.sampled_from([*KEYS]))
    ),
    max_size=5,
)


def comments_of(text: str) -> list[str]:
    return re.findall(r"# c\d+c", text)


def apply(
    text: str, rules: list[dict[str, Any]], edit: str, name: str, options: dict[str, Any], dropped: set[str]
) -> tuple[str, list[dict[str, Any]]]:
    """Make an edit that is possible, in *text* and in the plain *rules*."""
    known = [rule["name"] for rule in rules]
    if name not in known:
        rule = {"name": name, "market": "kraken:BTC/EUR", "when": "price > 1", **options}
        return (add_rule(text, rule), [*rules, rule]) if edit == "add" else (text, rules)
    place = known.index(name)
    if edit == "remove":
        return remove_rule(text, name), [*rules[:place], *rules[place + 1 :]]
    if edit == "change":
        changes = dict.fromkeys(dropped - {"when"}) | options
        changed = {key: value for key, value in {**rules[place], **changes}.items() if value is not None}
        return change_rule(text, name, changes), [*rules[:place], changed, *rules[place + 1 :]]
    return text, rules


@given(start=texts(), edits=EDITS)
def test_any_edits_change_the_rules_they_name_and_keep_all_comments_and_other_values(start, edits):
    text, inside = start
    before = tomllib.loads(text)
    rules, kept = before.get("rules", []), comments_of(text)
    for edit in edits:
        text, rules = apply(text, rules, *edit)
        if edit[0] == "remove":
            removed = inside.pop(edit[1], set())
            kept = [comment for comment in kept if comment not in removed]
        content = tomllib.loads(text)
        assert content.pop("rules", []) == rules
        assert content == {key: value for key, value in before.items() if key != "rules"}
        assert sorted(comments_of(text)) == sorted(kept)
        assert comments_of(text) == kept, "in their order"


@given(start=texts(), options=OPTIONS)
def test_lines_that_are_not_of_the_rule_stay_as_they_were_typed(start, options):
    text, _ = start
    lines = iter(add_rule(text, {"name": "new", "market": "*", "when": "price > 1", **options}).splitlines())
    assert all(line in lines for line in text.splitlines()), "each, in their order"
    for name in [rule["name"] for rule in tomllib.loads(text).get("rules", [])]:
        lines = iter(text.splitlines())
        assert all(line in lines for line in remove_rule(text, name).splitlines() if line)
