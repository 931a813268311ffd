"""A client that keeps the server waiting is overdue; one whose answer is being made never is."""

import asyncio
import socket

import pytest

from tracker.dashboard.server.client_connection import ClientConnection, Stage
from tracker.dashboard.server.http_limits import HttpLimits

LIMITS = HttpLimits(header_timeout=10, body_timeout=20, idle_timeout=30, write_timeout=40)
LARGE = b"x" * 8_000_000  # more than the buffers of a connection's two sockets
HOUR = 3_600


class Clock:
    time = 1_000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


def run(test, clock):
    """Run *test* with a connection and its client's socket."""

    async def connected():
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        connection = ClientConnection(ours, clock=clock)
        try:
            with theirs:
                await test(connection, theirs)
        finally:
            connection.close()

    asyncio.run(connected())


@pytest.mark.parametrize(("stage", "timeout"), [(Stage.IDLE, 30), (Stage.HEADER, 10), (Stage.BODY, 20)])
def test_each_stage_has_its_time_which_begins_with_it(clock, stage, timeout):
    async def test(connection, _):
        clock.time += HOUR
        connection.enter(stage)
        clock.time += timeout
        assert not connection.is_overdue(LIMITS)
        clock.time += 0.1
        assert connection.is_overdue(LIMITS)

    run(test, clock)


def test_a_header_begins_with_its_first_byte_and_no_later_byte_prolongs_it(clock):
    async def test(connection, client):
        for _ in range(11):
            client.send(b"x")
            await connection.read_bytes(1)
            clock.time += 1
        assert connection.stage is Stage.HEADER
        assert connection.is_overdue(LIMITS)

    run(test, clock)


def test_an_answer_that_takes_long_to_be_made_is_waited_for(clock):
    async def test(connection, client):
        connection.enter(Stage.ANSWER)
        await connection.write(b"begins")
        clock.time += HOUR
        assert connection.waits_since is None
        assert not connection.is_overdue(LIMITS)
        connection.write(LARGE)  # it has had no time to be read yet
        assert connection.waits_since == clock.time
        assert not connection.is_overdue(LIMITS)

    run(test, clock)


def test_an_answer_is_waited_for_as_long_as_some_of_it_is_read(clock):
    async def test(connection, client):
        connection.enter(Stage.ANSWER)
        written = connection.write(LARGE)
        received = 0
        while received < len(LARGE):
            clock.time += 39
            assert not connection.is_overdue(LIMITS)
            received += len(await asyncio.get_running_loop().sock_recv(client, 2_000_000))
            for _ in range(3):  # until the loop has noticed that there is room
                await asyncio.sleep(0)
        await written

    run(test, clock)


def test_an_answer_of_which_nothing_is_read_is_given_up(clock):
    async def test(connection, client):
        connection.enter(Stage.ANSWER)
        connection.write(LARGE)
        clock.time += 40.1
        assert connection.is_overdue(LIMITS)

    run(test, clock)
