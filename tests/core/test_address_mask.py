"""mask_addresses: no address of another machine remains in foreign text, and nothing else is hidden."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.address_mask import mask_addresses
from tracker.core.parsing import printable, refusal_text

TEXTS = [
    *("IP({}) banned", "Your address {}.", "{}", "'{}' where a number belongs", "a,{},b", "ip={} banned"),
    *("IP:{} banned", "source:{}", "ip:'{}'", "[{}]:443", "{}/64", "<b>{}</b>"),
]
# No computer has an address that begins with 0.
ADDRESSES = st.ip_addresses().filter(
    lambda address: not (address.is_loopback or address.is_unspecified or str(address).startswith("0."))
)


@given(ADDRESSES, st.sampled_from(TEXTS))
def test_an_address_in_foreign_text_is_masked_however_it_is_written(address, text):
    for written in {str(address), address.exploded, address.compressed.upper()}:
        shown = text.format(written)
        assert mask_addresses(shown) == text.format("…")
        assert written not in printable(shown) + refusal_text({"msg": [shown]})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("IP203.0.113.7 is banned", "IP… is banned"),
        ("ip_203.0.113.7x", "ip_…x"),
        ("203.000.113.007:52344", "…:52344"),
        ("'blocked 203.0.113.'", "'blocked …'"),
        ("'blocked 203.0.113'", "'blocked …'"),
        ("'blocked ::ffff:203.0.11'", "'blocked …'"),
    ],
)
def test_an_address_within_a_word_with_zeros_or_cut_off_is_masked(text, shown):
    assert mask_addresses(text) == shown


@given(ADDRESSES, st.integers(150, 215))
def test_no_part_of_an_address_remains_where_a_text_is_cut(address, before):
    text = "x" * before + f" IP({address.exploded}) banned"
    parts = {part for part in str(address.exploded).replace(":", ".").split(".") if len(part) > 2}
    for shown in (printable(text), refusal_text(text), refusal_text({"msg": text})):
        assert not [part for part in parts if part in shown.replace("x", "")]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "127.0.0.1 answers 503",
            "[::1] answers 503",
            "9:28:14.789 to 12:13:20",
            "from 9:28 to 12:13:20.456",
            "2025-11-23T12:13:20.123456Z",
        ),
        *("95012.34 where 0.5 belongs", "error 400.002", "v1.2.3", "std::vector", "ab:cd:ef", "'12.34' and '1.2'"),
        *("EGeneral :: busy", "it rose to 0.5.", "1.2.3.4.5", "1.2.3.999", "00:1A:2B:3C:4D:5E", "tracker 0.1.0"),
    ],
)
def test_text_without_a_foreign_address_stays_as_it_is(text):
    assert mask_addresses(text) == text


def test_the_address_that_was_asked_is_kept():
    assert mask_addresses("10.0.0.5 answers 429: IP(10.0.0.7)", keep="10.0.0.5") == "10.0.0.5 answers 429: IP(…)"
