"""What Binder would build from a clone of the project."""

import os
import subprocess
import sys

import pytest

from tests.support.page_server import free_port
from tests.support.project_copy import clone_in

pytestmark = [pytest.mark.service, pytest.mark.checkout]


def test_binder_builds_the_locked_environment_and_then_installs_the_project(tmp_path):
    """Checked in the Dockerfile that its own builder writes, which needs no container engine."""
    clone = clone_in(tmp_path / "clone")
    environment = {**os.environ, "DOCKER_HOST": f"tcp://127.0.0.1:{free_port()}"}
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    result = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, timeout=60)
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    assert (
        f"Building conda environment for {(clone / 'binder/runtime.txt').read_text().strip().replace('-', '=')}"
        in output
    )
    assert "environment.yml" not in output, "that file is for conda; with both, Binder would ignore one"
    steps = [
        "WORKDIR ${REPO_DIR}",  # where the server starts, and where it finds voila.json
        "COPY --chown=0:0 src/ ${REPO_DIR}/",  # requirements.lock must be there when binder/ refers to it
        'pip install --no-cache-dir -r "binder/requirements.txt"',
        "RUN ./binder/postBuild",
        "CMD [",
    ]
    places = [output.find(step) for step in steps]
    assert -1 not in places, output
    assert places == sorted(places), output
