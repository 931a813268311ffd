"""
The contract that every exchange fulfils, run over each file in tracker/exchanges and its sample answer.

The checks are in tests/support/exchange_contract.py; exchange_samples.py describes a sample. A new exchange adds
``tests/exchanges/<name>.json`` and no test code.
"""

import pytest

from tests.support.exchange_contract import CHECKS
from tests.support.exchange_samples import SAMPLES, sample_of
from tracker.core.adapters import load, names


def test_every_exchange_has_a_sample_answer():
    assert set(SAMPLES) == set(names("exchanges"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_an_exchange_keeps_the_contract(name, check):
    check(name, load("exchanges", name), sample_of(name))
