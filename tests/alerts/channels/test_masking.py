"""Words of services are shown without any part of the channel's address, and without anyone else's."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.alerts.channels.masking import Mask


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("no user alice here", "no user … here"),
        ("login ALICE:p@ss/w0rd failed", "login … failed"),
        ("wrong password p@ss/w0rd", "wrong password …"),
        ("wrong password p%40ss%2Fw0rd", "wrong password …"),
        ("chat 42 is not 421", "chat … is not 421"),
        (f"Basic {base64.b64encode(b'alice:p@ss/w0rd').decode()}", "Basic …"),
        ("ask bob@example.com", "ask …"),
        ("call +49 (151) 1234-5678 now", "call … now"),
        ("see https://example.com/help?id=1 for more", "see … for more"),
        ("token 0a1b2c3d4e5f6a7b8c9d0e1f2a3b", "token …"),
        ("your address 203.0.113.7 is blocked", "your address … is blocked"),
        ("line one\nline\ttwo", "line one line two"),
        ("too many requests: retry after 5", "too many requests: retry after 5"),
        ("yes, the format is text", "yes, the format is text"),
        ("", ""),
    ],
)
def test_words_are_shown_without_parts_of_addresses(words, shown):
    assert Mask("json://alice:p%40ss%2Fw0rd@host.example/chat-id/42?format=text&verify=yes")(words) == shown


def test_what_is_cut_off_contains_no_beginning_of_a_secret():
    shown = Mask("json://u:SECRETSECRET@host")("x " * 77 + "SECRETSECRET")
    assert len(shown) <= 160
    assert "SEC" not in shown


def test_the_beginning_of_a_secret_at_the_end_of_what_is_read_is_not_shown():
    assert "SEC" not in Mask("json://u:SECRETSECRET@host")("SECRETSECRET" * 1000)


def test_a_password_is_masked_also_if_it_is_a_common_word():
    assert Mask("json://user:text@host")("text is wrong for user") == "… is wrong for …"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=20), st.booleans())
def test_no_password_is_shown_however_it_is_written(password, is_quoted):
    mask = Mask(f"mailto://someone:{quote(password, safe='')}@host.example")
    written = quote(password, safe="") if is_quoted else password
    assert written not in mask(f"refused: {written} is wrong").removeprefix("refused: ").removesuffix(" is wrong")
