"""Messages are cut at a line within the limit of their service, and say how many lines were left out."""

import html
import re

import pytest
from apprise import Apprise

from tests.support.channels import NAME, message
from tests.support.receivers.services import CALL, PAGERDUTY, SMS, TELEGRAM, WEBHOOK
from tests.support.receivers.telegram import shown
from tracker.alerts.channels import apprise_library
from tracker.alerts.channels.fitting import fit_message

MANY = tuple(f"{NAME} fired in market number {number}, 1 BTC = 70,{number:03} EUR" for number in range(500))


def plugin(address):
    made = Apprise.instantiate(address.replace("PORT", "8080"))
    assert made is not None
    return made


def calls(made, text):
    """Return what apprise would send."""
    title, body = fit_message(made, text)
    sent = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(made), "send", lambda _self, **call: sent.append(call) or True)
        assert apprise_library.send(made, text, title, body)
    return sent


def test_a_message_that_fits_is_whole():
    whole = message()
    assert fit_message(plugin(WEBHOOK.address), whole) == (whole.title, "\n".join(whole.lines))


@pytest.mark.parametrize("address", [SMS.address, PAGERDUTY.address, TELEGRAM.address, WEBHOOK.address])
@pytest.mark.parametrize("sign", ["a", "<", "&", "−"])
def test_what_is_left_out_is_counted_and_the_rest_is_used(address, sign):
    lines = tuple(f"{number} {sign * 20}" for number in range(2000))
    made = plugin(address)
    [call] = calls(made, message(title="t", lines=lines, is_summary=True))
    text = shown(call["body"], "HTML") if address == TELEGRAM.address else call["body"]
    kept = re.findall(r"^(\d+) ", text, re.MULTILINE)
    assert kept == [str(number) for number in range(len(kept))]
    assert text.endswith(f"\nand {2000 - len(kept)} more")
    assert len(call["body"]) <= made.body_maxlen
    assert len(call["body"].encode()) > made.body_maxlen * 0.4  # a sign may have three bytes, or an escape five


def test_what_is_left_out_of_a_single_alert_is_not_counted_as_if_there_were_more():
    lines = ("It costs 5 EUR.", "x" * 120, "Written today.")
    [call] = calls(plugin(SMS.address), message(title="a: it costs more than 4 EUR", lines=lines))
    assert call["body"] == "a: it costs more than 4 EUR\r\nIt costs 5 EUR."


def test_an_sms_of_160_signs_is_whole_though_it_has_more_bytes():
    [call] = calls(plugin(SMS.address), message(title="t", lines=("ä" * 80, "ö" * 76)))
    assert call["body"] == "t\r\n" + "ä" * 80 + "\n" + "ö" * 76


def test_an_sms_with_signs_of_no_phone_is_shorter():
    [call] = calls(plugin(SMS.address), message(title="Цена", lines=("Цена упала",) * 50))
    assert call["body"].startswith("Цена\r\nЦена упала\n")
    assert 50 < len(call["body"]) <= 70


def test_a_first_line_that_is_too_long_is_cut_within():
    [call] = calls(plugin(SMS.address), message(title="t", lines=("word " * 60, "b", "c"), is_summary=True))
    assert re.fullmatch(r"t\r\n(word )+\S*\.\.\.\nand 2 more", call["body"])
    assert len(call["body"]) <= 160


def test_a_title_that_is_too_long_is_cut():
    [call] = calls(plugin(SMS.address), message(title="word " * 60, lines=("b",)))
    assert call["body"].startswith("word word")
    assert len(call["body"]) <= 160
    title, body = fit_message(plugin(WEBHOOK.address), message(title="word " * 60, lines=("b",)))
    assert (len(title) <= 250, title.endswith("..."), body) == (True, True, "b")


def test_a_message_without_lines_is_its_title():
    assert fit_message(plugin(WEBHOOK.address), message(lines=())) == ("", message().title)


def test_a_phone_call_is_its_sentence_and_no_command_to_the_phone_service():
    made = plugin(CALL.address)
    assert fit_message(made, message()) == ("", message().spoken)
    title, body = fit_message(made, message(spoken="<Hangup/> fires\nnow"))
    assert (title, body) == ("", "Alert: <Hangup/> fires now")
    [call] = calls(made, message(spoken="&" * 9000))
    assert 3_900 < len(html.escape(call["body"])) <= 4_000


def test_control_signs_of_a_title_or_a_line_are_blanks():
    title, body = fit_message(plugin(WEBHOOK.address), message(title="a\r\nBcc: x", lines=("b\x1b[1m\nc", "d")))
    assert (title, body) == ("a Bcc: x", "b [1m c\nd")


@pytest.mark.parametrize(
    "address",
    [
        "discord://000000000000000000/AAAAbbbbCCCCddddEEEEffff0123456789/",
        "revolt://bottoken/channelid",
        "ryver://apprise/ckhrjW8w672m6HG",
        "zulip://bot@org/" + "a" * 32 + "/prices",
    ],
)
def test_a_title_in_the_text_is_counted_as_it_is_escaped(address):
    made = plugin(address)
    [call] = calls(made, message(title="*" * made.title_maxlen, lines=MANY))
    title = call["title"] if made.service_name != "Zulip" else ""
    assert made.body_maxlen * 0.9 < len(f"{title}\n{call['body']}".encode()) <= made.body_maxlen
