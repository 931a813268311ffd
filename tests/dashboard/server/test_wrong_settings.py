"""While the settings are wrong no kernel is started that would fail at its first cell, and ready ones stay."""

import asyncio

import pytest
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from voila.utils import ENV_VARIABLE

from tests.dashboard.server.test_kernels import with_kernel_manager


@pytest.fixture
def launched(monkeypatch):
    """The ids of the kernels that Jupyter was asked for."""
    ids = []

    async def start_kernel(manager, **arguments):
        ids.append(arguments["kernel_id"])
        return arguments["kernel_id"]

    monkeypatch.setattr(AsyncMappingKernelManager, "start_kernel", start_kernel)
    return ids


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("span = ", "Invalid value"),
        ('[[rules]]\nname = "high"\nmarket = "*/USD"\nwhen = "prce > 1"\n', "no measure has this name"),
    ],
    ids=["no-toml", "no-rule"],
)
def test_no_kernel_is_preheated_with_settings_that_are_wrong(tmp_path, launched, text, problem):
    async def work(manager):
        refills = []
        manager.fill_if_needed = lambda **arguments: refills.append(arguments)
        manager._pools = {"dashboard.ipynb": []}
        (tmp_path / "tracker.toml").write_text(text)
        assert problem in await manager.settings_problem("dashboard.ipynb")
        with pytest.raises(HTTPError, match="the settings cannot be used"):
            await manager.start_kernel(env={ENV_VARIABLE.VOILA_PREHEAT: "True"})
        await manager._check()
        assert (launched, refills) == ([], [])
        (tmp_path / "tracker.toml").unlink()
        assert await manager.settings_problem("dashboard.ipynb") == ""
        await manager._check()
        assert len(refills) == 1, "the next one is started once the settings can be used"

    with_kernel_manager(tmp_path, work)


def test_a_viewer_gets_a_kernel_that_is_ready_also_while_the_settings_are_wrong(tmp_path):
    async def work(manager):
        rendered = asyncio.get_running_loop().create_future()
        rendered.set_result({"kernel_id": "ready", "task": rendered})
        manager._pools = {"dashboard.ipynb": [rendered]}
        (tmp_path / "tracker.toml").write_text("span = ")
        assert await manager.settings_problem("dashboard.ipynb") == ""

    with_kernel_manager(tmp_path, work)
