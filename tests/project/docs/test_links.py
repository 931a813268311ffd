"""The pages of the documentation: links, anchors, and the files they name."""

import re
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.support.checkout import ROOT
from tests.support.markdown import CODE, IDS, PAGES, anchors, links, prose

pytestmark = pytest.mark.checkout


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_every_relative_link_leads_to_a_file_and_to_a_heading_in_it(path):
    broken = []
    for link in links(path):
        url = urlsplit(link)
        if url.scheme:
            continue
        target = (path.parent / url.path).resolve() if url.path else path
        is_missing = not target.is_relative_to(ROOT) or not target.exists()
        if is_missing or (url.fragment and url.fragment not in anchors(target.read_text("utf-8"))):
            broken.append(link)
    assert broken == []


def test_every_page_but_that_of_the_data_folder_is_reached_from_the_readme():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        paths = [urlsplit(link).path for link in links(page) if not urlsplit(link).scheme]
        ahead += [target for path in paths if (target := (page.parent / path).resolve()).suffix == ".md"]
    assert [path.relative_to(ROOT).as_posix() for path in PAGES if path not in reached] == ["data/README.md"]


def test_every_markdown_file_is_checked():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert {ROOT / name for name in listed.splitlines() if (ROOT / name).exists()} <= set(PAGES)


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_every_file_of_the_project_that_is_named_exists(path):
    """Paths under tracker/, tests/, docs/ and notebooks/; names in capitals or angle brackets are placeholders."""
    named = {
        piece
        for piece in CODE.findall(prose(path.read_text("utf-8")))
        if re.fullmatch(r"(tracker|tests|docs|notebooks|benchmarks|binder)/[\w./-]*", piece)
    }
    planned = {"tracker/exchanges/bitfinex.py", "tests/exchanges/bitfinex.json"}  # the example of one more exchange
    assert sorted(name for name in named - planned if not (ROOT / name).exists()) == []
