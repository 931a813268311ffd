"""Time zones of a test's own, so that it need not wait for an hour of the day."""

import struct
import time
from pathlib import Path

_DAY = 86_400  # s


def write_zone(folder: Path, name: str, clock: str) -> None:
    """Write a time zone whose clocks show *clock* now, ``06:59:57``; PYTHONTZPATH has to name *folder*."""
    hours, minutes, seconds = map(int, clock.split(":"))
    ahead = (3600 * hours + 60 * minutes + seconds - int(time.time())) % _DAY
    offset = ahead - _DAY if ahead > _DAY // 2 else ahead
    header = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(header + struct.pack(">lbB", offset, 0, 0) + b"TST\0")
