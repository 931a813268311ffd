"""
Checks the wheel in an empty environment of each Python, outside of the checkout.

``make check-wheel`` runs it: ``python tests/support/wheel_check.py DIST [PYTHON …]`` with the folder that ``make dist``
wrote. Without PYTHON it takes every supported one on this machine. In each environment the wheel alone serves
``demo`` and leaves nothing behind; then the fast tests of the source archive run against the installed package.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13")
QUOTES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD")
PATIENCE = 180.0  # s; for a page to show prices on a busy machine
FAST = "not browser and not service and not checkout"  # the tests that need neither those nor the project's own files
WINDOWS = os.name == "nt"


def find_pythons() -> dict[str, str]:
    """Return version -> path of an interpreter on this machine that can make an environment."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    pythons = {}
    for version in VERSIONS:
        candidates = [
            shutil.which(f"python{version}"),
            *map(str, pyenv.glob(f"{version}.*/bin/python")),
            sys.executable,
        ]
        fitting = (path for path in candidates if path and version_of(path) == version)
        if path := next(fitting, None):
            pythons[version] = path
    return pythons


def version_of(python: str) -> str:
    """Return ``3.12``; empty if *python* does not run, as some of pyenv's shims, or cannot make an environment."""
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""


class Installed:
    """An environment with the wheel and its dependencies only, at the versions of the lock."""

    def __init__(self, python: str, wheel: Path, lock: Path, place: Path) -> None:
        self._binaries = place / ("Scripts" if WINDOWS else "bin")
        self._lock = lock
        subprocess.run([python, "-m", "venv", str(place)], check=True)
        self.install(str(wheel))
        subprocess.run([self.path("python"), "-m", "pip", "check"], check=True, stdout=subprocess.DEVNULL)

    def path(self, command: str) -> str:
        """Return the path of *command* in this environment."""
        return str(self._binaries / command)

    def install(self, what: str) -> None:
        """Install *what*, a wheel with or without extras."""
        pip = [self.path("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--constraint", str(self._lock), what], check=True)


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without settings of the tracker or of Python, and with *more*."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TRACKER_", "PYTHON", "VIRTUAL_"))
    }
    return {**kept, **more}


@contextmanager
def serving(command: list[str], folder: Path, temporary: Path) -> Iterator[str]:
    """Start *command*, which serves a page from *folder*; yield its address."""
    environment = clean_environment(TMPDIR=str(temporary), TEMP=str(temporary))
    log = temporary.with_suffix(".log")
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.match(r"The page: (http://\S+/)", line)
        if address is None:
            process.wait(PATIENCE)
            raise SystemExit(f"{command[0]} printed {line!r}\n{log.read_text()}")
        try:
            yield address[1]
        except SystemExit as problem:
            raise SystemExit(f"{problem}\n{log.read_text()}") from None
    finally:
        process.terminate()
        process.wait(PATIENCE)


def check_demo(installed: Installed, scratch: Path) -> None:
    """Check that the demo serves simulated prices in all currencies and leaves no file behind."""
    folder, temporary = scratch / "folder", scratch / "temporary"
    folder.mkdir()
    temporary.mkdir()
    with serving([installed.path("btc-price-tracker"), "demo", "--port=0"], folder, temporary) as address:
        wait_for_page(f"{address}tracker/snapshot", ["SIMULATED", *QUOTES])
        # Once: each request for the page itself takes a kernel.
        page = fetch(address)
        if missing := [words for words in ("BTC price tracker", "widget-view+json") if words not in page]:
            raise SystemExit(f"{address}: expected a page with {' and '.join(missing)}")
    left = [path.name for place in (folder, temporary) for path in place.glob("[!v]*")]  # voila_…: Voila's own
    if left and not WINDOWS:  # where terminate() ends a process before it can clean up
        raise SystemExit(f"tracker demo left {', '.join(left)}")


def wait_for_page(address: str, words: list[str]) -> None:
    """Return once *address* answers with all *words*; SystemExit if it does not in time."""
    end, missing = time.monotonic() + PATIENCE, words
    while time.monotonic() < end:
        text = fetch(address)
        missing = [word for word in words if word not in text]
        if not missing:
            return
        time.sleep(0.5)
    raise SystemExit(f"{address}: expected {', '.join(missing)} within {PATIENCE:g} s")


def fetch(address: str) -> str:
    """Return the answer of *address*; empty if there is none yet."""
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def check_tests(installed: Installed, wheel: Path, archive: Path, scratch: Path) -> None:
    """Run the fast tests in the unpacked source archive, without its copy of the package."""
    installed.install(f"{wheel}[test]")
    with tarfile.open(archive) as source:
        source.extractall(scratch, filter="data")
    [outside] = scratch.glob("btc_price_tracker-*")
    shutil.rmtree(outside / "tracker")  # or the tests would import it instead of the installed one
    tests = [installed.path("python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", FAST]
    subprocess.run(tests, cwd=outside, env=clean_environment(), check=True)


def main() -> None:
    """Check the wheel in each environment; exit status 1 and the reason if it fails in one."""
    dist = Path(sys.argv[1]).resolve()
    [wheel], [archive] = dist.glob("*.whl"), dist.glob("*.tar.gz")
    lock = Path(__file__).resolve().parents[2] / "requirements.lock"
    pythons = {version_of(path): path for path in sys.argv[2:]} or find_pythons()
    if not pythons.keys() & set(VERSIONS) or "" in pythons:
        raise SystemExit(f"no Python that fits: expected one of {', '.join(VERSIONS)} with the module venv")
    for version, path in pythons.items():
        with tempfile.TemporaryDirectory(prefix="wheel-", ignore_cleanup_errors=True) as place:
            scratch = Path(place).resolve()
            print(f"Python {version}: {path}", flush=True)
            installed = Installed(path, wheel, lock, scratch / "environment")
            check_demo(installed, scratch)
            print(f"Python {version}: demo is served", flush=True)
            check_tests(installed, wheel, archive, scratch)
            print(f"Python {version}: the fast tests pass", flush=True)
    missing = [version for version in VERSIONS if version not in pythons]
    if missing and not sys.argv[2:]:
        print(f"Not checked, as they are not on this machine: {', '.join(missing)}")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        raise SystemExit(f"failed with status {failed.returncode}: {' '.join(map(str, failed.cmd))}") from None
