"""parse_response: the JSON of an exchange, or the kind of error that its status and headers mean."""

import pytest
import requests

from tracker.collector.client.response import parse_response
from tracker.core.errors import ExchangeError, RateLimited, Refused, Unreachable
from tracker.core.ticks import Origin


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("-7", 0.0),
        ("7.5", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("9" * 99, 999_999_999.0),
        ("٣", 0.0),
    ],
)
def test_a_retry_after_that_is_not_a_whole_number_counts_as_none(header, pause):
    response = requests.Response()
    response.status_code = 429
    response.headers["Retry-After"] = header
    with pytest.raises(RateLimited) as error:
        parse_response(response, b"", "exchange.example")
    assert error.value.retry_after == pause


def test_a_response_is_parsed_and_carries_the_origin_that_the_sandbox_declares(get):
    response = get()
    assert float(response.body["result"]["XXBTZUSD"]["c"][0]) > 0
    assert response.origin is Origin.SIMULATED


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"mode": "status", "status": 503}, r"127\.0\.0\.1 answers 503 \(Service Unavailable\)"),
        ({"mode": "status", "status": 429, "retry_after": 7}, r"answers 429 \(Too Many Requests\)"),
        (
            {"mode": "body", "text": '{"code":-1003,"msg":"Too many"}', "status": 418},
            r"answers 418 \(.*\): -1003, Too many$",
        ),
        ({"mode": "body", "text": '{"msg":"Too ma', "status": 418}, r"answers 418 \(.*\): {\"msg\":\"Too ma$"),
        ({"mode": "html"}, "answers no JSON, but '<!DOCTYPE html>"),
        ({"mode": "truncated"}, "answers no JSON"),
        ({"mode": "body", "text": '{"error":[],"result":{"XXBTZUSD":{"c":[NaN]}}}'}, "answers no JSON"),
        ({"mode": "body", "text": ""}, "answers no JSON"),
        ({"mode": "body", "text": "[" * 100_000}, "answers no JSON"),
        ({"mode": "reset"}, "broke off its answer"),
        ({"mode": "reset", "mid_body": True}, "broke off its answer"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_an_error_describes_the_fault_and_the_next_request_succeeds(sandbox, fault, words, get):
    sandbox.faults.apply(fault)
    with pytest.raises(ExchangeError, match=words):
        get()
    sandbox.faults.set("none")
    assert get().body["error"] == []


def test_an_unknown_path_is_an_error_with_its_status(get):
    with pytest.raises(Refused, match="answers 404"):
        get("/nobody/x")


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        ({"status": 429, "retry_after": 7}, 7.0),
        ({"status": 418, "retry_after": 259_200}, 259_200.0),
        ({"status": 503, "retry_after": 30}, 30.0),
        ({"status": 429}, 0.0),
        ({"status": 418}, 0.0),
        ({"status": 429, "retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
    ids=str,
)
def test_an_error_carries_the_pause_that_the_exchange_demands(fault, pause, error_of):
    error = error_of({"mode": "status", **fault})
    assert type(error) is RateLimited
    assert error.retry_after == pause


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        *[({"mode": "status", "status": status}, Refused) for status in (400, 404, 422)],
        *[({"mode": "status", "status": status}, Unreachable) for status in (401, 403, 451, 500, 503)],
        *[({"mode": mode}, Unreachable) for mode in ("html", "truncated", "reset")],
    ],
    ids=str,
)
def test_the_kind_of_error_distinguishes_a_refused_request_from_an_exchange_in_trouble(fault, kind, error_of):
    assert type(error_of(fault)) is kind


def test_a_retry_after_date_is_compared_with_the_exchange_s_own_clock(sandbox, error_of):
    sandbox.clock = lambda: 1_445_412_480_000 - 90_000  # years away from this computer's
    error = error_of({"mode": "status", "status": 429, "retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"})
    assert error.retry_after == 90.0


def test_a_redirect_is_not_followed_and_the_error_names_its_target(sandbox, error_of):
    target = "https://elsewhere.example/x?key=SECRET"
    words = str(error_of({"mode": "redirect", "status": 302, "location": target}))
    assert "answers 302" in words
    assert "it has moved to elsewhere.example" in words
    assert "SECRET" not in words
    assert list(sandbox.stats()) == ["/kraken/0/public/Ticker"]


def test_the_error_for_status_451_proposes_a_mirror_or_another_exchange(error_of):
    assert "does not serve this country" in str(error_of({"mode": "status", "status": 451}))


def test_a_response_carries_the_exchange_s_clock(sandbox, get):
    sandbox.clock = lambda: 1_763_900_000_400
    assert get().date == 1_763_900_000.0


@pytest.mark.parametrize(("age", "seconds"), [("0", 0), (" 120 ", 120), ("-5", 0), ("1.5", 0), ("٣", 0), ("", 0)])
def test_the_age_of_an_answer_from_a_cache_is_added_to_its_date(age, seconds):
    response = requests.Response()
    response.status_code = 200
    response.headers.update({"Date": "Sun, 23 Nov 2025 12:13:20 GMT", "Age": age})
    assert parse_response(response, b"{}", "exchange.example").date == 1_763_900_000.0 + seconds


BAN = '{"code":-1003,"msg":"Way too many requests; IP(203.0.113.7) banned until 1763901900000. Please use WebSocket."}'


@pytest.mark.parametrize("status", [403, 418, 429])
def test_a_ban_whose_end_stands_only_in_the_words_lasts_until_then_by_the_exchange_s_clock(sandbox, error_of, status):
    sandbox.clock = lambda: 1_763_900_000_000  # years away from this computer's
    error = error_of({"mode": "body", "text": BAN, "status": status})
    assert type(error) is RateLimited
    assert error.retry_after == 1900.0


@pytest.mark.parametrize("status", [403, 418])
def test_a_ban_that_is_over_has_a_pause_of_unknown_length(sandbox, error_of, status):
    sandbox.clock = lambda: 1_763_902_000_000
    assert error_of({"mode": "body", "text": BAN, "status": status}).retry_after == 0.0


def test_of_a_header_and_the_words_the_longer_pause_counts():
    response = requests.Response()
    response.status_code, response.headers["Retry-After"] = 418, "3600"
    response.headers["Date"] = "Sun, 23 Nov 2025 12:30:00 GMT"
    for retry_after, pause in (("3600", 3600.0), ("5", 900.0)):
        response.headers["Retry-After"] = retry_after
        with pytest.raises(RateLimited) as error:
            parse_response(response, BAN.encode(), "api.binance.com")
        assert error.value.retry_after == pause


@pytest.mark.parametrize("status", [400, 401, 418, 429, 500])
def test_an_address_in_a_body_or_reason_is_not_shown(status):
    response = requests.Response()
    response.status_code, response.reason = status, "Blocked 2001:db8:85a3::8a2e:370:7334"
    for body in (BAN, f"[{BAN}]", "<p>Your IP: 203.0.113.7</p>"):
        with pytest.raises(ExchangeError) as error:
            parse_response(response, body.encode(), "api.binance.com")
        assert "203.0" not in str(error.value)
        assert "db8" not in str(error.value)


def test_an_address_in_a_body_that_is_no_json_is_not_shown():
    response = requests.Response()
    response.status_code = 200
    with pytest.raises(Unreachable, match="answers no JSON, but '<p>Your IP: …</p>'"):
        parse_response(response, b"<p>Your IP: 203.0.113.7</p>", "api.binance.com")
