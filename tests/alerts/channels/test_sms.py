"""Short messages carry the signs of GSM 03.38; others are replaced where something plain says the same."""

import pytest

from tracker.alerts.channels.sms import sms_length, with_plain_signs


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
