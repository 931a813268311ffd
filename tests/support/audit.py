"""Looks for known vulnerabilities of the locked packages: ``python -m tests.support.audit``, as ``make lint`` does."""

import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import requests

from tests.support.checkout import ROOT

ADVISORIES = "https://api.osv.dev/v1/query"
TIMEOUT = 5  # seconds; for one answer
AT_ONCE = 4  # processes; one after the other, some 190 answers take a quarter of a minute
IGNORED: dict[str, str] = {}  # id of an advisory -> why it does not concern this project

# Has advisories; a service that knows none of them knows nothing.
_VULNERABLE = {"package": {"name": "requests", "ecosystem": "PyPI"}, "version": "2.0.0"}
_NETWORK_FAILED = re.compile(r"requests\.exceptions\.|ServiceError|network may be blocking")


def pin_lists(lock: str) -> list[list[str]]:
    """
    Return the pins of *lock* for every system and Python, without their markers, in lists to look up at once.

    Versions of one package are neighbours in the lock, and so in different lists: pip-audit refuses two at once.
    """
    pins = [pin for line in lock.splitlines() if (pin := line.partition("#")[0].partition(";")[0].strip())]
    return [pins[start::AT_ONCE] for start in range(min(AT_ONCE, len(pins)))]


def why_unreachable(url: str) -> str | None:
    """Return why the advisories at *url* cannot be had; None if they can."""
    try:
        response = requests.post(url, json=_VULNERABLE, timeout=TIMEOUT)
        response.raise_for_status()
        known = response.json()
    except requests.RequestException as error:
        return type(error).__name__
    return None if isinstance(known, dict) and known.get("vulns") else "it answers without advisories"


def audit(pins: list[str], url: str) -> subprocess.CompletedProcess[str]:
    """Run pip-audit on *pins*."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("\n".join(pins), encoding="utf-8")
        options = ["--no-deps", "--disable-pip", "--progress-spinner=off", f"--timeout={TIMEOUT}"]
        options += [f"--requirement={file}", "--vulnerability-service=osv", f"--osv-url={url}"]
        options += [f"--ignore-vuln={advisory}" for advisory in IGNORED]
        return subprocess.run([sys.executable, "-m", "pip_audit", *options], capture_output=True, text=True)


def main(lock: str, url: str = ADVISORIES) -> int:
    """Print what is known of the pins of *lock*; return 1 if there are vulnerabilities or pip-audit fails."""
    reason, status, lists = why_unreachable(url), 0, pin_lists(lock)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = [] if reason else list(pool.map(audit, lists, repeat(url)))
    for result in results:
        if result.returncode and not result.stdout and _NETWORK_FAILED.search(result.stderr):
            reason = "an answer failed"
        elif result.returncode:
            print(result.stdout or result.stderr)
            status = 1
    if reason:
        print(f"pip-audit: skipped, {url} cannot be reached: {reason}")
    elif not status:
        print(f"pip-audit: no known vulnerabilities in {sum(map(len, lists))} locked packages")
    return status


if __name__ == "__main__":
    sys.exit(main((ROOT / "requirements.lock").read_text("utf-8")))
