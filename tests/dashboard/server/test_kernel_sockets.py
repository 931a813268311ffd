"""The server reaches its kernels by files in its own folder: no port can be taken before a kernel uses it."""

import re
import sys
from pathlib import Path

import pytest
from traitlets import Unicode
from traitlets.config import Config, Configurable

from tests.support.kernels import small_notebook
from tests.support.page_server import kernels, settings, voila, wait_for
from tracker.dashboard.server.kernel_sockets import use_sockets

CHANNELS = 5  # shell, control, stdin, heartbeat and iopub


class Kernels(Configurable):
    """The part of a kernel manager that names its folder."""

    connection_dir = Unicode()


def transport(folder):
    manager = Kernels(connection_dir=folder)
    use_sockets(manager)
    return manager.config.get("KernelManager", Config()).get("transport", "tcp")


def sockets_of(kernel, log):
    (folder,) = set(re.findall(r"connection files in (\S+)\.\n", log.read_text()))
    return list(Path(folder).glob(f"kernel-{kernel}-ipc-*"))


@pytest.mark.service
def test_each_channel_of_a_kernel_is_a_file(tmp_path):
    with voila(
        tmp_path / "log", notebook=small_notebook(tmp_path), **settings(tmp_path / "data", "http://127.0.0.1:9")
    ):
        wait_for(lambda: kernels(tmp_path / "log"), "a kernel starts")
        (kernel,) = kernels(tmp_path / "log")
        wait_for(lambda: len(sockets_of(kernel, tmp_path / "log")) == CHANNELS, "it listens")
        assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have shorter paths or no such sockets")
def test_files_are_used_where_their_path_is_short_enough():
    assert transport("/tmp/voila_abcdefgh") == "ipc"
    assert transport("/tmp/" + "a" * 53) == "tcp"
    assert transport("/tmp/" + "a" * 52) == "ipc"
    assert transport("/tmp/" + "ä" * 27) == "tcp", "the limit is in bytes"
