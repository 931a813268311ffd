"""What the charts of a page mark of its alerts."""

from tests.support.page_states import EUR, GBP, NOW, Page
from tests.support.price_charts import draw_charts
from tracker.render.page.alerts_view import MarketMarks

MARKS = MarketMarks(levels=(17_700.0,), firings=((NOW - 60_000, None),), rehearsed=(NOW,))


def marked(charts, market):
    html = charts.price_charts[market].over.value
    return [name for name in ("bt-level", "bt-firing-span", "bt-rehearsed") if f'class="{name}"' in html]


def test_the_chart_of_a_market_marks_its_alerts_and_no_other_does():
    charts = draw_charts(Page(alert_marks={EUR: MARKS}))
    assert marked(charts, EUR) == ["bt-level", "bt-firing-span", "bt-rehearsed"]
    assert marked(charts, GBP) == []


def test_marks_are_drawn_and_taken_away_at_once_not_with_the_next_price():
    page = Page()
    charts = draw_charts(page)
    page.state.update(alert_marks={EUR: MARKS})
    assert marked(charts, EUR) == ["bt-level", "bt-firing-span", "bt-rehearsed"]
    page.state.update(alert_marks={})
    assert marked(charts, EUR) == []
