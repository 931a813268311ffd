"""The services that tests send to by HTTP: an address of apprise, and how each answers, as its documentation has it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.receivers.http import Answerer, Received, Reply, json_reply
from tests.support.receivers.telegram import answer_telegram

SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
FROM, TO = "15551234567", "4915112345678"
BOT = "123456789:AAzz_-0123456789abcdefghijklmnopqrstu"
SECRETS = (SID, TOKEN, FROM, TO, BOT, BOT.split(":")[1], "HOOKPASS", "HOOKPATH", "INTEGKEY77", "APIKEY88", "55667788")


@dataclass(frozen=True)
class Service:
    """
    A service and its answers.

    Attributes:
        address: of apprise; *port* is put in where it has none of its own.
        good, bad: the answers to a message that it takes, and to one that it refuses.
        told: what an Outcome says of *bad*.
    """

    name: str
    address: str
    good: Answerer
    bad: Reply
    told: str

    def at(self, port: int) -> str:
        return self.address.replace("PORT", str(port))


def _always(reply: Reply) -> Callable[[Received], Reply]:
    return lambda _request: reply


_TWILIO_BAD = json_reply(
    400,
    {
        "code": 21211,
        "message": f"The 'To' number +{TO} is not a valid phone number.",
        "more_info": "https://www.twilio.com/docs/errors/21211",
        "status": 400,
    },
)
_TWILIO_TOLD = "Twilio answered 400: The 'To' number … is not a valid phone number."
_PAGERDUTY_BAD = json_reply(
    400,
    {"status": "invalid event", "message": "Event object is invalid", "errors": ["'routing_key' is INTEGKEY77"]},
)

WEBHOOK = Service(
    "webhook",
    "json://hook:HOOKPASS@127.0.0.1:PORT/HOOKPATH",
    _always(Reply()),
    Reply(400, b"no HOOKPATH of yours takes HOOKPASS"),
    "the webhook answered 400: no … of yours takes …",
)
SMS = Service(
    "sms",
    f"twilio://{SID}:{TOKEN}@{FROM}/{TO}",
    _always(json_reply(201, {"sid": "SM1", "status": "queued"})),
    _TWILIO_BAD,
    _TWILIO_TOLD,
)
CALL = Service("call", f"{SMS.address}?method=call", SMS.good, _TWILIO_BAD, _TWILIO_TOLD)
PAGERDUTY = Service(
    "pagerduty",
    "pagerduty://INTEGKEY77@APIKEY88",
    _always(json_reply(202, {"status": "success", "message": "Event processed", "dedup_key": "k"})),
    _PAGERDUTY_BAD,
    "PagerDuty answered 400: Event object is invalid",
)
TELEGRAM = Service(
    "telegram",
    f"tgram://{BOT}/55667788",
    answer_telegram,
    json_reply(400, {"ok": False, "error_code": 400, "description": "Bad Request: chat 55667788 not found"}),
    "Telegram answered 400: Bad Request: chat … not found",
)
SERVICES = (WEBHOOK, SMS, CALL, PAGERDUTY, TELEGRAM)
