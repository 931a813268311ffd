"""Errors about names that were typed, beside other mistakes in the settings."""

import pytest

from tracker.commands.options import unknown_channel, unknown_rule

FILE = "/srv/tracker.toml"


@pytest.mark.parametrize(
    ("problem", "is_about_it"),
    [
        ("rule 'high': markt: unknown key 'markt'", True),
        ("rule no. 2: name is missing", True),
        ("rules: expected a list of tables", True),
        ("channels: expected a table", True),
        ("rule 'highest': markt: unknown key 'markt'", False),
        ("channels.high: not an address", False),
    ],
)
def test_what_keeps_a_rule_from_being_read_is_said_in_place_of_that_there_is_none(problem, is_about_it):
    problems = (f"{FILE}: rule 'other': when: wrong", f"{FILE}: {problem}")
    expected = problems[1] if is_about_it else "no rule 'high'; there are low"
    assert str(unknown_rule("high", ["low"], problems)) == expected


@pytest.mark.parametrize(
    ("problem", "is_about_it"),
    [
        ("channels.ops: not an address", True),
        ("channels.ops.base: not a base address", True),
        ("channels: expected a table", True),
        ("channels.ops2: not an address", False),
        ("rule 'ops': when: wrong", False),
    ],
)
def test_what_keeps_a_channel_from_being_read_is_said_in_place_of_that_there_is_none(problem, is_about_it):
    expected = f"{FILE}: {problem}" if is_about_it else "no channel 'ops'; type one"
    assert str(unknown_channel("ops", [], (f"{FILE}: {problem}",), "type one")) == expected
