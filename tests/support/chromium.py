"""Finds a browser for the browser tests. Run as a program, as ``make test`` does, it installs one or prints how."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-liberation")


def find() -> str | None:
    """Return the path of ``TRACKER_CHROMIUM``, or a Chromium on the path, or Playwright's; None if there is none."""
    if chosen := os.environ.get("TRACKER_CHROMIUM"):
        return shutil.which(chosen)
    if installed := next(filter(None, map(shutil.which, NAMES)), None):
        return installed
    with sync_playwright() as playwright:
        bundled = playwright.chromium.executable_path
    return bundled if Path(bundled).exists() else None


def how_to_install() -> str:
    """Return what to type to get a browser."""
    if shutil.which("apt-get"):
        return f"apt-get install {' '.join(PACKAGES)}   (as root)"
    return "playwright install chromium   (in .venv/bin), or TRACKER_CHROMIUM=/path/to/chromium"


def main() -> None:
    """Install a browser as root with apt-get; elsewhere print what to type."""
    if find():
        return
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        print(f"No Chromium: the browser tests will be skipped. Type: {how_to_install()}", file=sys.stderr)
        return
    print(f"No Chromium: installing {' and '.join(PACKAGES)} with apt-get", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", *command], check=True, env=environment)


if __name__ == "__main__":
    main()
