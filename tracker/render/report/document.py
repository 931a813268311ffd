"""The sections of a report -> one HTML file that needs nothing else: no script, no font, no request."""

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path

from tracker.render.format.theme import light

# Whatever a section may hold, a browser that opens the file asks nobody for anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@cache
def style() -> str:
    """The style of a report's sections, which reaches nothing outside of them."""
    tokens = "".join(f"--bt-{name}:{value};" for name, value in light().items())
    return f".bt-report{{{tokens}}}\n" + Path(__file__).with_name("report.css").read_text(encoding="utf-8")


def assemble(title: str, sections: Iterable[str]) -> str:
    """The file's text; *title* is plain, *sections* are HTML."""
    body = "\n".join(sections).replace(f"<style>{style()}</style>", "")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>body{{margin:0;background:{light()['bg']}}}\n{style()}</style>\n"
        f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
