"""The wheel, the source archive, the container, and the files that installing copies."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.checkout import PYPROJECT, ROOT

pytestmark = pytest.mark.checkout

BUNDLES = ROOT / "tracker/dashboard/browser/bundles"
SHARED = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]


class Build(NamedTuple):
    """What one build of the project has written."""

    wheel: Path
    archive: Path


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    hatch("-d", str(folder), cwd=ROOT)
    [wheel], [archive] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Build(wheel, archive)


def hatch(*options: str, cwd: Path) -> None:
    """Build with *options* the project in *cwd*."""
    command = [sys.executable, "-m", "hatchling", "build", *options]
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=60)


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the files in *wheel* by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_has_the_notebooks_the_template_the_bundles_and_the_commands(build):
    files = contents(build.wheel)
    [entry_points] = [content.decode() for name, content in files.items() if name.endswith("/entry_points.txt")]
    share = f"{build.wheel.name.split('-py3')[0]}.data/data/share"
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"{share}/btc-price-tracker/notebooks/{notebook.name}" in files
    template = ROOT / "tracker/dashboard/voila_template"
    for path in template.rglob("*.*"):
        assert f"{share}/jupyter/voila/templates/tracker/{path.relative_to(template).as_posix()}" in files
    browser = {name for name in files if name.startswith("tracker/dashboard/browser/")}
    bundles = {f"tracker/dashboard/browser/bundles/{path.name}" for path in BUNDLES.iterdir()}
    modules = ("__init__", "batched_updates", "charts", "live_html", "page", "refused_messages")
    assert browser == bundles | {f"tracker/dashboard/browser/{name}.py" for name in modules}
    for name in ("busy_page", "opening_page"):
        assert f"{share}/jupyter/voila/templates/tracker/bundles/{name}.js" in files
    for command in ("tracker", "btc-price-tracker"):  # `uvx btc-price-tracker` starts the command of that name
        assert f"\n{command} = tracker.__main__:main" in entry_points
    assert "tracker/py.typed" in files, "without it type checkers ignore the annotations that pyproject.toml promises"
    assert {name.split("/")[0] for name in files if ".d" not in name.split("/")[0]} == {"tracker"}


def test_the_source_archive_builds_the_same_wheel_and_holds_the_tests(build, tmp_path):
    with tarfile.open(build.archive) as source:
        source.extractall(tmp_path, filter="data")
    [unpacked] = tmp_path.iterdir()
    hatch("-t", "wheel", "-d", str(tmp_path / "dist"), cwd=unpacked)
    assert contents(tmp_path / "dist" / build.wheel.name) == contents(build.wheel)
    tracked = subprocess.run(["git", "ls-files", "tests"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert [name for name in tracked.splitlines() if (ROOT / name).exists() and not (unpacked / name).exists()] == []


def test_the_tools_of_the_scripts_are_not_packaged_where_no_gitignore_names_them(tmp_path):
    """As in the container's build, which copies what it needs and no .gitignore."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "voila.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("notebooks", "tracker"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    module = tmp_path / "tracker/dashboard/browser/node_modules/esbuild/install.js"
    module.parent.mkdir(parents=True)
    module.touch()
    hatch("-d", str(tmp_path / "dist"), cwd=tmp_path)
    [wheel], [archive] = (tmp_path / "dist").glob("*.whl"), (tmp_path / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as source:
        names = [*contents(wheel), *source.getnames()]
    assert [name for name in names if "node_modules" in name] == []
    assert any(name.endswith("tracker/core/window.py") for name in names)


def test_the_container_ignores_what_make_has_made():
    assert {"**/node_modules", "**/__pycache__"} <= set((ROOT / ".containerignore").read_text("utf-8").splitlines())


def test_the_installed_files_are_those_of_the_checkout():
    """Installing copies them; without another install an edit has no effect, and tests would test old files."""
    if Path(sys.prefix) != ROOT / ".venv":
        return
    share = Path(sysconfig.get_path("data"))
    for source, target in SHARED.items():
        origin = ROOT / source
        for path in [origin] if origin.is_file() else [path for path in origin.rglob("*") if path.is_file()]:
            copy = share / target / path.relative_to(origin) if origin.is_dir() else share / target
            assert copy.read_bytes() == path.read_bytes(), "type: make install"


def test_the_container_copies_every_file_that_the_wheel_is_made_of():
    lines = (ROOT / "Containerfile").read_text("utf-8").splitlines()
    copied = {name.rstrip("/") for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    needed = {name.split("/")[0] for name in SHARED} | {"pyproject.toml", "tracker", "README.md", "LICENSE"}
    assert copied == needed | {"requirements.lock"}
    assert any('--constraint requirements.lock ".[alerts]"' in line for line in lines), "else it could send nothing"
    assert len(lines) <= 16
    assert "USER tracker" in lines
