"""A notice as HTML."""

from markupsafe import Markup

from tracker.render.format.templating import render


def card(kind: str, title: str, text: str, foot: str = "") -> Markup:
    """
    Return a notice.

    Args:
        kind: a state class (is-down, is-stale, is-simulated).
        title: the heading.
        text: the notice.
        foot: a line of its own below; a countdown there moves nothing.
    """
    return render("html/card.html", kind=kind, title=title, text=text, foot=foot)
