"""Where the tables of an array are in a TOML text, whatever values and comments look like tables."""

import tomllib

import pytest

from tracker.runtime.toml_blocks import _statements, table_blocks

RULE = '[[rules]]\nname = "a"\n'

ODD = r'''
title = "[[rules]] \" # no comment"  # [[rules]]
path = 'C:\'  # the backslash escapes nothing
empty = ""
quotes = """"one"""" # a quote "[" at each end
lines = """
[[rules]]
name = "in a text \"""
"""
literal = \'\'\'
[[rules]] \'\'\'\'
short = \'\'\'a\'\'\'\'  # isn\'t [ a list
list = [
    "]",  # ]
    [ "[[rules]]" ],
]
table = { a = "}", b = [1] }
[other."[[rules]]".'x]']
[[rules.deep]]
'''.replace("\\'", "'")


def parts(text, **options):
    return [(text[block.start : block.end], text[block.end : block.after]) for block in table_blocks(text, "rules")]


def test_a_table_ends_with_its_last_key_and_comments_below_it_belong_to_it_before_an_empty_line():
    assert parts(RULE) == [(RULE, "")]
    assert parts(f"{RULE}\n# about what follows\n[x]\n") == [(RULE, "")]
    assert parts(f"{RULE}# about it\n# too\n\n# about what follows\n") == [(RULE, "# about it\n# too\n")]
    assert parts(f"{RULE}# at the end") == [(RULE, "# at the end")]
    assert parts(f"{RULE}# about what follows\n{RULE}") == [(RULE, ""), (RULE, "")]


def test_comments_and_empty_lines_between_keys_are_inside():
    text = '[[rules]] # first\n\n# why\nname = "a"\n\nmarket = [\n  # all\n  "*",\n]\n'
    assert parts(f"a = 1\n{text}\n") == [(text, "")]
    assert parts("[[rules]]") == [("[[rules]]", "")]


def test_tables_may_stand_apart_and_be_written_in_other_ways():
    text = f'{RULE}[x]\nname = 1\n  [[ "rules" ]]\nname = "b"\n[[others]]\nname = 1\n[[x.rules]]\nname = 2'
    assert parts(text) == [(RULE, ""), ('  [[ "rules" ]]\nname = "b"\n', "")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_nothing_in_a_value_or_a_comment_is_taken_for_a_table(end):
    text = ODD.partition("[[rules.deep]]")[0].replace("\n", end)
    assert tomllib.loads(text)["quotes"] == '"one"'
    assert parts(text) == []
    rule = RULE.replace("\n", end)
    assert parts(text + rule) == [(rule, "")]
    assert parts(rule + text) == [(rule + text.rpartition("[other")[0], "")]


def test_statements_are_the_whole_text_in_pieces():
    text = ODD + RULE + "# end"
    pieces = [text[start:end] for start, end in _statements(text)]
    assert "".join(pieces) == text
    keys = [piece.split()[0] for piece in pieces if piece.strip()]
    tables = ["[other.\"[[rules]]\".'x]']", "[[rules.deep]]", "[[rules]]", "name", "#"]
    assert keys == ["title", "path", "empty", "quotes", "lines", "literal", "short", "list", "table", *tables]
