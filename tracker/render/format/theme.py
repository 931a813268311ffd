"""The page's style sheet, and its colours and fonts for documents that cannot load it."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup

from tracker.render.format.templating import package_text

_CSS = Path(__file__).parents[1] / "page.css"
_TOKEN = re.compile(r"--bt-([a-z0-9-]+):\s*([^;]+);")
_LIGHT_DARK = re.compile(r"light-dark\(((?:[^(),]|\([^()]*\))+),(?:[^()]|\([^()]*\))+\)")


@cache
def css() -> Markup:
    """Return the page's style sheet; it applies within ``.bt-page`` only."""
    return package_text(_CSS)


@cache
def light() -> Mapping[str, str]:
    """Return the light value of each style token by its name without ``--bt-``: ``{"ink": "#14181F", …}``."""
    head = css().partition("\n}")[0]
    return MappingProxyType({name: _LIGHT_DARK.sub(r"\1", value).strip() for name, value in _TOKEN.findall(head)})
