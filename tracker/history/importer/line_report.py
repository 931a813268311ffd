"""Counts what became of the lines of price files."""

from dataclasses import dataclass, field
from pathlib import Path

from tracker.core.market import Market

MOST_EXAMPLES = 5  # malformed lines of a market that are shown


@dataclass
class LineReport:
    """Counts of the lines in one market's files."""

    read: int = 0  # prices
    too_new: int = 0  # prices of the newest slots, which the live collector writes
    too_old: int = 0  # prices that retention would soon delete
    skipped: int = 0  # malformed lines, and those of an unclear time
    unclear: int = 0  # lines whose local time comes twice or never
    examples: list[str] = field(default_factory=list)  # of skipped lines, with file and line number
    mostly_skipped: list[Path] = field(default_factory=list)  # files with more malformed lines than prices

    def skip(self, path: Path, line: int, text: bytes) -> None:
        """Count a malformed line, and keep its position."""
        self.skipped += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{path}, line {line}: {text[:40].decode(errors='replace')!r}")

    def add(self, other: "LineReport") -> None:
        """Add the counts of another file."""
        self.read += other.read
        self.too_new += other.too_new
        self.too_old += other.too_old
        self.skipped += other.skipped
        self.unclear += other.unclear
        self.mostly_skipped += other.mostly_skipped
        self.examples = [*self.examples, *other.examples][:MOST_EXAMPLES]


@dataclass
class Summary:
    """What became of the lines of one market."""

    market: Market
    lines: LineReport = field(default_factory=LineReport)
    files: int = 0
    stopped: list[str] = field(default_factory=list)  # files of which nothing was imported, with the line or the reason
    files_stopped: int = 0
    cadences: dict[int, int] = field(default_factory=dict)  # measured, or length of candles, ms: the number of files
    sparse: dict[int, int] = field(default_factory=dict)  # cadences whose rows are further apart, ms: their median step
    duplicates: int = 0  # further prices of a slot
    already_stored: int = 0  # slots with a row in the store
    written: int = 0
    completed: int = 0  # of those already stored, candles that gained a first price, low or high
    first: int = 0  # epoch ms of the first row written
    last: int = 0
    other_cadences: set[int] = field(default_factory=set)  # ms; of rows imported before, in slots that stay as they are
    other_last: int = 0  # epoch ms of the last of those rows

    def stop(self, reason: str, files: int = 1) -> None:
        """Note that nothing is imported of so many *files*."""
        self.stopped.append(reason)
        self.files_stopped += files
