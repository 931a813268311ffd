"""Random mutations of an exchange's response; none inserts a positive number."""

import copy
import json
from random import Random
from typing import Any

from tests.support.exchange_samples import JUNK, places, value_at

KEYS = ("", "soon", "PRICE", "Result", "0", "XXBTZUSDT", "bitcoins", "error ", "61", "__proto__")


def is_row(value: Any) -> bool:
    """Return whether *value* is a list of fields, where an inserted one would move the others."""
    return isinstance(value, list) and any(not isinstance(item, dict | list) for item in value)


def as_other_type(value: Any) -> Any:
    """Return *value* as another JSON type; a reader may accept it, but only as the same number."""
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
    """Return *body* after one mutation at a random place; it may be changed in place."""
    place = random.choice(list(places(body)))
    value = value_at(body, place)
    mutation = random.choice(
        ("junk", "junk", "type", "nest", "hoist", "delete", "insert", "repeat", "shuffle", "cut", "key")
    )
    new = value
    if mutation == "junk":
        new = copy.deepcopy(random.choice(JUNK))
    elif mutation == "type" and not is_row(value):
        new = as_other_type(value)
    elif mutation == "nest":
        new = random.choice(([value], {"": value}, {"result": value}, {"data": [value]}, [[value]]))
    elif isinstance(value, dict | list) and value:
        new = mutate_inside(value, mutation, random)
    if not place:
        return new
    value_at(body, place[:-1])[place[-1]] = new
    return body


def mutate_inside(value: Any, mutation: str, random: Random) -> Any:
    key = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
    junk = copy.deepcopy(random.choice(JUNK))
    if mutation == "hoist":
        return value[key]
    if mutation == "delete":
        del value[key]
    elif isinstance(value, dict):
        if mutation == "insert":
            value[random.choice(KEYS)] = junk
        elif mutation in ("repeat", "key"):
            value[random.choice(KEYS)] = copy.deepcopy(value[key]) if mutation == "repeat" else value.pop(key)
        elif mutation == "shuffle":
            return dict(random.sample(list(value.items()), len(value)))
    elif mutation == "cut":
        return value[:key]
    elif not is_row(value):
        if mutation == "shuffle":
            random.shuffle(value)
        elif mutation in ("insert", "repeat"):
            value.insert(key, junk if mutation == "insert" else copy.deepcopy(value[key]))
    return value
