"""The environment with which a kernel is started."""

import pytest

from tracker.dashboard.server.kernel_arguments import kernel_arguments
from tracker.runtime.memory import ONE_HEAP
from tracker.runtime.viewer_edits import EDIT
from tracker.runtime.viewer_requests import OWN_PAGE


@pytest.mark.parametrize("name", [OWN_PAGE, EDIT])
@pytest.mark.parametrize("copied", [None, "yes"])
@pytest.mark.parametrize("own", ["yes", "no"])
def test_a_kernel_knows_whose_page_it_is_though_its_environment_was_copied_before_the_server_did(
    monkeypatch, name, copied, own
):
    monkeypatch.setenv(name, own)
    assert kernel_arguments({"env": {name: copied} if copied else {}}, "id", ())["env"][name] == own


def test_a_kernel_gets_neither_the_address_of_a_viewer_nor_a_foreign_variable(monkeypatch):
    for name in (OWN_PAGE, EDIT):
        monkeypatch.delenv(name, raising=False)
    environment = {"VOILA_REQUEST_URL": "http://here/?token=secret", "QUERY_STRING": "token=secret", "A": "1", "B": "2"}
    assert kernel_arguments({"env": environment}, "id", ("B",))["env"] == {"A": "1", **ONE_HEAP}


def test_the_threads_of_a_kernel_share_one_heap_unless_the_environment_says_otherwise():
    assert kernel_arguments({"env": {}}, "id", ())["env"].items() >= ONE_HEAP.items()
    assert kernel_arguments({"env": {"MALLOC_ARENA_MAX": "4"}}, "id", ())["env"]["MALLOC_ARENA_MAX"] == "4"
