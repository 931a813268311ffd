"""
Ten thousand broken responses: a price that is read from one is always a right one.

Mutations insert no positive number and never move the fields of a row, so the only numbers that can
be read are those of the sample.
"""

import copy
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.exchange_contract import bodies_with_checks
from tests.support.exchange_samples import SAMPLES, sample_of
from tests.support.mutations import mutate
from tracker.core.adapters import load

EXAMPLES, BODIES = 100, 50  # per exchange, and broken responses per example
KINDS = ("ticker", "ticker", "ticker", "history", "history", "history", "pairs", "refusal")
MAX_MUTATIONS = 4


def test_ten_thousand_responses_are_broken():
    assert len(SAMPLES) * EXAMPLES * BODIES >= 10_000


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_broken_response_leads_to_a_right_price_or_an_expected_error(name):
    bodies: dict[str, list[Any]] = {}
    for kind, body, check in bodies_with_checks(name, load("exchanges", name), sample_of(name)):
        bodies.setdefault(kind, []).append((body, check))

    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.integers(min_value=0, max_value=2**64))
    def break_them(seed: int) -> None:
        random = Random(seed)
        for _ in range(BODIES):
            valid, check = random.choice(bodies.get(random.choice(KINDS), bodies["ticker"]))
            body = copy.deepcopy(valid)
            for _ in range(random.randint(1, MAX_MUTATIONS)):
                body = mutate(body, random)
            check(body)

    break_them()
