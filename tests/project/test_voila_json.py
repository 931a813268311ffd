"""voila.json: every setting is one that Voila knows, and gone pages are noticed in time."""

import json

import pytest
from jupyter_client.manager import KernelManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets.config import Configurable
from voila.app import Voila
from voila.configuration import VoilaConfiguration
from voila.voila_kernel_manager import voila_kernel_manager_factory

from tests.support.checkout import PYPROJECT, read
from tests.support.markdown import fenced, section
from tracker.dashboard.server.kernels import WatchedKernels
from tracker.dashboard.server.server_setup import TORNADO_SETTINGS

pytestmark = pytest.mark.checkout

POOL = voila_kernel_manager_factory(AsyncMappingKernelManager, preheat_kernel=True, default_pool_size=1)


def test_voila_knows_every_setting_in_voila_json():
    """Voila ignores a misspelt one without a message."""
    known: dict[str, type[Configurable]] = {
        cls.__name__: cls for cls in [*Voila.classes, Voila, VoilaConfiguration, KernelManager, POOL]
    }
    settings = json.loads(read("voila.json"))
    unknown = [
        f"{name}.{key}" for name, keys in settings.items() for key in keys if key not in known[name].class_traits()
    ]
    assert unknown == []
    for name, keys in settings.items():
        for key, value in keys.items():
            known[name].class_traits()[key]._validate(known[name].__new__(known[name]), value)


def test_the_limit_of_viewers_is_set_as_the_documentation_says():
    [line] = fenced(section("docs/deploying.md", "## Limits"), "json")
    [(name, values)] = json.loads(f"{{{line.strip().rstrip(',')}}}").items()
    kernels = voila_kernel_manager_factory(WatchedKernels, preheat_kernel=True, default_pool_size=1)
    assert name in kernels.section_names()
    assert values.keys() <= kernels.class_traits(config=True).keys()


def test_a_closed_page_is_noticed_in_time():
    """Within a minute if its browser closes the connection, within two if the connection falls silent."""
    settings = json.loads(read("voila.json"))
    interval, timeout = TORNADO_SETTINGS["ws_ping_interval"] / 1000, TORNADO_SETTINGS["ws_ping_timeout"] / 1000
    assert timeout >= 3 * interval  # a shorter one would disconnect healthy viewers
    grace, check_interval = (
        settings.get("WatchedKernels", {}).get(name, getattr(WatchedKernels, name).default_value)
        for name in ("grace", "check_interval")
    )
    assert grace + 2 * check_interval <= 60
    assert timeout + 2 * interval + grace + 2 * check_interval <= 120
    assert "within two minutes when the browser crashed" in read("docs/using-the-page.md")


def test_voila_json_names_the_template_that_the_package_installs():
    shared = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    template = json.loads(read("voila.json"))["VoilaConfiguration"]["template"]
    assert f"share/jupyter/voila/templates/{template}" in shared.values()
