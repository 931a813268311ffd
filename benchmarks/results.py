"""The file of results: one section for each part, with the date and the machine."""

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
    """Return a Markdown table with the columns of the first row; a missing value is an empty cell."""
    if not rows:
        raise ValueError("a table needs a row")
    columns = list(rows[0])
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)]]
    lines += [[_cell(row.get(column, "")) for column in columns] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_section(name: str, text: str, file: Path = FILE) -> None:
    """Replace the section called *name* by *text*, or add it; other sections stay."""
    before = file.read_text("utf-8") if file.exists() else _TITLE
    section = f"## {name}\n\n{machine()}\n\n{text.strip()}\n"
    section_of_name = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    after, replaced = section_of_name.subn(lambda _: f"{section}\n", before)
    if not replaced:
        after = f"{before.rstrip()}\n\n{section}"
    file.write_text(f"{after.rstrip()}\n", "utf-8")


def machine() -> str:
    """Return the date, the number of cores, and the versions of Python and the libraries."""
    libraries = []
    for name in _LIBRARIES:
        try:
            libraries.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            libraries.append(f"no {name}")
    day = datetime.now(UTC).date().isoformat()
    cores = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    return f"{day}; {cores}; Python {platform.python_version()}; {', '.join(libraries)}."


def percentile(values: Sequence[float], share: float) -> float:
    """Return the percentile *share* of *values*, NaN if there are none."""
    return float(np.percentile(values, share)) if len(values) else float("nan")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
