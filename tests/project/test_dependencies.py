"""Dependencies: what is declared, locked, installed, and used by conda and Binder."""

import ast
import os
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.support.checkout import PYPROJECT, ROOT, read

pytestmark = pytest.mark.checkout

LOCK = read("requirements.lock")
LOCKED = [Requirement(line) for line in LOCK.splitlines() if line.strip() and not line.startswith("#")]
RUNTIME = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
EXTRAS = [Requirement(line) for lines in PYPROJECT["project"]["optional-dependencies"].values() for line in lines]
DIRECT = [*RUNTIME, *EXTRAS, *(Requirement(line) for line in PYPROJECT["build-system"]["requires"])]


def locked_versions(**environment: str) -> dict[str, str]:
    """Return name -> exact version, as the lock has it for the Python of *environment*; by default this one."""
    lines = [line for line in LOCKED if line.marker is None or line.marker.evaluate(environment)]
    return {canonicalize_name(line.name): str(line.specifier).removeprefix("==") for line in lines}


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_has_a_fitting_version_of_every_package_in_pyproject(python):
    versions = locked_versions(python_version=python, python_full_version=f"{python}.9")
    this_project = canonicalize_name(PYPROJECT["project"]["name"])
    required = [line for line in DIRECT if canonicalize_name(line.name) != this_project]
    wrong = [str(line) for line in required if versions.get(canonicalize_name(line.name), "") not in line.specifier]
    assert wrong == [], "type: make lock"


def test_the_lock_has_one_exact_version_each_and_no_url():
    assert all(re.fullmatch(r"==[\w.!+]+", str(line.specifier)) and line.url is None for line in LOCKED)
    assert not re.search(r"://|^\s*-|--hash|\\$", LOCK, re.MULTILINE)


def test_in_ci_and_in_the_projects_environment_the_locked_versions_are_installed():
    """Elsewhere (conda, a distribution) other versions may be tried on purpose."""
    if os.environ.get("CI") != "true" and Path(sys.prefix) != ROOT / ".venv":
        return
    installed = {canonicalize_name(package.name): package.version for package in metadata.distributions()}
    locked = locked_versions()
    assert {name: installed.get(name) for name in locked} == locked


def test_every_import_of_the_package_is_a_declared_dependency():
    """A package that only another one requires may disappear with its next version."""
    declared = {canonicalize_name(line.name) for line in RUNTIME}
    optional = {canonicalize_name(line.name) for line in EXTRAS}
    providers = metadata.packages_distributions()
    for path in (ROOT / "tracker").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for top in {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"tracker"}:
                provided_by = {canonicalize_name(name) for name in providers.get(top, [top])}
                allowed = declared if node in tree.body else declared | optional
                assert provided_by & allowed, f"{path.relative_to(ROOT)} imports {top}: add it to pyproject.toml"


def test_conda_and_binder_install_this_project_on_a_python_it_supports():
    supported = SpecifierSet(PYPROJECT["project"]["requires-python"])
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    names = {line.partition(" ")[0]: line.partition(" ")[2] for line in conda["dependencies"] if isinstance(line, str)}
    [pip] = [line["pip"] for line in conda["dependencies"] if isinstance(line, dict)]
    assert conda["name"] == PYPROJECT["project"]["name"]
    assert SpecifierSet(names["python"]) == supported
    assert pip == ["-r requirements.lock", "-e ."]

    runtime = (ROOT / "binder/runtime.txt").read_text("utf-8").strip()
    assert runtime.removeprefix("python-") in supported
    requirements = (ROOT / "binder/requirements.txt").read_text("utf-8").splitlines()
    [included] = [line.removeprefix("-r ") for line in requirements if not line.startswith("#")]
    assert (ROOT / "binder" / included).resolve() == ROOT / "requirements.lock"
    post_build = ROOT / "binder/postBuild"
    assert post_build.read_text("utf-8").endswith("pip install --no-deps --no-build-isolation -e .\n")
    assert os.access(post_build, os.X_OK), "Binder runs postBuild only if it is executable"
