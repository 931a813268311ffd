"""
Broken answers by the ten thousand: whatever a body has become, a price read from it is a right one.

The junk that is put in holds no positive number and nothing put in a row moves its fields, so there
is no other number that may come out than those of the sample.
"""

import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.exchange_contract import bodies_with_checks
from tests.support.exchange_samples import JUNK, SAMPLES, places, sample_of, value_at
from tracker.core.adapters import load

EXAMPLES, BODIES = 100, 50  # of each exchange, and how many broken answers in each example
KINDS = ("ticker", "ticker", "ticker", "history", "history", "history", "pairs", "refusal")
MOST_CHANGES = 4
KEYS = ("", "soon", "PRICE", "Result", "0", "XXBTZUSDT", "bitcoins", "error ", "61", "__proto__")


def is_row(value: Any) -> bool:
    """Whether fields are known by their place, so that a new one would give another field's number."""
    return isinstance(value, list) and any(not isinstance(item, dict | list) for item in value)


def other_kind(value: Any) -> Any:
    """The same, written as another kind: all may be read, but only as the same number."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, str):
        try:
            return json.loads(value) if value == value.strip() else [value]
        except ValueError:
            return [value]
    if isinstance(value, int | float):
        return str(value)
    return list(value.values()) if isinstance(value, dict) else dict(enumerate(map(copy.deepcopy, value)))


def mutate(body: Any, random: Random) -> Any:
    """*body* after one mutation, anywhere in it; it may be changed in place."""
    place = random.choice(list(places(body)))
    value = value_at(body, place)
    kind = random.choice(
        ("junk", "junk", "kind", "nest", "hoist", "delete", "insert", "repeat", "shuffle", "cut", "key")
    )
    new = value
    if kind == "junk":
        new = copy.deepcopy(random.choice(JUNK))
    elif kind == "kind" and not is_row(value):
        new = other_kind(value)
    elif kind == "nest":
        new = random.choice(([value], {"": value}, {"result": value}, {"data": [value]}, [[value]]))
    elif isinstance(value, dict | list) and value:
        new = mutate_inside(value, kind, random)
    if not place:
        return new
    value_at(body, place[:-1])[place[-1]] = new
    return body


def mutate_inside(value: Any, kind: str, random: Random) -> Any:
    key = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
    junk = copy.deepcopy(random.choice(JUNK))
    if kind == "hoist":
        return value[key]
    if kind == "delete":
        del value[key]
    elif isinstance(value, dict):
        if kind == "insert":
            value[random.choice(KEYS)] = junk
        elif kind in ("repeat", "key"):
            value[random.choice(KEYS)] = copy.deepcopy(value[key]) if kind == "repeat" else value.pop(key)
        elif kind == "shuffle":
            return dict(random.sample(list(value.items()), len(value)))
    elif kind == "cut":
        return value[:key]
    elif not is_row(value):
        if kind == "shuffle":
            random.shuffle(value)
        elif kind in ("insert", "repeat"):
            value.insert(key, junk if kind == "insert" else copy.deepcopy(value[key]))
    return value


def test_ten_thousand_answers_are_broken():
    assert len(SAMPLES) * EXAMPLES * BODIES >= 10_000


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_broken_answer_gives_a_right_price_or_an_expected_error(name):
    bodies: dict[str, list[Any]] = {}
    for kind, body, judge in bodies_with_checks(name, load("exchanges", name), sample_of(name)):
        bodies.setdefault(kind, []).append((body, judge))

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.integers(min_value=0, max_value=2**64))
    def break_them(seed: int) -> None:
        random = Random(seed)
        for _ in range(BODIES):
            sound, judge = random.choice(bodies.get(random.choice(KINDS), bodies["ticker"]))
            body = copy.deepcopy(sound)
            for _ in range(random.randint(1, MOST_CHANGES)):
                body = mutate(body, random)
            judge(body)

    break_them()
