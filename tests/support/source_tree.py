"""The package's source files as syntax trees, and what they import."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

parse = cache(ast.parse)


def sources(root: Path) -> dict[str, ast.Module]:
    """Return every file of *root*/tracker, by its path without ending: ``exchanges/kraken``."""
    package = root / "tracker"
    return {
        path.relative_to(package).with_suffix("").as_posix(): parse(path.read_text("utf-8"))
        for path in sorted(package.rglob("*.py"))
    }


def imports(tree: ast.Module, file: str) -> Iterator[tuple[str, bool]]:
    """Yield each imported dotted name, also from inside functions, and whether the import is at the top level."""
    package = ["tracker", *file.split("/")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in tree.body) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*start, node.module] if node.module else start)
            yield from ((f"{origin}.{alias.name}", node in tree.body) for alias in node.names)
