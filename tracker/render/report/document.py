"""Joins the sections of a report to one self-contained HTML file, without scripts, fonts or requests."""

from collections.abc import Iterable
from functools import cache

from markupsafe import Markup

from tracker.render.format.templating import render
from tracker.render.format.theme import compiled, light


@cache
def style() -> Markup:
    """Return the style of a report's sections, which is scoped to them."""
    tokens = "".join(f"--bt-{name}:{value};" for name, value in light().items())
    scope = Markup(f".bt-report{{{tokens}}}\n")  # nosec B704 # tokens of the page's own style sheet
    return scope + compiled("report")


def assemble(title: str, sections: Iterable[Markup]) -> Markup:
    """Return the file's text; *sections* are HTML without their style."""
    return render(
        "report/document.html",
        title=title,
        background=light()["bg"],
        style=style(),
        sections=list(sections),
    )
