"""Counts what became of the lines of price files."""

from dataclasses import dataclass, field
from pathlib import Path

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
        self.examples = [*self.examples, *other.examples][:MOST_EXAMPLES]
