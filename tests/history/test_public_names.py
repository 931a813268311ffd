"""The public names of the package ``tracker``."""

import subprocess
import sys
from importlib import metadata

import pytest

import tracker
from tracker.core.errors import ConfigError
from tracker.core.market import Market

EUR = Market("kraken", "BTC", "EUR")


def test_the_version_is_that_of_the_package():
    assert tracker.__version__ == metadata.version("btc-price-tracker")


def test_without_an_installed_package_the_version_is_unknown(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.delitem(vars(tracker), "__version__", raising=False)
    assert tracker.__version__ == "unknown"
    monkeypatch.undo()
    vars(tracker).pop("__version__", None)


def test_importing_the_package_loads_no_large_library():
    code = "import sys, tracker; print(sorted({'pandas', 'numpy', 'pydantic', 'bqplot'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_each_public_name_is_loaded_on_first_use():
    code = """
import sys, tracker
assert set(tracker.__all__) <= set(dir(tracker))
for name in tracker.__all__:
    getattr(tracker, name)
assert {"pandas", "tracker.render.report.sections"} <= set(sys.modules)
from tracker import Report, __version__, markets, prices, read_settings, simulated, ticks_of
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="module 'tracker' has no attribute 'quotes'"):
        _ = tracker.quotes


def test_simulated_prices_convert_to_ticks_by_public_names_only():
    frame = tracker.simulated("kraken:BTC/EUR", last="1h", every="60s")
    assert len(tracker.ticks_of("kraken:BTC/EUR", frame)) == len(frame) == 60


def test_simulated_prices_are_the_same_for_a_market_and_for_its_name():
    frame, same = (tracker.simulated(market, last="1h", every="60s") for market in (EUR, str(EUR)))
    both = frame.index.intersection(same.index)  # a minute may end between the two
    assert len(both) >= 59
    assert frame.loc[both].equals(same.loc[both])
    with pytest.raises(ConfigError, match="BTCEUR"):
        tracker.simulated("BTCEUR")
