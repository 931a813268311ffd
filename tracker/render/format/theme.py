"""The page's style sheet, and its colours and fonts for documents that cannot load it."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

_CSS = Path(__file__).parents[1] / "page.css"
_TOKEN = re.compile(r"--bt-([a-z0-9-]+):\s*([^;]+);")
_LIGHT_DARK = re.compile(r"light-dark\(((?:[^(),]|\([^()]*\))+),(?:[^()]|\([^()]*\))+\)")


@cache
def css() -> str:
    """Return the page's style sheet; it applies within ``.bt-page`` only."""
    return _CSS.read_text(encoding="utf-8")


@cache
def light() -> Mapping[str, str]:
    """Return the light value of each style token by its name without ``--bt-``: ``{"ink": "#14181F", …}``."""
    head = css().partition("\n}")[0]
    return MappingProxyType({name: _LIGHT_DARK.sub(r"\1", value).strip() for name, value in _TOKEN.findall(head)})
