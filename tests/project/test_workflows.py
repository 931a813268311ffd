"""Continuous integration: its script, and the workflows for pull requests."""

import os
import re
import subprocess
import sys

import pytest
import yaml

from tests.support.checkout import PYPROJECT, ROOT, read

pytestmark = pytest.mark.checkout


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(read(".github/workflows/test.yml"))


def test_ci_runs_make_lint_and_make_test():
    script = ROOT / ".ci/run"
    assert script.read_text("utf-8").rstrip().endswith("\nmake lint\nmake test")
    assert os.access(script, os.X_OK)


def test_pull_requests_are_tested_on_every_supported_python_with_actions_of_exact_versions(workflow):
    jobs = workflow["jobs"]
    supported = [line.rpartition(" ")[2] for line in PYPROJECT["project"]["classifiers"] if "Python :: 3." in line]
    assert jobs["all-tests"]["strategy"]["matrix"]["python"] == supported
    assert jobs["wheel"]["strategy"]["matrix"]["python"] == supported
    assert "pull_request" in workflow[True]  # YAML reads the key "on" as true
    steps = [step for job in jobs.values() for step in job["steps"]]
    assert [
        step["uses"] for step in steps if not re.fullmatch(r"[\w/-]+@v\d+\.\d+\.\d+", step.get("uses", "a@v1.0.0"))
    ] == []


def test_jobs_that_run_all_tests_fetch_the_whole_history_and_skip_nothing(workflow):
    for name in ("all-tests", "coverage"):
        steps = workflow["jobs"][name]["steps"]
        assert {"fetch-depth": 0} in [step.get("with") for step in steps], "tests/upgrade checks out the older release"
        assert [step["env"]["CI"] for step in steps if "env" in step] == ["true"]


def test_the_browser_of_the_tests_is_the_one_that_the_job_installs(workflow):
    """GitHub's runners have others on the path, which would be found first."""
    for name in ("all-tests", "coverage"):
        runs = [step["run"] for step in workflow["jobs"][name]["steps"] if "run" in step]
        place = runs.index(".venv/bin/playwright install --with-deps chromium")
        assert runs[place + 1].startswith(
            'echo "TRACKER_CHROMIUM=$(.venv/bin/python -m tests.support.chromium --bundled)"'
        )


def test_bundled_names_the_browser_of_playwright():
    command = [sys.executable, "-m", "tests.support.chromium", "--bundled"]
    path = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(r"chromium-\d+.*\n$", path)


def test_tests_that_need_root_run_as_root_and_are_left_out_elsewhere(workflow):
    """GitHub's runner is not root, and a skipped test fails."""
    steps = {name: workflow["jobs"][name]["steps"] for name in ("all-tests", "coverage")}
    lines = [step.get("run", "") for step in steps["all-tests"]]
    assert [('-m "not root"' in line, "-m root" in line) for line in lines if "-m pytest" in line] == [
        (True, False),
        (False, True),
    ]
    [coverage] = [step for step in steps["coverage"] if step.get("run") == "make coverage"]
    assert coverage["env"]["PYTEST_ADDOPTS"] == '-m "not root"'


def test_every_make_target_that_the_workflow_calls_exists(make, workflow):
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    targets = {line.split()[1] for line in runs if line.startswith("make ")}
    assert targets == {"install", "lint", "coverage", "check-wheel"}
    listed = make().stdout
    assert [target for target in targets if f"make {target} " not in listed] == []
