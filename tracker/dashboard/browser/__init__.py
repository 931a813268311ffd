"""
The page's scripts, and the Python widgets that they belong to.

The modules beside this file are bundled into bundles/, one file for each widget and for each script in HTML;
`make bundles` writes those. Neither the page nor the tests need Node.
"""

from pathlib import Path

_BUNDLES = Path(__file__).with_name("bundles")


def bundle(name: str) -> str:
    """Return the JavaScript of one widget or one script in HTML, ready for the browser."""
    return (_BUNDLES / f"{name}.js").read_text(encoding="utf-8")
