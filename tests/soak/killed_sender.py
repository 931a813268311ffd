"""
A process that sends is killed at random times, or loses the lease: nothing is lost, and nothing comes twice unmarked.

Each receipt is a line of a pipe, which the killer reads as if it were the channels' own list.
"""

import os
import random
import select
import signal
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.support.alert_database import NOW, close_all, fired, opened, resolved, state
from tracker.core.errors import LeaseError


class Receipt(NamedTuple):
    """One message that a channel took."""

    kind: str
    time: int
    channel: str
    repeated: bool


class Outcome(NamedTuple):
    """What was demanded and received: *demanded* are kind and time of each event that was committed."""

    demanded: list[tuple[str, int]]
    receipts: list[Receipt]
    killed: int
    displaced: int  # processes that were alive when the lease moved on

    @property
    def lost(self) -> list[tuple[str, int]]:
        """Events that reached no channel."""
        return sorted(set(self.demanded) - {receipt[:2] for receipt in self.receipts})

    @property
    def unkept(self) -> list[tuple[str, int]]:
        """Events that were sent, and are not kept."""
        return sorted({receipt[:2] for receipt in self.receipts} - set(self.demanded))

    @property
    def early_ends(self) -> list[Receipt]:
        """Ends of firings that came before their beginning; an end is the next event after its beginning."""
        first = {receipt[:2]: place for place, receipt in reversed(list(enumerate(self.receipts)))}
        ends = (receipt for receipt in self.receipts if receipt.kind == "resolved")
        return [end for end in ends if first[end[:2]] < first.get(("fired", end.time - 1), len(first))]

    @property
    def unmarked_doubles(self) -> list[tuple[str, int, str]]:
        """Messages that a channel took more than once without ``repeated``."""
        counts = Counter(receipt[:3] for receipt in self.receipts if not receipt.repeated)
        return [message for message, count in counts.items() if count > 1]


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Kill *size* processes, or let the lease move on; the next one goes on where each has ended."""
    outcome = _kill_senders(folder, size, seed)
    times = [at for _, at in outcome.demanded]
    assert times == list(range(times[0], times[0] + len(times))), "a state without its event, or the reverse"
    assert not outcome.lost, outcome.lost
    assert not outcome.unmarked_doubles, outcome.unmarked_doubles
    assert not outcome.unkept, outcome.unkept
    assert not outcome.early_ends, outcome.early_ends
    repeated = sum(receipt.repeated for receipt in outcome.receipts)
    assert repeated <= 2 * size, "more than the two that a process sends at a time"
    return {
        "killed": outcome.killed,
        "lease moved": outcome.displaced,
        "events": len(times),
        "repeated": repeated,
        "lost": len(outcome.lost),
        "doubled unmarked": len(outcome.unmarked_doubles),
    }


def _kill_senders(folder: Path, kills: int, seed: int) -> Outcome:
    """Kill *kills* processes that use the database in *folder*, each at a random moment; let the last one finish."""
    chance = random.Random(seed)
    read_end, write_end = os.pipe()
    received = b""
    displaced = 0
    before = 0  # the process before, if it is still alive
    for token in range(1, kills + 2):
        pid = os.fork()
        if not pid:
            os.close(read_end)
            _run(folder, token, write_end, chance.randrange(2**32), is_last=token > kills)
        if before:
            status, more = _end_of(before, read_end)
            assert status == 0, "a process failed after the lease had moved"
            received, displaced, before = received + more, displaced + 1, 0
        if token > kills:
            status, more = _end_of(pid, read_end)
            assert status == 0
            received += more
            break
        limit, seen = chance.randrange(1, 6), 0
        while seen < limit and select.select([read_end], [], [], 30)[0]:
            more = os.read(read_end, 4096)
            received, seen = received + more, seen + more.count(b"\n")
        assert seen, "the process did not send"
        time.sleep(chance.random() * 0.004)  # at any point of the next steps
        if chance.random() < 0.25:
            before = pid  # the lease moves while it is alive
        else:
            os.kill(pid, signal.SIGKILL)
            assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL, "a process failed"
    os.close(write_end)
    while more := os.read(read_end, 65536):
        received += more
    os.close(read_end)
    fields = [line.split() for line in received.decode().splitlines()]
    receipts = [Receipt(kind, int(at), channel, repeated == "True") for kind, at, channel, repeated in fields]
    history = opened(folder, None).history(0)
    close_all()
    demanded = [(past.event.kind.value, past.event.at) for past in history]
    return Outcome(demanded, receipts, kills - displaced, displaced)


def _end_of(pid: int, read_end: int) -> tuple[int, bytes]:
    """Wait for a process; return its status and what was received meanwhile, as a full pipe would hold it up."""
    received = b""
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status, received
        if select.select([read_end], [], [], 0.005)[0]:
            received += os.read(read_end, 65536)


def _run(folder: Path, token: int, receiver: int, seed: int, *, is_last: bool) -> None:
    """Commit events and send them; the last process commits nothing and ends when nothing is left to send."""
    status = 1
    try:
        with suppress(LeaseError):
            _send(folder, token, receiver, random.Random(seed), is_last=is_last)
        status = 0
    finally:
        if status:
            traceback.print_exc()
        os._exit(status)


def _send(folder: Path, token: int, receiver: int, chance: random.Random, *, is_last: bool) -> None:
    database = opened(folder, token)
    states = database.load_states()
    step = states[0].time - NOW if states else 0
    while True:
        now = NOW + step
        if not is_last:
            step += 1
            now = NOW + step
            begins = step % 2 == 1
            event = fired(now) if begins else resolved(fired(now - 1), now)
            database.commit([state(now)], [event], now)
        due = database.due(2 * NOW)  # every waiting time is over
        if is_last and not due:
            database.close()
            return
        for delivery in database.begin(due[: chance.randrange(1, 3)], now):
            if chance.random() < 0.2:
                database.failed([delivery], now, now if chance.random() < 0.5 else None)
                continue
            line = f"{delivery.event.kind.value} {delivery.event.at} {delivery.channel} {delivery.repeated}\n"
            os.write(receiver, line.encode())
            database.sent([delivery], now)
        time.sleep(0.001)  # so that the next process comes to the lock, as it does where a term looks for rows
