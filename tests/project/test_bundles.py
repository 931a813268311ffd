"""The page's scripts and style sheets: each bundle is made from its present sources, as hashes show without Node."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.checkout import ROOT

pytestmark = pytest.mark.checkout

BROWSER = ROOT / "tracker/dashboard/browser"
BUNDLES = sorted(BROWSER.glob("bundles/*"))
SCRIPTS = [path for path in BUNDLES if path.suffix == ".js"]
FIRST_LINE = re.compile(
    r"(?://|/\*) Made by `make bundles` from (?P<sources>[\w./ ]+): sha256 (?P<hash>[0-9a-f]{64})( \*/)?"
)
# Came with Safari 15.4 or later; types hold the language itself to 2021 (tsconfig.json).
TOO_NEW = re.compile(
    r"AbortSignal\.(any|timeout)\b|structuredClone\(|throwIfAborted\(|checkVisibility|requestIdleCallback|adoptedStyleSheets"
    r"|onscrollend|navigator\.locks|randomUUID|\.inert\b|showPopover|setHTML|startViewTransition|withResolvers"
)


def sources(bundle: Path) -> list[Path]:
    with bundle.open(encoding="utf-8") as file:
        match = FIRST_LINE.fullmatch(file.readline().rstrip("\n"))
    assert match, f"{bundle.name}: expected the sources and their hash in the first line"
    return [(BROWSER / name).resolve() for name in match["sources"].split()]


def is_current(bundle: Path) -> bool:
    """Return whether the hash in the first line is that of the sources."""
    line = bundle.read_text("utf-8").partition("\n")[0]
    content = b"".join(path.read_bytes() for path in sources(bundle))
    return line.removesuffix(" */").endswith(f": sha256 {sha256(content).hexdigest()}")


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_a_bundle_is_made_from_its_present_sources(bundle):
    assert is_current(bundle), "type: make bundles"


@pytest.mark.parametrize("bundle", SCRIPTS, ids=lambda path: path.stem)
def test_a_bundle_names_all_that_its_sources_import(bundle):
    """Otherwise an edit of an unnamed module would go unnoticed."""
    named = sources(bundle)
    for path in named:
        for module in re.findall(r'^import (?:.*? from )?"(.*?)";$', path.read_text("utf-8"), re.MULTILINE):
            assert (path.parent / module).resolve() in named


def test_every_module_and_style_sheet_is_in_a_bundle():
    files = {*BROWSER.glob("*.js"), *(ROOT / "tracker/render").rglob("*.css")}
    assert {path for bundle in BUNDLES for path in sources(bundle)} == files


@pytest.mark.parametrize("script", sorted(BROWSER.glob("*.js")), ids=lambda path: path.stem)
def test_a_script_calls_nothing_that_browsers_of_2021_lack(script):
    """Except for the module that gives them what anywidget calls."""
    found = TOO_NEW.search(script.read_text("utf-8"))
    assert found is None or script.stem == "old_browsers"


def test_every_bundle_is_loaded_by_a_widget_or_embedded_in_html():
    names = re.compile(r'(?:bundle|compiled)\([\'"](\w+)[\'"]\)|bundles/(\w+)\.js')
    texts = [path.read_text("utf-8") for path in (ROOT / "tracker").rglob("*.py")]
    texts += [path.read_text("utf-8") for path in (ROOT / "tracker/dashboard/voila_template").iterdir()]
    loaded = {widget or template for text in texts for widget, template in names.findall(text)}
    assert loaded == {path.stem for path in BUNDLES}


@pytest.mark.parametrize("name", ["busy_page", "kernel_gone", "opening_page", "static_page"])
def test_a_script_has_nothing_that_html_or_a_template_would_interpret(name):
    text = (BROWSER / f"bundles/{name}.js").read_text("utf-8")
    assert not re.search(r"\{\{|\{%|\{#|</script|<!--", text, re.IGNORECASE)


def test_the_tools_are_locked_by_version_and_hash_without_a_url():
    required = json.loads((BROWSER / "package.json").read_text("utf-8"))["devDependencies"]
    lock = json.loads((BROWSER / "package-lock.json").read_text("utf-8"))["packages"]
    assert lock.pop("")["devDependencies"] == required
    for name, version in required.items():
        assert lock[f"node_modules/{name}"]["version"] == version
    assert [name for name, package in lock.items() if "resolved" in package] == []
    assert all(package["integrity"].startswith("sha512-") for package in lock.values())
    assert {package["license"] for package in lock.values()} <= {"MIT", "Apache-2.0", "MIT OR Apache-2.0", "MPL-2.0"}
    assert "omit-lockfile-registry-resolved=true" in (BROWSER / ".npmrc").read_text("utf-8").splitlines()
