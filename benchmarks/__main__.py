"""Runs the named parts of the benchmarks, by default all, and writes their results."""

import argparse

from benchmarks import (
    alerts,
    appending,
    collecting,
    opening,
    panel,
    parsing,
    reading,
    refreshing,
    rehearsal,
    watching,
    years,
    zooming,
)
from benchmarks.results import FILE, write_section

PARTS = {
    "collecting": collecting,
    "reading": reading,
    "parsing": parsing,
    "appending": appending,
    "refreshing": refreshing,
    "opening": opening,
    "years": years,
    "zooming": zooming,
    "panel": panel,
    "alerts": alerts,
    "watching": watching,
    "rehearsal": rehearsal,
}


def main() -> None:
    """Run the parts that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"one of {', '.join(PARTS)}; all without any")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each way of collecting is measured")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; expected {', '.join(PARTS)}")
    for name in arguments.parts or PARTS:
        print(f"{name} …", flush=True)
        text = collecting.report(arguments.seconds) if name == "collecting" else PARTS[name].report()
        write_section(name.capitalize(), text)
        print(text, flush=True)
    print(f"Written: {FILE}")


if __name__ == "__main__":
    main()
