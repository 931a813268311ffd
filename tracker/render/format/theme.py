"""The page's colours and fonts for what cannot read its style sheet: pictures and files that stand alone."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

_CSS = Path(__file__).parents[1] / "page.css"
_TOKEN = re.compile(r"--bt-([a-z0-9-]+):\s*([^;]+);")
_BOTH = re.compile(r"light-dark\(((?:[^(),]|\([^()]*\))+),(?:[^()]|\([^()]*\))+\)")


@cache
def css() -> str:
    """The page's style sheet, which reaches nothing outside of ``.bt-page``."""
    return _CSS.read_text(encoding="utf-8")


@cache
def light() -> Mapping[str, str]:
    """The light value of each of the page's tokens by its name without ``--bt-``: ``{"ink": "#14181F", …}``."""
    head = css().partition("\n}")[0]
    return MappingProxyType({name: _BOTH.sub(r"\1", value).strip() for name, value in _TOKEN.findall(head)})
