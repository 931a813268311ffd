"""Short messages carry the signs of GSM 03.38; others are replaced where something plain says the same."""

import pytest
from apprise import Apprise

from tests.support.alert_words import AT, BERLIN, delivery, event, rule
from tests.support.receivers.services import SMS
from tracker.alerts.channels.fitting import fit_message
from tracker.alerts.channels.sms import sms_length, with_plain_signs
from tracker.alerts.messages.messages import make_message
from tracker.alerts.rules.expression import Comparison, leaves
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.vocabulary import WORDS
from tracker.alerts.states.events import EventKind, Number


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("−2.1 % … 3 × 4", "-2.1 % ... 3 x 4"),
        ("70\u202f000\u00a0€ – “so”", '70 000 € - "so"'),
        ("a ≥ b ≤ c → d", "a >= b <= c -> d"),
        ("Kurs fällt, größer", "Kurs fällt, größer"),
        ("a\nb\x1b[1m", "a b [1m"),
        ("Цена", "Цена"),  # nothing plain says the same
    ],
)
def test_signs_that_phones_refuse_become_plain_ones(text, plain):
    assert with_plain_signs(text) == plain


def test_a_message_of_160_septets_is_full():
    assert sms_length("x" * 160) == 160
    assert sms_length("€" * 80) == 160  # of two septets each


def test_a_message_with_other_signs_is_full_at_70():
    assert sms_length("Ц" * 70) == 160 < sms_length("Ц" * 71)
    assert sms_length("🚀" * 35) == 160  # of two units each


@pytest.mark.parametrize("severity", ["warning", "critical"])
@pytest.mark.parametrize("word", WORDS.values(), ids=lambda word: word.name)
def test_an_sms_of_each_kind_of_rule_has_its_numbers_and_how_far_they_can_be_relied_on(word, severity):
    [part] = leaves(parse(word.example))
    level = part.threshold if isinstance(part, Comparison) else part.level
    step = {">": 0.01, "<": -0.01}.get(part.operator, 0) if isinstance(part, Comparison) else 0
    number = Number(part.measure, level + step * abs(level), None if part.measure.span is None else 0.62)
    fired = delivery(event(EventKind.FIRED, number))
    message = make_message([fired], {"drops": rule(word.example, severity=severity)}, AT, BERLIN)
    title, body = fit_message(Apprise.instantiate(SMS.address), message)
    text = "\r\n".join(filter(None, (title, body)))
    assert sms_length(text) <= 160
    assert text.startswith(with_plain_signs(message.title))
    is_told = part.measure.span is None or word.name == "coverage"
    second = body.splitlines()[-1 if title == "" else 0] if body else ""
    assert second.startswith("Since 14:07 CET" if is_told else "Prices cover only 62 %"), text
