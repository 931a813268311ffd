"""
Collects as the former app: one blocking request after the other, each market once a second.

A round that takes longer delays the next one. ``python -m benchmarks.in_turn URL COUNT FOLDER`` runs until it is
terminated.
"""

import csv
import sys
import time
from pathlib import Path

import requests

from benchmarks.exchange import markets


def main(url: str, count: int, folder: Path) -> None:
    """Collect *count* markets from the exchange at *url* into *folder*."""
    symbols = [market.base + market.quote for market in markets(count)]
    while True:
        began = time.monotonic()
        for symbol in symbols:
            answer = requests.get(f"{url}/api/v3/ticker/price?symbol={symbol}", timeout=10).json()
            with (folder / f"{symbol}.csv").open("a", newline="") as file:
                csv.writer(file).writerow([time.time(), answer["price"]])
        time.sleep(max(0.0, began + 1 - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
