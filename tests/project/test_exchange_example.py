"""The example in docs/adding-an-exchange.md, taken from its text and tested by the contract of every exchange."""

import importlib.util
import json
from types import ModuleType
from typing import Any

import pytest

from tests.support.checkout import read
from tests.support.exchange_contract import CHECKS
from tests.support.markdown import fenced
from tracker.core.adapters import names

pytestmark = pytest.mark.checkout

NAME = "bitfinex"


def block(language: str) -> str:
    """Return the page's only block in *language*."""
    [body] = fenced(read("docs/adding-an-exchange.md"), language)
    return body


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
def test_the_example_keeps_the_contract(exchange, sample, check):
    check(NAME, exchange, sample)


def test_the_example_is_an_exchange_that_does_not_exist_yet():
    assert NAME not in names("exchanges")


def test_the_example_fits_the_width_of_the_code():
    assert [line for line in block("python").splitlines() if len(line) > 120] == []
