"""The checkout that the tests run from: where it is, and what pyproject.toml says."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read(path: str | Path) -> str:
    """Return the text of *path*, relative to the checkout."""
    return (ROOT / path).read_text("utf-8")


PYPROJECT = tomllib.loads(read("pyproject.toml"))
