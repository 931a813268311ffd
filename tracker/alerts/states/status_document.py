"""Encodes the status of alerts as the JSON document that is published, and decodes it; no database is needed."""

import json
import math
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tracker.alerts.readings.verdict import CannotTell, Reason
from tracker.alerts.rules.expression import Measure
from tracker.alerts.states.alert_status import AlertStatus, ChannelState, MarketRule, RuleCounts
from tracker.alerts.states.events import Number
from tracker.alerts.states.mutes import Mute
from tracker.alerts.states.phase import Phase
from tracker.core.coordination_contract import LARGEST_DOCUMENT, Coordination
from tracker.core.errors import ConfigError, LeaseError
from tracker.core.market import Market

JOB = "alerts"  # the lease
DOCUMENT = "alerts"  # name in the coordination
FORMAT = 1  # incremented when a field's meaning changes
SILENCE = 12.0  # seconds without a new document, after which readers say so
LONGEST_WORDS = 300  # characters of an error
_LONGEST_CONDITIONS = (200, 0)  # characters; the first with which all rules fit
_ROOM = LARGEST_DOCUMENT - 1_000  # bytes
_MOST = 1_000  # channels, and mutes


def publish(status: AlertStatus, coordination: Coordination, at: int) -> None:
    """Publish *status* of *at* (epoch ms of this machine's clock). Raises LeaseError."""
    coordination.publish(DOCUMENT, encode(status, at))


def published(coordination: Coordination, now: int | None = None) -> AlertStatus | None:
    """
    Return the last status that was published, with the process that watches now; None without a readable one.

    It may be of an earlier term: then, and if the process that watches cannot publish, ``silent_for`` is set.
    *now* is epoch ms of this machine's clock. Raises nothing. Blocking.
    """
    now = time.time_ns() // 1_000_000 if now is None else now
    try:
        data = coordination.read(DOCUMENT)
    except LeaseError:
        return None
    decoded = None if data is None else decode(data)
    if decoded is None:
        return None
    status, at = decoded
    age = (now - at) / 1000
    return replace(status, watcher=coordination.holder(JOB), silent_for=age if age > SILENCE else None)


def encode(status: AlertStatus, at: int) -> bytes:
    """
    Encode *status* as JSON, at most LARGEST_DOCUMENT bytes.

    Where it has too much, conditions are cut, then the last states are left out, then the last rules.
    """
    for longest in _LONGEST_CONDITIONS:
        head = _head(status, at, longest)
        if len(_bytes(head)) <= _ROOM:
            break
    while len(_bytes(head)) > _ROOM and head["rules"]:
        head["rules"] = head["rules"][: len(head["rules"]) // 2]
    places = {counts[0]: place for place, counts in enumerate(head["rules"])}
    room, states = _ROOM - len(_bytes(head)), []
    for state in status.states:
        encoded = _bytes(_state(state, places))
        room -= len(encoded) + 1
        if room < 0:
            break
        states.append(encoded)
    head["left_out"] = status.left_out + len(status.states) - len(states)
    return _bytes(head)[:-1] + b',"states":[' + b",".join(states) + b"]}"


def decode(data: bytes) -> tuple[AlertStatus, int] | None:
    """Return what encode() was called with; None if *data* has another format, is torn or malformed."""
    try:
        fields = json.loads(data)
        if fields["format"] != FORMAT:
            return None
        rules = tuple(
            RuleCounts(name, condition, {Phase(phase): int(count) for phase, count in phases.items()}, cannot_tell)
            for name, condition, phases, cannot_tell in fields["rules"]
        )
        status = AlertStatus(
            watcher=fields["watcher"],
            problem=fields["problem"],
            rules=rules,
            states=tuple(_read_state(state, rules) for state in fields["states"]),
            left_out=fields["left_out"],
            channels=tuple(ChannelState(*channel) for channel in fields["channels"]),
            mutes=tuple(Mute(rule, _read_market(market), until) for rule, market, until in fields["mutes"]),
        )
        return status, int(fields["at"])
    except (ValueError, ArithmeticError, TypeError, LookupError, AttributeError, RecursionError, ConfigError):
        return None


def _head(status: AlertStatus, at: int, longest: int) -> dict[str, Any]:
    """Return everything but the states."""
    channels = [replace(channel, words=cut(channel.words, LONGEST_WORDS)) for channel in status.channels[:_MOST]]
    return {
        "format": FORMAT,
        "at": at,
        "watcher": status.watcher,
        "problem": cut(status.problem, LONGEST_WORDS),
        "left_out": 0,
        "rules": [
            [counts.rule, cut(counts.condition, longest), dict(counts.phases), counts.cannot_tell]
            for counts in status.rules
        ],
        "channels": [[getattr(channel, name) for name in channel.__slots__] for channel in channels],
        "mutes": [[mute.rule, str(mute.market or ""), mute.until] for mute in status.mutes[:_MOST]],
    }


def _state(state: MarketRule, places: dict[str, int]) -> list[Any]:
    """Return *state* as JSON takes it, with the place of its rule if that is there."""
    problem: list[Any] | None = None
    if (cannot := state.problem) is not None:
        problem = [cannot.reason.value, cannot.measure.to_plain(), _rounded(cannot.coverage), cannot.since]
    numbers = [[number.measure.to_plain(), _plain(number.value), _rounded(number.coverage)] for number in state.numbers]
    return [
        places.get(state.rule, state.rule),
        str(state.market),
        state.phase.value,
        state.evaluated_at,
        state.is_ahead,
        state.since,
        state.fired_at,
        problem,
        numbers,
        state.held_until,
    ]


def _read_state(plain: list[Any], rules: tuple[RuleCounts, ...]) -> MarketRule:
    rule, market, phase, evaluated_at, is_ahead, since, fired_at, problem, numbers, held_until = plain
    if problem is not None:
        reason, measure, coverage, problem_since = problem
        problem = CannotTell(Reason(reason), Measure.from_plain(measure), coverage, problem_since)
    return MarketRule(
        rule=rules[rule].rule if isinstance(rule, int) else rule,
        market=Market.parse(market),
        phase=Phase(phase),
        evaluated_at=evaluated_at,
        is_ahead=is_ahead,
        since=since,
        fired_at=fired_at,
        problem=problem,
        numbers=tuple(_read_numbers(numbers)),
        held_until=held_until,
    )


def _read_numbers(numbers: Iterable[list[Any]]) -> Iterable[Number]:
    for measure, value, coverage in numbers:
        yield Number(Measure.from_plain(measure), float(value), coverage)


def _read_market(text: str) -> Market | None:
    return Market.parse(text) if text else None


def _plain(value: float) -> float | str:
    """Return *value* as JSON takes it, which knows neither nan nor infinity."""
    return value if math.isfinite(value) else str(value)


def _rounded(coverage: float | None) -> float | None:
    return None if coverage is None else round(coverage, 4)


def _bytes(plain: object) -> bytes:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def cut(words: str, longest: int) -> str:
    """Return *words*, of at most *longest* characters."""
    return words if len(words) <= longest else f"{words[: longest - 1]}…" if longest else ""
