"""The Chromium of these tests: what Playwright switches off stays off."""

import re
import subprocess


def test_no_feature_that_playwright_switches_off_is_left_on(browser):
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    (pid,) = (process["id"] for process in processes if process["type"] == "browser")
    command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    switches = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    of_playwright, ours = (set(names.split(",")) for names in re.findall(r"--disable-features=(\S+)", switches))
    assert of_playwright < ours
