"""Channels and messages for tests."""

from pathlib import Path
from typing import Any

from tracker.alerts.channels.channels import Channels
from tracker.alerts.channels.sending import Limits
from tracker.alerts.messages.message import Message
from tracker.runtime.settings import Settings

LIMITS = Limits(connect=10.0, answer=10.0, whole=30.0)
IMPATIENT = Limits(connect=10.0, answer=0.3, whole=30.0)  # for services that do not answer
NAME = "a<b & *c* _d_"  # of a rule; each service has another idea of what is markup in it


def message(**changes: Any) -> Message:
    fields = {
        "title": f"{NAME}: 1 BTC < 70,000 EUR",
        "lines": (f"{NAME} holds since 21:03 UTC.", "price 69,871.20 EUR, −2.1 % in 10 min", "coverage 98 %"),
        "spoken": f"{NAME} fires: one bitcoin costs 69871 euros",
        "severity": "critical",
        "key": "a<b|kraken:BTC/EUR|1795446000000",
        "resolves": False,
    }
    return Message(**fields | changes)


def channels(limits: Limits = LIMITS, folder: Path | None = None, **tables: Any) -> Channels:
    """Return the channels that ``[channels]`` would have as *tables*."""
    settings = Settings(channels=tables).model_copy(update={"base": folder or Path.cwd()})
    return Channels(settings, limits)


def sent(service, receiver, limits=LIMITS, address="", **changes):
    """Send to *service*, or to *address*, by *receiver*; return the outcome."""
    table = {"address": address or service.at(receiver.port), "base": receiver.base}
    return channels(limits, ops=table).send("ops", message(**changes))
