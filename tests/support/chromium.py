"""
Finds a browser for the browser tests. Run as a program, as ``make test`` does, it installs one or prints how.

With ``--bundled`` it prints the path of Playwright's own, which need not be installed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-liberation")
INSTALL = ("install", "-y", "-qq", "--no-install-recommends")
# Those that Playwright switches off, since the last --disable-features alone counts; then the popups of the address
# bar, of which each window has two that are pages themselves and take longer to start than an empty tab.
FEATURES_OFF = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "OptimizationHints"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin"),
    *("NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch", "msForceBrowserSignIn"),
    *("msEdgeUpdateLaunchServicesPreferredVersion", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
)
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--in-process-gpu",  # nothing is left to do for a process of its own
    "--no-first-run",
    f"--disable-features={','.join(FEATURES_OFF)}",
)


def find() -> str | None:
    """Return the path of ``TRACKER_CHROMIUM``, or a Chromium on the path, or Playwright's; None if there is none."""
    if chosen := os.environ.get("TRACKER_CHROMIUM"):
        return shutil.which(chosen)
    if installed := next(filter(None, map(shutil.which, NAMES)), None):
        return installed
    path = bundled()
    return path if Path(path).exists() else None


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """Start the Chromium at *path*, without a window; it makes no requests by itself."""
    # Chromium's sandbox refuses to run as root.
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=[*QUIET, *as_root])
        yield started
        started.close()


def bundled() -> str:
    """Return the path at which Playwright installs its own Chromium."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def how_to_install() -> str:
    """Return what to type to get a browser."""
    own = ".venv/bin/playwright install --with-deps chromium, or set TRACKER_CHROMIUM=/path/to/chromium"
    return f"apt-get install {' '.join(PACKAGES)} (Debian, as root), or {own}" if shutil.which("apt-get") else own


def main() -> None:
    """Install a browser as root on Debian or Ubuntu; elsewhere print what to type."""
    if find():
        return
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        print(f"No Chromium: the browser tests will be skipped. Type: {how_to_install()}", file=sys.stderr)
        return
    print(f"No Chromium: installing {' and '.join(PACKAGES)} with apt-get", flush=True)
    if _ran("apt-get", "update", "-qq") and _ran("apt-get", *INSTALL, *PACKAGES):
        return
    print("apt-get installed none (Ubuntu has no such package): installing Playwright's own", flush=True)
    if not _ran(sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"):
        print(f"No Chromium: the browser tests will be skipped. Type: {how_to_install()}", file=sys.stderr)


def _ran(*command: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, env=environment).returncode == 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--bundled"]:
        print(bundled())
    else:
        main()
