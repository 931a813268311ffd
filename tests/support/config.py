"""Configuration files for tests."""

from pathlib import Path


def write_config(folder: Path, text: str) -> Path:
    path = folder / "tracker.toml"
    path.write_text(text)
    return path
