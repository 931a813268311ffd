"""
Finds the tables of an array in the text of a TOML file, so that one is edited and the rest stays as it is.

tomlkit would write a table that stands apart beside the others, and takes a comment above the next table for a part
of the one before; so it only gets the text of one table.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"{3,5}'  # a quote may stand before the three that end it
    r"|'''[\s\S]*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}\n]"
    r"|[^\"'#\[\]{}\n]+"
)


@dataclass(frozen=True, slots=True)
class Block:
    """
    Where a table is in a text.

    Attributes:
        start: of its header.
        end: after the line of its last key.
        after: where the next table may begin: after *end*, and after comments directly below it that end in an empty
            line, as they are about this table.
    """

    start: int
    end: int
    after: int


def table_blocks(text: str, name: str) -> list[Block]:
    """Return the tables ``[[name]]`` of *text*, which is valid TOML, in their order."""
    blocks: list[Block] = []
    is_inside = is_adjacent = False  # within the last of *blocks*; and nothing but comments since its last key
    for start, end in _statements(text):
        statement = text[start:end].strip()
        if statement.startswith("["):
            if is_adjacent:  # the comments since are about the table that begins
                blocks[-1] = replace(blocks[-1], after=blocks[-1].end)
            is_inside = is_adjacent = tomllib.loads(statement).get(name) == [{}]
            if is_inside:
                blocks.append(Block(start, end, end))
        elif not statement:
            is_adjacent = False
        elif statement.startswith("#"):
            if is_adjacent:
                blocks[-1] = replace(blocks[-1], after=end)
        elif is_inside:
            blocks[-1] = Block(blocks[-1].start, end, end)
            is_adjacent = True
    return blocks


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each header, key with its value, comment and empty line of *text*, line ends included."""
    start = depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
        elif token[0] == "\n" and depth == 0:
            yield start, token.end()
            start = token.end()
    if start < len(text):
        yield start, len(text)
