"""What services get: words as they are, escaped once, with the picture where one is taken."""

import base64
import re
import urllib.parse
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.channels import NAME, message, sent
from tests.support.receivers import services
from tests.support.receivers.http import Reply, receiving
from tests.support.receivers.services import CALL, PAGERDUTY, SMS, TELEGRAM, WEBHOOK
from tests.support.receivers.telegram import fields_of, shown

PICTURE = b"\x89PNG\r\n\x1a\nnot really"


def test_a_webhook_gets_the_words_and_the_picture():
    with receiving(WEBHOOK.good) as receiver:
        sent(WEBHOOK, receiver, picture=PICTURE)
    [request] = receiver.received
    assert (request.method, request.path) == ("POST", "/HOOKPATH")
    assert (request.json["title"], request.json["message"]) == (message().title, "\n".join(message().lines))
    assert request.json["type"] == "failure"
    [attachment] = request.json["attachments"]
    assert (attachment["mimetype"], base64.b64decode(attachment["base64"])) == ("image/png", PICTURE)
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"hook:HOOKPASS").decode()


def test_an_sms_has_signs_that_every_phone_takes():
    with receiving(SMS.good) as receiver:
        sent(SMS, receiver, lines=("−2.1 %", "b"), picture=PICTURE)
    [request] = receiver.received
    assert request.path == f"/2010-04-01/Accounts/{services.SID}/Messages.json"
    assert request.form["Body"] == f"{NAME}: 1 BTC < 70,000 EUR\r\n-2.1 %\nb"
    assert (request.form["From"], request.form["To"]) == (f"+{services.FROM}", f"+{services.TO}")


def test_a_phone_call_speaks_one_sentence():
    with receiving(CALL.good) as receiver:
        sent(CALL, receiver)
    [request] = receiver.received
    assert request.path.endswith("/Calls.json")
    spoken = "a&lt;b &amp; *c* _d_ fires: one bitcoin costs 69871 euros"
    assert request.form["Twiml"] == f"<Response><Say>{spoken}</Say></Response>"


def test_pagerduty_opens_an_incident_by_the_firing_and_closes_it():
    with receiving(PAGERDUTY.good) as receiver:
        assert sent(PAGERDUTY, receiver, severity="warning").arrived
        assert sent(PAGERDUTY, receiver, resolves=True).arrived
    opened, closed = (request.json for request in receiver.received)
    assert (opened["event_action"], opened["payload"]["severity"]) == ("trigger", "warning")
    assert opened["payload"]["summary"].startswith(message().title)
    assert (opened["payload"]["source"], "images" in opened) == ("BTC price tracker", False)
    assert (closed["event_action"], opened["dedup_key"]) == ("resolve", message().key)
    assert closed["dedup_key"] == opened["dedup_key"]


def test_a_long_key_of_a_firing_is_still_its_own():
    keys = [f"{'x' * 300}|{number}" for number in range(2)]
    with receiving(PAGERDUTY.good) as receiver:
        for key in keys:
            sent(PAGERDUTY, receiver, key=key)
    first, second = (request.json["dedup_key"] for request in receiver.received)
    assert first != second
    assert len(first) <= 255


@pytest.mark.parametrize("options", ["", "?format=markdown&mdv=v2", "?content=after"])
@pytest.mark.parametrize("picture", [None, PICTURE])
def test_telegram_shows_the_words_as_they_are(options, picture):
    with receiving(TELEGRAM.good) as receiver:
        outcome = sent(TELEGRAM, receiver, address=f"{TELEGRAM.address}/{options}", picture=picture)
    assert outcome.arrived, outcome.words
    [request] = receiver.received
    assert urlsplit(request.path).path.lower() == f"/bot{services.BOT}/send{'photo' if picture else 'message'}".lower()
    fields = fields_of(request)
    text = shown(fields["caption" if picture else "text"], fields["parse_mode"])
    assert text.replace("\r", "").split("\n") == [message().title, *message().lines]
    assert fields.get("photo") == picture


def test_slack_gets_the_words_escaped_once():
    with receiving(WEBHOOK.good) as receiver:
        address = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?format=markdown"
        assert sent(None, receiver, address=address, lines=(NAME,), picture=PICTURE).arrived
    [request] = receiver.received
    [attachment] = request.json["attachments"]
    assert attachment["title"].startswith("a&lt;b &amp; *c* _d_: 1 BTC &lt;")
    assert attachment["text"] == "a&lt;b &amp; *c* _d_"
    assert request.json["mrkdwn"] is False


def test_ntfy_gets_words_and_picture():
    with receiving(WEBHOOK.good) as receiver:
        assert sent(None, receiver, address=f"ntfy://127.0.0.1:{receiver.port}/TOPIC", picture=PICTURE).arrived
    [request] = receiver.received
    query = parse_qs(urlsplit(request.path).query)
    assert (query["title"], query["message"]) == ([message().title], ["\n".join(message().lines)])
    assert request.body == PICTURE


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("discord://000000000000000000/AAAAbbbbCCCCddddEEEEffff0123456789/", "content"),
        ("fluxer://000000000000000000/AAAAbbbbCCCCddddEEEEffff0123456789/", "content"),
        ("humhub://token@127.0.0.1:PORT/3", "data.message"),
        ("mmost://127.0.0.1:PORT/token123456789012345678", "text"),
        ("nctalk://user:pass@127.0.0.1:PORT/room", "message"),
        ("notifiarr://apikey123/1234567890", "discord.text.description"),
        ("revolt://bottoken/channelid", "content"),
        ("rocket://webhooka/webhookb@127.0.0.1:PORT/#room", "text"),
        ("ryver://apprise/ckhrjW8w672m6HG", "body"),
        ("wxteams://" + "a" * 80, "markdown"),
    ],
)
def test_services_that_always_show_markdown_show_the_words_as_they_are(address, path):
    with receiving(lambda _: Reply(200, b"{}")) as receiver:
        assert sent(None, receiver, address=address.replace("PORT", str(receiver.port))).arrived
    [request] = receiver.received
    escaped = request.json if "json" in request.headers["Content-Type"] else request.form
    texts = escaped.get("discord", {}).get("text", {})  # Notifiarr's, whose title stands apart
    for key in path.split("."):
        escaped = escaped[key]
    escaped = "\n".join(filter(None, (texts.get("title"), escaped)))
    escaped = re.sub(r"^\*\*(.*)\*\*$", r"\1", escaped.removeprefix("# ").replace("\r", ""), flags=re.MULTILINE)
    assert re.search(r"(?<!\\)[*_]", escaped) is None
    assert re.sub(r"\\([^A-Za-z0-9\s])", r"\1", escaped).split("\n") == [message().title, *message().lines]


@pytest.mark.parametrize(("name", "fence"), [(NAME, "```"), ("a ```` b", "`````")])
def test_zulip_which_knows_no_escape_shows_the_words_as_code(name, fence):
    address = f"zulip://bot@org/{'a' * 32}/prices"
    with receiving(lambda _: Reply(200, b"{}")) as receiver:
        assert sent(None, receiver, address=address, title="*t*", lines=(name, "@**all** _b_")).arrived
    [request] = receiver.received
    assert request.form["topic"] == "*t*"
    assert request.form["content"] == f"{fence}text\n{name}\n@**all** _b_\n{fence}"


@pytest.mark.parametrize(
    ("address", "title"), [("workflows://HOST/WORKFLOW/SIGNATURE", r"\*t\*"), ("schan://SCT12345T123abc", "*t*")]
)
def test_a_title_is_escaped_where_it_shows_markdown(address, title):
    with receiving(lambda _: Reply(200, b"{}")) as receiver:
        sent(None, receiver, address=address, title="*t*", lines=("*b*",))
    body = urllib.parse.unquote(receiver.received[0].body.decode()).replace("\\\\", "\\")
    assert (f'"{title}"' in body or f"title={title}&" in body, r"\*b\*" in body) == (True, True)


def test_a_service_that_refuses_the_picture_gets_the_words_alone():
    def without_pictures(request):
        return Reply(413) if request.json["attachments"] else Reply()

    with receiving(without_pictures) as receiver:
        assert sent(WEBHOOK, receiver, picture=PICTURE).arrived
    assert [len(request.json["attachments"]) for request in receiver.received] == [1, 0]


@pytest.mark.parametrize("reply", [Reply(500), Reply(429), Reply(403)])
def test_a_service_that_fails_gets_a_message_with_a_picture_once(reply):
    with receiving(lambda _: reply) as receiver:
        assert not sent(WEBHOOK, receiver, picture=PICTURE).arrived
    assert len(receiver.received) == 1
