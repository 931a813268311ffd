"""README's example of one more exchange, taken from its text and held to the same contract as the others."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.exchange_contract import CHECKS
from tracker.core.contracts import names

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]
NAME = "bitfinex"


def block(language: str) -> str:
    """The fenced block of README's section Extend in *language*."""
    [section] = re.findall(r"^## Extend\n(.*?)^## ", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    path = tmp_path_factory.mktemp("exchanges") / f"{NAME}.py"
    path.write_text(block("python"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(block("json"))
    return content


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_example_in_the_readme_keeps_the_contract(exchange, sample, check):
    check(NAME, exchange, sample)


def test_the_example_is_no_exchange_that_is_there_already():
    assert NAME not in names("exchanges")
    assert len(names("exchanges")) == 6, "README calls it the seventh"


def test_the_example_fits_the_width_of_the_code():
    assert [line for line in block("python").splitlines() if len(line) > 120] == []
