"""mask_addresses: no address of another machine remains in foreign text, and nothing else is hidden."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.address_mask import mask_addresses
from tracker.core.parsing import printable, refusal_text

ADDRESSES = st.ip_addresses().filter(lambda address: not (address.is_loopback or address.is_unspecified))


@given(ADDRESSES, st.sampled_from(["IP({}) banned", "Your address {}.", "{}", "'{}' where a number belongs", "a,{},b"]))
def test_an_address_in_foreign_text_is_masked_however_it_is_written(address, text):
    for written in {str(address), address.exploded, address.compressed.upper()}:
        shown = text.format(written)
        assert mask_addresses(shown) == text.format("…")
        assert written not in printable(shown) + refusal_text({"msg": [shown]})


@given(ADDRESSES, st.integers(150, 215))
def test_no_part_of_an_address_remains_where_a_text_is_cut(address, before):
    text = "x" * before + f" IP({address.exploded}) banned"
    parts = {part for part in str(address.exploded).replace(":", ".").split(".") if len(part) > 2}
    for shown in (printable(text), refusal_text(text), refusal_text({"msg": text})):
        assert not [part for part in parts if part in shown.replace("x", "")]


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1 answers 503", "[::1] answers 503", "9:28:14.789 to 12:13:20", "2025-11-23T12:13:20.123456Z"),
        *("95012.34 where 0.5 belongs", "error 400.002", "v1.2.3", "std::vector", "ab:cd:ef", "'12.34' and '1.2'"),
    ],
)
def test_text_without_a_foreign_address_stays_as_it_is(text):
    assert mask_addresses(text) == text


def test_the_address_that_was_asked_is_kept():
    assert mask_addresses("10.0.0.5 answers 429: IP(10.0.0.7)", keep="10.0.0.5") == "10.0.0.5 answers 429: IP(…)"
