"""The file of results: one section for each part, with the date and what it ran on."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

FILE = Path(__file__).with_name("RESULTS.md")
Row: TypeAlias = dict[str, Any]  # the figures of one line of a table, by column

_TITLE = "# Results\n\nWritten by `make bench`; see [README.md](README.md). Ratios are of one run on one machine.\n"
_LIBRARIES = ("numpy", "pandas", "pyarrow", "polars", "duckdb", "requests")


def table(rows: Sequence[Row]) -> str:
    """A Markdown table; the first row's keys are its columns, what a row lacks stays empty."""
    if not rows:
        raise ValueError("a table needs a row")
    columns = list(rows[0])
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)]]
    lines += [[_cell(row.get(column, "")) for column in columns] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_section(name: str, text: str, file: Path = FILE) -> None:
    """Put *text* under the heading *name*, in place of what stood there; other sections stay."""
    before = file.read_text("utf-8") if file.exists() else _TITLE
    section = f"## {name}\n\n{machine()}\n\n{text.strip()}\n"
    there = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    after, found = there.subn(lambda _: f"{section}\n", before)
    if not found:
        after = f"{before.rstrip()}\n\n{section}"
    file.write_text(f"{after.rstrip()}\n", "utf-8")


def machine() -> str:
    """When and on what: the date, cores, Python and the libraries' versions."""
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"no {name}")
    day = datetime.now(UTC).date().isoformat()
    cores = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    return f"{day}; {cores}; Python {platform.python_version()}; {', '.join(found)}."


def percentile(values: Sequence[float], share: float) -> float:
    """``nan`` of no values."""
    return float(np.percentile(values, share)) if len(values) else float("nan")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
