"""Finds the folder that relative paths of the settings start from."""

import os
import tomllib
from pathlib import Path

from tracker.core.errors import ConfigError
from tracker.runtime.files import typed_path

FILE = "tracker.toml"
PROJECT = "btc-price-tracker"  # the name in its pyproject.toml


def find_base(start: Path) -> tuple[Path, Path | None]:
    """
    Return the folder that relative paths start from, and the tracker.toml found, if any.

    The folder is that of tracker.toml ($TRACKER_CONFIG, or the nearest one in *start* and its parents), else the
    nearest checkout of this project, else *start*. Voila, nbval and JupyterLab run kernels in notebooks/, the
    command line runs anywhere, and all must find the same data.

    Raises:
        ConfigError: $TRACKER_CONFIG is not a file.
    """
    config = os.environ.get("TRACKER_CONFIG")
    if config:
        path = typed_path(config, f"TRACKER_CONFIG {config}", "/srv/btc/tracker.toml").absolute()
        if not path.is_file():
            raise ConfigError(f"TRACKER_CONFIG: no file {path}")
        return path.parent, path
    folders = [start.absolute(), *start.absolute().parents]
    for folder in folders:
        if (folder / FILE).is_file():
            return folder, folder / FILE
    return next(filter(is_checkout, folders), folders[0]), None


def working_directory() -> Path:
    """Return the working directory. Raises ConfigError if it was deleted."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ConfigError("the current folder was deleted; change to another one") from None


def is_checkout(folder: Path) -> bool:
    """Return whether *folder* is a checkout of this project, by the name in its pyproject.toml."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        return bool(project["name"] == PROJECT)
    except (OSError, ValueError, LookupError, TypeError):
        return False
