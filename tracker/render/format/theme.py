"""The page's style sheet, and its colours and fonts for documents that cannot load it."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup

from tracker.render.format.templating import package_text

# What `make bundles` makes of page.css for browsers without nesting and light-dark(). Read as data, because render
# imports nothing from dashboard.
_BUNDLES = Path(__file__).parents[2] / "dashboard/browser/bundles"
_TOKEN = re.compile(r"--bt-([a-z0-9-]+):\s*([^;}]+)")
# light-dark(A, B), compiled: of the two variables one is empty, and the other has no value, so its fallback counts.
_LIGHT_DARK = re.compile(r"var\(--lightningcss-light,\s*([^()]+)\)\s*var\(--lightningcss-dark,[^()]+\)")


@cache
def css() -> Markup:
    """Return the page's style sheet; it applies within ``.bt-page`` only."""
    return compiled("page")


def compiled(name: str) -> Markup:
    """Return the compiled style sheet *name*, without the line that names its source."""
    return package_text(_BUNDLES / f"{name}.css").partition("\n")[2]


@cache
def light() -> Mapping[str, str]:
    """Return the light value of each style token by its name without ``--bt-``: ``{"ink": "#14181F", …}``."""
    head = css().partition("}")[0]
    return MappingProxyType({name: _LIGHT_DARK.sub(r"\1", value).strip() for name, value in _TOKEN.findall(head)})
