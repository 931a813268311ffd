"""Binder: what it would build."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.support.page_server import ROOT, free_port

pytestmark = [pytest.mark.service, pytest.mark.checkout]

MADE = ("__pycache__", "node_modules", "test-results", "htmlcov", "dist")
NOT_IN_A_CLONE = shutil.ignore_patterns(".*", *MADE, "tracker.toml", "*.csv")


def clone_in(folder):
    """The project as Binder clones it, in *folder*: without whatever was collected, set or made."""
    return shutil.copytree(ROOT, folder, ignore=NOT_IN_A_CLONE)


@pytest.fixture
def clone(tmp_path):
    return clone_in(tmp_path / "clone")


def test_binder_builds_the_locked_environment_and_then_installs_the_project(clone):
    """By its own builder, up to the Dockerfile; that far it needs no container engine."""
    without_engine = {**os.environ, "DOCKER_HOST": f"tcp://127.0.0.1:{free_port()}"}
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    done = subprocess.run(command, cwd=clone, env=without_engine, capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert (
        f"Building conda environment for {(clone / 'binder/runtime.txt').read_text().strip().replace('-', '=')}" in said
    )
    assert "environment.yml" not in said, "that is conda's; with both, Binder would take one and leave the other"
    steps = [
        "WORKDIR ${REPO_DIR}",  # where the server starts, and where it finds voila.json
        "COPY --chown=0:0 src/ ${REPO_DIR}/",  # requirements.lock must be there when binder/ refers to it
        'pip install --no-cache-dir -r "binder/requirements.txt"',
        "RUN ./binder/postBuild",
        "CMD [",
    ]
    places = [said.find(step) for step in steps]
    assert -1 not in places, said
    assert places == sorted(places), said
