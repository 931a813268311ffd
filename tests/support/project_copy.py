"""A copy of the project in a folder, and which data folders it gets."""

import os
import shutil
from pathlib import Path

from tests.support.checkout import ROOT
from tests.support.page_server import settings

MADE = ("__pycache__", "node_modules", "test-results", "htmlcov", "dist")
NOT_IN_A_CLONE = shutil.ignore_patterns(".*", *MADE, "tracker.toml", "*.csv")


def clone_in(folder: Path) -> Path:
    """Copy the project into *folder* as a clone has it: without stored prices, settings and generated files."""
    return shutil.copytree(ROOT, folder, ignore=NOT_IN_A_CLONE)


def environment(project: Path, exchange: str, **variables: str) -> dict[str, str]:
    """Return the environment of settings(), but with the store by its default name, and *variables*."""
    tracker = settings(project, exchange, every="1s") | variables
    del tracker["TRACKER_STORE"]
    return {**os.environ, **tracker}


def data_folders(project: Path) -> set[Path]:
    """Return every data folder in *project*, wherever it may be; kept bars are in folders of these names, too."""
    return {path.parents[2].relative_to(project) for path in project.rglob("kraken/btcusd/*.csv")}
