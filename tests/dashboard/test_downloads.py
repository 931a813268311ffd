"""Downloads: all rows that are shown, in a file whose name describes them."""

import asyncio
import io

import numpy as np
import pandas
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, Page, prices
from tracker.core.candles import candles
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.dashboard import Downloads
from tracker.dashboard.widgets.downloads import FileSender
from tracker.render.page.state import View
from tracker.render.svg.compare_chart import compare_chart_svg
from tracker.render.svg.price_chart import price_chart_svg


def exported(page, kind):
    """Return name, media type and content of the file that the button *kind* makes."""
    files = []
    downloads = Downloads(page.state)
    downloads.sender.send_file = lambda *file: files.append(file)

    async def press():
        downloads.buttons[kind].click()
        pending = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*pending)

    asyncio.run(press())
    [file] = files
    assert file[0] in downloads.message.value
    return file


def test_csv_has_exactly_the_rows_that_are_shown():
    page = Page(chosen=(EUR, JPY), has_stored_prices=True)
    name, kind, content = exported(page, "csv")
    assert (name, kind) == ("btc-eur-jpy-2022-11-09T14-10Z-2022-11-09T15-10Z.csv", "text/csv")
    frame = pandas.read_csv(io.BytesIO(content))
    assert frame.groupby("market").size().to_dict() == {str(EUR): 360, str(JPY): 360}
    assert frame.price.tolist()[:360] == prices(17_768.5).price.tolist()


def test_parquet_has_the_same_rows():
    page = Page(chosen=(GBP,), has_stored_prices=True)
    name, _, content = exported(page, "parquet")
    assert name.endswith(".parquet")
    assert pandas.read_parquet(io.BytesIO(content)).price.tolist() == prices(15_531.1, swing=0.002).price.tolist()


def test_while_zoomed_only_the_rows_in_view_are_downloaded():
    page = Page(chosen=(EUR,), has_stored_prices=True, view=View(600_000, NOW - 600_000))
    name, _, content = exported(page, "csv")
    assert name == "btc-eur-2022-11-09T14-50Z-2022-11-09T15-00Z.csv"
    assert len(pandas.read_csv(io.BytesIO(content))) == 60


def test_simulated_prices_say_so_in_the_file_name_and_in_the_picture():
    page = Page({EUR: prices(17_768.5, origin=Origin.SIMULATED)}, has_stored_prices=True)
    name, kind, content = exported(page, "png")
    assert name == "btc-eur-2022-11-09T14-10Z-2022-11-09T15-10Z-simulated.png"
    assert kind == "image/svg+xml"  # the browser draws it
    assert b"simulated" in content


def test_the_picture_has_the_mode_of_the_page():
    """Logarithmic, as candles, or all in one: as the page draws it."""
    time = NOW - 1_000 * np.arange(3_600)[::-1]
    rows = {
        market: Ticks.of(time, price * (1 + 0.01 * np.sin(np.arange(3_600) / 50)), 1_000)
        for market, price in ((EUR, 17_768.5), (GBP, 15_531.1))
    }

    def drawn(**chosen):
        return exported(Page(rows, has_stored_prices=True, **chosen), "png")[2].decode()

    windows = {market: Window.of(ticks, 3_600_000, NOW) for market, ticks in rows.items()}
    look = {"width": 1200, "colours": {EUR: "series-1", GBP: "series-2"}, "heading": "One bitcoin"}
    assert drawn() == price_chart_svg(windows, **look)
    assert drawn(mode="log") == price_chart_svg(windows, **look, log=True) != drawn()
    bars = {market: candles(window) for market, window in windows.items()}
    assert None not in bars.values()
    assert drawn(candles=True) == price_chart_svg(windows, **look, candles=bars)
    assert drawn(mode="compare") == compare_chart_svg(windows, **look | {"heading": "Prices compared"})


def test_a_picture_of_a_pair_that_bitcoin_does_not_price_is_not_called_that_of_a_bitcoin():
    rows = {EUR: prices(17_768.5), Market("binance", "SHIB", "BTC"): prices(1.1754e-10)}
    for chosen, heading in ((tuple(rows), ">Prices</text>"), ((EUR,), ">One bitcoin</text>")):
        assert heading in exported(Page(rows, chosen=chosen, has_stored_prices=True), "png")[2].decode()


def test_a_picture_and_its_name_tell_the_exchange_although_the_other_of_its_pair_is_not_chosen():
    rows = {EUR: prices(17_768.5), Market("coinbase", "BTC", "EUR"): prices(17_770.0), GBP: prices(15_531.1)}
    page = Page(rows, chosen=(EUR, GBP), mode="compare", has_stored_prices=True)
    name, _, content = exported(page, "png")
    assert f"EUR {EUR.exchange}</text>" in content.decode()
    assert name.startswith(f"btc-eur-{EUR.exchange}-gbp-2022")


def test_a_picture_says_where_it_has_a_line_in_place_of_candles():
    minutes = Ticks.of(NOW - 60_000 * np.arange(60)[::-1], 17_768.5 - np.arange(60), 60_000)
    page = Page({EUR: minutes, GBP: prices(15_531.1)}, candles=True, span=600, has_stored_prices=True)
    picture = exported(page, "png")[2].decode()
    assert picture.count(">too few prices for candles</text>") == 1
    page.state.candles = False
    assert "too few" not in exported(page, "png")[2].decode()


def test_many_currencies_are_counted_in_the_name():
    rows = {Market("kraken", "BTC", f"AA{letter}"): prices(1.0) for letter in "ABCDE"}
    assert exported(Page(rows, has_stored_prices=True), "csv")[0].startswith("btc-5-currencies-2022")


@pytest.mark.parametrize(
    "state", [{"chosen": (), "has_stored_prices": True}, {"rows": {EUR: Ticks.none()}, "has_stored_prices": False}]
)
def test_without_anything_shown_the_buttons_are_disabled(state):
    assert all(button.disabled for button in Downloads(Page(**state).state).buttons.values())


def test_while_there_are_no_prices_it_says_why_nothing_can_be_saved():
    empty = Page({EUR: Ticks.none()})
    downloads = Downloads(empty.state)
    assert downloads.reason.value == "Nothing is stored yet."
    empty.arrive(EUR, 17_768.5)
    assert not downloads.buttons["csv"].disabled
    assert downloads.reason.value == ""


def test_a_replay_of_simulated_prices_can_be_saved_although_the_store_is_empty():
    assert not any(button.disabled for button in Downloads(Page(has_stored_prices=False).state).buttons.values())


def message_without_file(page, kind):
    """Return the message on the page after a press of the button *kind*, which makes no file."""
    downloads = Downloads(page.state)

    async def press():
        downloads.buttons[kind].click()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
        await asyncio.sleep(0)  # lets the callback of the task run

    asyncio.run(press())
    return downloads.message.value


def test_without_a_price_in_the_shown_range_no_file_is_made_and_a_message_says_so(caplog):
    page = Page({EUR: prices(1.0)[:0]}, has_stored_prices=True)
    assert "Nothing was saved: no prices in the shown range." in message_without_file(page, "csv")
    assert not caplog.text


def test_a_failure_is_shown_and_logged(caplog, monkeypatch):
    monkeypatch.setattr("tracker.dashboard.widgets.downloads.write", lambda rows, out: 1 / 0)
    assert "could not be saved" in message_without_file(Page({EUR: prices(1.0)}, has_stored_prices=True), "csv")
    assert "exporting failed" in caplog.text


def test_a_file_that_is_sent_while_another_is_under_way_begins_with_its_first_part(monkeypatch):
    """Also under the same name, as when a button is pressed twice: the browser then drops what it has."""
    monkeypatch.setattr("tracker.dashboard.widgets.downloads.PART", 2)
    sender, sent = FileSender(), []
    monkeypatch.setattr(
        sender, "send", lambda message, buffers: sent.append((message["part"], message["left"], *buffers))
    )
    sender.send_file("prices.csv", "text/csv", b"abcde")
    sender.send_file("prices.csv", "text/csv", b"vwxyz")
    for _ in range(4):
        sender._on_message(sender, {"kind": "got"}, [])
    assert sent == [(0, 2, b"ab"), (0, 2, b"vw"), (1, 1, b"xy"), (2, 0, b"z")]
