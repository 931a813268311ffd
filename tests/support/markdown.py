"""The Markdown pages of the project, and what tests read from them: sections, tables, code, links."""

import re
from pathlib import Path

from tests.support.checkout import ROOT, read

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data").glob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
    ]
)
IDS = [path.relative_to(ROOT).as_posix() for path in PAGES]

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")


def section(page: str, heading: str) -> str:
    """Return the text of *page* from *heading* to the next heading of the same or a higher level."""
    level = heading.partition(" ")[0]
    text = read(page)
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    end = re.search(rf"^#{{1,{len(level)}}} ", text[start:], re.MULTILINE)
    return text[start : start + end.start()] if end else text[start:]


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table in *text*, row by row, without heads and rulers."""
    cells = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        is_head = number + 1 < len(lines) and re.match(r"\| *:?-", lines[number + 1])
        if line.startswith("|") and not is_head and not re.match(r"\| *:?-", line):
            cells.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return cells


def table(text: str) -> dict[str, list[str]]:
    """Return the rows of the tables in *text*, by the code in their first cell."""
    return {name: row for row in rows(text) for name in CODE.findall(row[0])}


def fenced(text: str, language: str) -> list[str]:
    """Return the fenced blocks of *text* in *language*; an empty one names none."""
    return [body for _, name, body in FENCE.findall(text) if name == language]


def prose(text: str) -> str:
    """Return *text* without its fenced blocks."""
    return FENCE.sub("", text)


def code(text: str) -> list[str]:
    """Return every piece of code in *text*: inline, and line by line where it is fenced without a language."""
    lines = [line for body in fenced(text, "") for line in body.splitlines()]
    return [*lines, *CODE.findall(prose(text))]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of the headings of *text*."""
    words = (re.sub(r"[`*\\]|\[|\]\([^)]*\)", "", heading).strip().lower() for heading in HEADING.findall(prose(text)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in words}


def links(path: Path) -> list[str]:
    """Return the targets of the links and images in the page at *path*."""
    return [markdown or html for markdown, html in LINK.findall(prose(path.read_text("utf-8")))]
