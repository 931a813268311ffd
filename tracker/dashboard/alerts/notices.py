"""What is to know of alerts beside their states: nobody watches, a channel does not answer."""

from collections.abc import Iterator

from tracker.alerts.states.alert_status import AlertStatus
from tracker.alerts.wording.states import channel_problem, channel_tries
from tracker.dashboard.alerts.view import Words
from tracker.render.format import plain_text, time_text
from tracker.render.page.alerts_view import AlertNotice

_START = "type tracker dashboard or tracker collect, where price-tracker's extra [alerts] is installed"


def notices(status: AlertStatus | None, words: Words, *, has_rules: bool) -> tuple[AlertNotice, ...]:
    """
    Return what is to know, the most severe first.

    Args:
        status: of the process that watches; None: none has published any.
        words: writes the times.
        has_rules: whether there is anything to watch.
    """
    found = [*(_of_watcher(status) if has_rules else []), *_of_channels(status, words)]
    if status is not None and status.left_out:
        found.append(AlertNotice("is-waiting", f"{status.left_out:,} states are not listed", "There are too many."))
    return tuple(found)


def _of_watcher(status: AlertStatus | None) -> Iterator[AlertNotice]:
    if status is None or not status.watcher:
        yield AlertNotice("is-down", "Nobody watches these rules", f"Nothing is sent. To watch them, {_START}.")
    elif status.silent_for is not None:
        silent = time_text.rough_duration(1_000 * status.silent_for)
        yield AlertNotice("is-down", "The rules may not be watched", f"{status.watcher} has been silent for {silent}.")
    elif status.problem:
        text = plain_text.sentence(plain_text.hide_folders(status.problem))
        yield AlertNotice("is-down", "Alerts do not work as they should", text)


def _of_channels(status: AlertStatus | None, words: Words) -> Iterator[AlertNotice]:
    for channel in status.channels if status is not None else ():
        if channel.words or channel.failing_since is not None or (not channel.exists and channel.waiting):
            text = plain_text.hide_folders(channel_problem(channel, words.now, words.zone))
            tries = channel_tries(channel, words.now)
            yield AlertNotice("is-stale", f"Channel {channel.channel}", f"{text[:1].upper()}{text[1:]}.", tries)
