"""Tries a channel: sends a test, and ends what that opened."""

from dataclasses import replace

from tracker.alerts.channel_contract import Channels
from tracker.alerts.messages import make_test_message
from tracker.alerts.outcome import Outcome


def send_test(channels: Channels, name: str, now: int) -> Outcome:
    """
    Send a test to the channel *name* and return what the other side answered. Blocks.

    Where a message opens an incident, as in PagerDuty, a second one resolves it; the words say if that did not arrive.

    Args:
        channels: that have it.
        name: of the channel.
        now: epoch ms.
    """
    message = make_test_message(name, now)
    outcome = channels.send(name, message)
    if not (outcome.arrived or outcome.may_have_arrived) or not channels.takes_single_firings(name):
        return outcome
    end = channels.send(name, replace(message, resolves=True))
    if not end.arrived:
        words = f"an incident that it opened has to be resolved by hand, as {end.words}"
    else:
        words = "its end arrived too" if outcome.arrived else "an incident that it may have opened is resolved"
    return replace(outcome, words=f"{outcome.words}; {words}")
