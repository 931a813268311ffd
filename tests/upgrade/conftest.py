"""An older release, taken from git."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

COMMIT = "fa9aac9"  # the newest that wrote format 2 before the release under test
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def older(tmp_path_factory):
    """A checkout of the older release."""
    command = ["git", "archive", COMMIT, "tracker"]
    archived = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        pytest.skip(
            f"no commit {COMMIT} in this clone: {archived.stderr.decode().strip()}; type: git fetch --unshallow"
        )
    folder = tmp_path_factory.mktemp("older")
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder
