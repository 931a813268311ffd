"""The real server starts two kernels at a time, and none for viewers who have left."""

from contextlib import ExitStack

import pytest
import requests

from tests.support.hostile_starts import open_and_leave
from tests.support.kernels import OUTPUT, SOON, StartGate, asking, connected, fine, id_of, preheated, small_notebook
from tests.support.page_server import kernels, kernels_at_once, settings, voila, wait_for

pytestmark = pytest.mark.service

VIEWERS = 20  # at most
STARTED = "Kernel started: "


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def gate(scratch):
    return StartGate(scratch)


@pytest.fixture(scope="module")
def url(scratch, gate):
    options = (*SOON, f"--WatchedKernels.max_viewers={VIEWERS}")
    environment = settings(scratch / "data", "http://127.0.0.1:9") | gate.environment
    with voila(scratch / "log", *options, notebook=small_notebook(scratch), **environment) as address:
        yield address


@pytest.fixture
def log(scratch, url):
    path = scratch / "log"
    preheated(path)
    logged = len(path.read_text())
    yield path
    fine(path, logged)
    assert "Traceback" not in path.read_text()[logged:]


def test_pages_that_are_left_at_once_start_two_kernels_at_a_time_and_leave_none(url, log):
    storm = open_and_leave(url, log, seconds=3, rate=10)
    assert storm.opened == 30
    assert storm.most_starting <= 2, storm
    before = log.read_text().count(STARTED)
    assert OUTPUT in requests.get(url, timeout=60).text
    # Its own, the next preheated one, and two that were starting; none of the others that nobody looks at.
    assert log.read_text().count(STARTED) - before <= 4
    preheated(log)


def test_viewers_who_wait_for_their_kernel_count_until_they_leave(url, log, gate):
    with ExitStack() as stack:
        with gate.hold_all():
            stack.enter_context(connected(url, id_of(requests.get(url, timeout=60).text)))  # it was preheated
            viewers = [stack.enter_context(asking(url)) for _ in range(VIEWERS - 1)]

            def all_places_are_taken():
                for place, viewer in enumerate(viewers):
                    if viewer.poll() is not None:  # refused, as one of the test before still counted
                        viewers[place] = stack.enter_context(asking(url))
                return requests.get(f"{url}tracker/room", timeout=60).status_code == 503

            wait_for(all_places_are_taken, "all places are taken")
            assert requests.get(url, timeout=60).status_code == 503
            wait_for(lambda: len(kernels(log)) == 3, "two start beside the first viewer's")
            for viewer in viewers[3:]:
                viewer.kill()
            wait_for(lambda: requests.get(f"{url}tracker/room", timeout=60).status_code == 204, "there is room")
            assert len(kernels_at_once(log)) <= 3
        assert all(OUTPUT in viewer.communicate()[0] for viewer in viewers[:3]), "those who stayed are served"
