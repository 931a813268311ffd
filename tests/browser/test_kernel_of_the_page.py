"""The page's scripts know its kernel once the browser has read all of Voila's configuration, which comes late."""

import json

import pytest

from tests.support.browser import tab
from tests.support.page_server import ROOT

pytestmark = pytest.mark.browser

CONFIGURATION = json.dumps({"baseUrl": "/", "kernelId": "7f20b874"})
_KERNEL_ID = """async ([script, text]) => {
  document.body.innerHTML = '<script id="jupyter-config-data" type="application/json"></script>';
  document.querySelector("script").textContent = text;
  const { kernelId } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  return kernelId() ?? "";
}"""


def test_a_configuration_that_is_read_in_part_names_no_kernel_yet(browser):
    script = (ROOT / "tracker/dashboard/browser/kernel.js").read_text(encoding="utf-8")
    with tab(browser, "about:blank") as blank:
        read = {length: blank.page.evaluate(_KERNEL_ID, [script, CONFIGURATION[:length]]) for length in (0, 20, 99)}
    assert read == {0: "", 20: "", 99: "7f20b874"}
