"""The same small dashboard for ``bokeh serve``: checkboxes, a chart for each currency, the ranking."""

from bokeh.io import curdoc
from bokeh.layouts import column
from bokeh.models import CheckboxGroup, ColumnDataSource, DataTable, TableColumn
from bokeh.plotting import figure

from benchmarks import bokeh_data as data
from tracker.core.market import Market

EVERY = 1_000  # ms


def _points(market: Market) -> dict[str, object]:
    points = data.line(market)
    return {"time": points.time.astype("datetime64[ms]"), "price": points.price}


lines = {market: ColumnDataSource(_points(market)) for market in data.MARKETS}
charts = {}
for market, source in lines.items():
    charts[market] = figure(height=120, sizing_mode="stretch_width", x_axis_type="datetime", title=market.quote)
    charts[market].line("time", "price", source=source)
rows = ColumnDataSource(data.table())
boxes = CheckboxGroup(labels=[market.quote for market in lines], active=list(range(len(lines))), inline=True)
shown = DataTable(source=rows, columns=[TableColumn(field=name, title=name) for name in rows.data], height=300)
newest = dict.fromkeys(lines, 0)


def show_chosen(_name: str, _old: object, active: list[int]) -> None:
    for index, chart in enumerate(charts.values()):
        chart.visible = index in active


def update() -> None:
    data.refresh()
    for market, source in lines.items():
        points = _points(market)
        last = int(points["time"][-1].astype("int64")) if len(points["time"]) else 0
        if last != newest[market]:
            newest[market] = last
            source.data = points
            rows.data = data.table()


boxes.on_change("active", show_chosen)
curdoc().add_root(column(boxes, *charts.values(), shown, sizing_mode="stretch_width"))
curdoc().add_periodic_callback(update, EVERY)
