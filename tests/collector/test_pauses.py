"""A pause that an exchange demands: what a collector does with one that an earlier process was told."""

import pytest

from tests.support.collector_world import START, CollectorWorld, StandInWorld, always, ticker
from tests.support.fakes import EUR, USD, FakeExchange, run
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.pause_file import PauseFile
from tracker.core.errors import RateLimited

BAN_ENDS = START + 1900


def banned(path, now):
    """Respond with a ban to each request before its end, as Binance does with status 418."""
    return RateLimited("IP(…) banned until 12 Jan 1970", BAN_ENDS - now) if now < BAN_ENDS else ticker(path, now)


class PausedWorld(CollectorWorld):
    """A collector whose client keeps its pause in *folder*."""

    def __init__(self, folder, **options):
        super().__init__(banned, **options)
        self.folder = folder

    def clients(self):
        return {"fake": paused_client(self.folder, self, self.network)}


class PausedStandInWorld(StandInWorld):
    """A collector whose client of *fake* has its pause in *folder*; *other* stands in."""

    def __init__(self, folder):
        super().__init__(always(), always())
        self.folder = folder

    def clients(self):
        return super().clients() | {"fake": paused_client(self.folder, self, self.http_get)}


def paused_client(folder, world, http_get):
    url = FakeExchange.BASE_URL
    pause_file = PauseFile(folder, "fake", url)
    return ExchangeClient("fake", world.exchange, url, http_get, world.clock, pause_file=pause_file)


def test_a_collector_started_during_a_ban_sends_nothing_before_its_end_and_says_until_when(tmp_path):
    first = PausedWorld(tmp_path).run(60)
    assert len(first.network.asked) == 1
    second = PausedWorld(tmp_path, start=START + 60)

    async def during_the_ban():
        await second.clock.sleep(5)
        status = second.status()
        assert (status.state, status.failure.kind, status.next_try) == ("unreachable", "rate_limited", BAN_ENDS * 1000)
        assert status.failure.words == "fake reports too many requests and accepts none before 12 Jan 1970 14:18:20 UTC"
        await second.clock.sleep(1900)

    run(second.collect_during(during_the_ban))
    assert min(at for at, _ in second.network.asked) == pytest.approx(BAN_ENDS)
    assert second.status().state == "live"


def test_a_ban_that_the_list_of_pairs_meets_is_reported_for_every_market():
    world = CollectorWorld(banned)
    world.run(60)
    assert [path for _, path in world.network.asked] == ["/pairs"]
    assert {world.status(market).failure.kind for market in (EUR, USD)} == {"rate_limited"}
    assert world.status().next_try == BAN_ENDS * 1000


def test_a_stand_in_is_asked_during_the_ban_of_the_markets_own_exchange(tmp_path):
    PauseFile(tmp_path, "fake", FakeExchange.BASE_URL).write(round(START * 1000), round(BAN_ENDS * 1000))
    world = PausedStandInWorld(tmp_path).run(300)
    assert world.networks["fake"].asked == []
    assert world.status(EUR).stand_in == "other"
    assert len(world.rows(EUR)) > 20
