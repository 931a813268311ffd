"""The label left of a chart."""

import pytest

from tests.support.page_states import EUR, NOW, Page, prices, visible_text
from tests.support.price_charts import draw_charts
from tracker.core.market import Market

UNNAMED, OTHER = (Market(exchange, "BTC", "QQQ") for exchange in ("kraken", "coinbase"))


@pytest.mark.parametrize("markets", [[UNNAMED], [UNNAMED, OTHER]])
def test_the_code_of_a_currency_without_a_name_is_written_once(markets):
    charts = draw_charts(Page({market: prices(2.0) for market in markets}))
    label = visible_text(charts.price_charts[UNNAMED].label.value)
    assert label.count("QQQ") == 1
    assert label.count(UNNAMED.exchange) == len(markets) - 1


def test_the_time_of_an_old_price_is_beside_the_name_where_it_has_no_day():
    for hours, is_aside in ((1, False), (20, True)):
        page = Page(span=86_400, now=NOW + hours * 3_600_000)
        label = draw_charts(page).price_charts[EUR].label.value
        assert "price of " in label
        assert ("is-dated" in label) == is_aside
