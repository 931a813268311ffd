"""Makes what the page shows of alerts, in words, from what the process that watches has published."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from tracker.alerts.database.past_firings import PastFiring as KeptFiring
from tracker.alerts.readings.verdict import Reading, evaluate
from tracker.alerts.rules.expression import Comparison, leaves
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.alert_status import AlertStatus, MarketRule
from tracker.alerts.states.events import Number
from tracker.alerts.states.phase import Phase
from tracker.alerts.wording.distance import number_now, signed
from tracker.alerts.wording.moves import compared
from tracker.alerts.wording.phrases import without_negations
from tracker.alerts.wording.states import held_text, state_text, state_word
from tracker.alerts.wording.written import WRITTEN
from tracker.core.market import Market
from tracker.dashboard.alerts.terms import terms_text
from tracker.render.format import currencies, time_text
from tracker.render.page.alerts_view import MarketMarks, PastFiring, Sign, WatchedMarket, WatchedRule

_SIGNS = {
    "armed": Sign.ARMED,
    "pending": Sign.PENDING,
    "firing": Sign.FIRING,
    "cannot tell": Sign.UNKNOWN,
    "done": Sign.DONE,
    "expired": Sign.EXPIRED,
}
_PLAIN = ("last_price", "change")  # whose numbers are known by their looks
_OVER = ("done", "expired")  # what the rule watched for is of no concern any more


@dataclass(frozen=True)
class Words:
    """
    Puts rules into words.

    Args:
        markets: all that are collected, among which each is named.
        now: epoch ms.
        zone: of the times in the texts.
    """

    markets: tuple[Market, ...]
    now: int
    zone: tzinfo

    def rules(
        self, rules: Iterable[Rule], status: AlertStatus | None, past: Iterable[KeptFiring] = ()
    ) -> tuple[WatchedRule, ...]:
        """
        Return one row for each of *rules*; nothing is claimed of them where nobody watches.

        *past*: the firings that are kept, of which those that last say who was told.
        """
        told = {(each.begin.rule, each.begin.market): _told(each) for each in past if each.end is None}
        is_watched = status is not None and bool(status.watcher) and status.silent_for is None
        states = {(state.rule, state.market): state for state in status.states} if status and is_watched else {}
        mutes = {(mute.rule, mute.market): mute.until for mute in status.mutes} if status else {}
        return tuple(self._rule(rule, states, mutes, told) for rule in rules)

    def firings(self, kept: Iterable[KeptFiring]) -> tuple[PastFiring, ...]:
        """Return the lines of the history."""
        return tuple(PastFiring(each.begin.rule, self._firing(each)) for each in kept)

    def moment(self, time: int) -> str:
        """Return *time* (epoch ms) in the page's zone."""
        return time_text.moment(time, self.now, self.zone)

    def _rule(
        self,
        rule: Rule,
        states: Mapping[tuple[str, Market], MarketRule],
        mutes: Mapping[tuple[str, Market | None], int],
        told: Mapping[tuple[str, Market], str],
    ) -> WatchedRule:
        until = mutes.get((rule.name, None), 0)
        markets = tuple(
            self._market(
                rule,
                market,
                states.get((rule.name, market)),
                mutes.get((rule.name, market), 0),
                told.get((rule.name, market), ""),
            )
            for market in rule.markets
        )
        muted = f"muted to {self.moment(until)}" if until > self.now else ""
        return WatchedRule(
            name=rule.name,
            condition=rule.condition,
            terms=terms_text(rule, self.now, self.zone),
            markets=markets,
            muted=muted,
        )

    def _market(
        self, rule: Rule, market: Market, state: MarketRule | None, muted_until: int, told: str
    ) -> WatchedMarket:
        label = currencies.label(market, self.markets)
        if state is None:
            return WatchedMarket(label, Sign.UNKNOWN, "not evaluated yet", str(market))
        word, text = state_word(rule, state, self.now), state_text(rule, state, self.now, self.zone)
        parts = [
            number_text(rule, state.numbers) if state.problem is None and word not in _OVER else "",
            f"ended {text}" if word == "expired" else text,
        ]
        if state.phase is Phase.FIRING:
            parts.insert(1, _end_text(rule, state.numbers))
        is_muted = muted_until > self.now
        if is_muted:
            parts.append(f"muted to {self.moment(muted_until)}")
        elif state.phase is Phase.FIRING:
            parts.append(held_text(state, self.now, self.zone) or told)
        sign = Sign.MUTED if is_muted else _SIGNS[word]
        # The page's heading names its zone; another one, of before the clocks changed, stays.
        row = " · ".join(filter(None, parts)).replace(f" {time_text.zone_name(self.now, self.zone)}", "")
        return WatchedMarket(label, sign, row, str(market))

    def _firing(self, kept: KeptFiring) -> str:
        begin, end = kept.begin, kept.end
        label = currencies.label(begin.market, self.markets)
        times = f"{self.moment(begin.at)}–{self.moment(end.at)}" if end else f"since {self.moment(begin.at)}"
        return " · ".join(filter(None, (label, times, _numbers_text(begin.numbers), _told(kept))))


def _told(kept: KeptFiring) -> str:
    """Return who was told of the firing: ``sent to ops``, ``not sent``, ``nobody told``."""
    sent = [channel for channel, time in kept.sent.items() if time is not None]
    return f"sent to {', '.join(sent)}" if sent else "not sent" if kept.sent else "nobody told"


def number_text(rule: Rule, read: Iterable[Number]) -> str:
    """Return what the measures of *rule* read: ``now 17,768.50, 0.96 % above``, ``now −2.12 %``."""
    finite = [number for number in read if math.isfinite(number.value)]
    condition = compared(without_negations(rule.expression))
    if condition is not None and len(finite) == 1:
        return f"now {number_now(condition, finite[0].value)}"
    texts = [
        f"{number.measure} {_amount(number)}" if len(finite) > 1 else f"now {_amount(number)}" for number in finite
    ]
    return ", ".join(texts)


def _end_text(rule: Rule, read: Iterable[Number]) -> str:
    """Return ``ends at 216,783`` of a firing whose number is back on the other side of the threshold; else nothing."""
    condition, rearm = without_negations(rule.expression), without_negations(rule.rearm)
    if not (isinstance(condition, Comparison) and isinstance(rearm, Comparison)):
        return ""
    readings = {number.measure: Reading(number.value) for number in read if math.isfinite(number.value)}
    if condition.measure not in readings or evaluate(condition, readings) or rearm.threshold == condition.threshold:
        return ""
    return f"ends at {WRITTEN.limit(rearm.measure, rearm.threshold, '')}"


def _numbers_text(read: Iterable[Number]) -> str:
    """Return what the measures of a rule read when it fired: ``17,500.00``, ``+2.31 %``, ``coverage(1h) 85 %``."""
    finite = [number for number in read if math.isfinite(number.value)]
    is_plain = len(finite) == 1 and finite[0].measure.name in _PLAIN
    return ", ".join(_amount(number) if is_plain else f"{number.measure} {_amount(number)}" for number in finite)


def _amount(number: Number) -> str:
    text = WRITTEN.amount(number.measure, abs(number.value), "")
    return signed(text, number.value) if number.measure.name == "change" else text


def marks_of(
    rules: Iterable[Rule],
    status: AlertStatus | None,
    kept: Sequence[KeptFiring],
    rehearsed: Mapping[Market, tuple[int, ...]],
    now: int,
) -> Mapping[Market, MarketMarks]:
    """
    Return what the chart of each market marks.

    Args:
        rules: whose thresholds are prices; those that cannot fire any more are left out.
        status: as it is published.
        kept: firings, the newest first.
        rehearsed: when the rule that is being written would have fired.
        now: epoch ms.
    """
    done = {(state.rule, state.market) for state in status.states if state.phase is Phase.DONE} if status else set()
    levels: dict[Market, dict[float, None]] = {}
    for rule in rules:
        markets = () if rule.has_expired(now) else [each for each in rule.markets if (rule.name, each) not in done]
        for level in levels_of(rule):
            for market in markets:
                levels.setdefault(market, {})[level] = None
    spans: dict[Market, list[tuple[int, int | None]]] = {}
    for firing in reversed(kept):
        span = firing.begin.at, None if firing.end is None else firing.end.at
        spans.setdefault(firing.begin.market, []).append(span)
    return {
        market: MarketMarks(tuple(levels.get(market, ())), tuple(spans.get(market, ())), rehearsed.get(market, ()))
        for market in {*levels, *spans, *rehearsed}
    }


def levels_of(rule: Rule) -> tuple[float, ...]:
    """Return the prices at which *rule* begins or ceases to hold."""
    return tuple(
        leaf.threshold if isinstance(leaf, Comparison) else leaf.level
        for leaf in leaves(rule.expression)
        if leaf.measure.name == "last_price"
    )
