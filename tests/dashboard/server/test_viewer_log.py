"""The log tells once that a viewer opened the page, and once that one left."""

import logging

from tracker.dashboard.server.viewer_log import LoggedKernels


def test_a_viewer_is_logged_when_it_comes_and_when_it_has_left_but_not_when_its_browser_connects_again(caplog):
    manager = LoggedKernels()
    manager._kernels.update(viewed="kernel", preheated="kernel")
    with caplog.at_level(logging.INFO, "tracker"):
        for kernel in ("viewed", "unknown", "viewed"):
            manager.notify_connect(kernel)
        assert caplog.messages == ["a viewer has opened the page; viewers now: 1"]
        assert manager.remove_kernel("preheated") == manager.remove_kernel("viewed") == "kernel"
        assert caplog.messages[1:] == ["a viewer has left; viewers now: 0"]
