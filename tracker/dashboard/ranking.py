"""The table: how calm each currency is, in numbers and in order."""

import math
from html import escape

import ipywidgets as widgets
import traitlets

from tracker.dashboard import comparison, numerals, wording
from tracker.dashboard.comparison import Comparison
from tracker.dashboard.part import Part, html
from tracker.dashboard.state import State
from tracker.dashboard.strip import change_html
from tracker.measures import MEASURES, Row, ranking

# Measure, style class, heading (the phone shows it beside the number), the line below it.
_COLUMNS = (
    ("last_price", "c-last", "Last price", "per bitcoin"),
    ("change", "c-chg", "Change", "over {span}"),
    ("standard_deviation", "c-std", "Std deviation", "in the currency"),
    ("relative_standard_deviation", "c-rel", "Relative std", "of the mean price"),
    ("realised_volatility", "c-vol", "Volatility", "realised, % a year"),
)
_SHORT = {"relative_standard_deviation": "Relative std", "realised_volatility": "Volatility"}


class RankingTable(Part):
    """One row for each chosen market, the calmest first; those that cannot be ranked last, and why."""

    title = "How calm is each currency?"
    what = "This table"
    shows = ("markets", "chosen", "span", "view", "revision", "rank_by", "zone")
    beat = 10_000

    def __init__(self, state: State) -> None:
        options = [(_short(name).lower(), name) for name, measure in MEASURES.items() if measure.ranked]
        self.by = widgets.Dropdown(options=options, value=state.rank_by, description="Rank by")
        self.by.add_class("bt-rank")
        traitlets.link((state, "rank_by"), (self.by, "value"))
        self.head = html("", "bt-grow")
        self.table = html("", "bt-tw")
        top = widgets.HBox([self.head, self.by])
        top.add_class("bt-ph")
        super().__init__(state, top, self.table, style="bt-ranking")
        self.add_class("bt-panel")

    def draw(self) -> None:
        state = self.state
        start, end = state.shown
        span = wording.length(state.span) if state.view is None else wording.rough(end - start)
        windows = {market: state.window(market) for market in state.chosen}
        rows = ranking(windows, by=state.rank_by, floor=state.floor)
        since = {
            market: wording.when(int(window.ticks.time[0] - window.ticks.interval[0]), window.end, state.zone)
            for market, window in windows.items()
            if window.count
        }
        self.head.value = f'<h2>{self.title}</h2><span class="bt-sub">{_result(rows, state, span)}</span>'
        found = comparison.compare(windows, [row.market for row in rows if row.rank is not None])
        self.table.value = (
            _table(rows, state, span, since, found) if rows else '<p class="bt-note">Tick at least one currency.</p>'
        )


def _short(name: str) -> str:
    return _SHORT.get(name, MEASURES[name].label)


def _result(rows: list[Row], state: State, span: str) -> str:
    by = state.rank_by
    ranked = [row for row in rows if row.rank is not None]
    if not rows:
        return ""
    if not ranked:
        return f"no currency has prices for {numerals.percent(100 * state.floor, 0)} of the last {span} yet"
    calm, wild = ranked[0], ranked[-1]
    say = "price strayed {} from its mean" if by == "relative_standard_deviation" else f"{_short(by).lower()} {{}}"
    among = f", of the {len(ranked)} of {len(rows)} with enough prices," if len(ranked) < len(rows) else ""
    text = f"Over {span}{among} the {_name(calm)} was calmest ({say.format(_percent(calm.values[by], by))})"
    return text + (f", the {_name(wild)} least ({_percent(wild.values[by], by)})." if wild is not calm else ".")


def _name(row: Row) -> str:
    return escape(wording.name(row.market.quote).partition(",")[0])


def _percent(share: float, name: str) -> str:
    """A share as the reader sees it; volatility has no decimals worth showing."""
    return numerals.percent(100 * share, 0 if MEASURES[name].unit == "% a year" else 2)


def _table(rows: list[Row], state: State, span: str, since: dict[object, str], found: Comparison) -> str:
    columns = list(_COLUMNS)
    if state.rank_by not in {name for name, *_ in columns}:
        columns.append((state.rank_by, "c-key", _short(state.rank_by), "over {span}"))
    heads = "".join(
        f'<th scope="col" class="{style}"{_sorted(name, state.rank_by)}><b>{head}</b>'
        f"<small>{below.format(span=span)}</small></th>"
        for name, style, head, below in columns
    )
    names = [name for name, *_ in columns]
    widest = {name: max((numerals.fraction_digits(_plain(row, name)) for row in rows), default=0) for name in names}
    most = max((row.values[state.rank_by] for row in rows if row.rank is not None), default=math.nan)
    body = "".join(
        _row(row, columns, state, widest, most, found)
        if row.rank is not None
        else _unranked(row, columns, state, widest, since, found)
        for row in rows
    )
    heads += comparison.heads(found)
    heads += '<th scope="col" class="c-cov"><b>Coverage</b><small>of the time; prices</small></th>'
    about = f"Rank 1 is the calmest. {escape(MEASURES[state.rank_by].help)} {comparison.help_text(found)}"
    return (
        '<table class="bt-table"><thead><tr><th scope="col" class="c-rank">#</th>'
        f'<th scope="col" class="l"><b>Currency</b></th>{heads}</tr></thead><tbody>{body}</tbody></table>'
        f'<p class="bt-foot1">{about}</p>'
    )


def _sorted(name: str, by: str) -> str:
    return ' aria-sort="ascending"' if name == by else ""


def _plain(row: Row, name: str) -> str:
    """A cell's number as text."""
    value = row.values[name]
    if name == "last_price":
        return numerals.price(value)
    if name == "change":
        return numerals.signed_percent(100 * value)
    if name == "standard_deviation":
        return numerals.significant(value)
    return _percent(value, name)


def _cell(row: Row, name: str, style: str, head: str, widest: dict[str, int], by: str, most: float) -> str:
    text = _plain(row, name)
    if name == "change" and row.rank is not None:
        text = change_html(100 * row.values[name])
    elif name in ("last_price", "standard_deviation"):
        text = numerals.aligned(text)
    if name == "standard_deviation":
        text += f' <span class="bt-dim">{escape(row.market.quote)}</span>'
    key = ""
    if name == by:
        key = " is-key"
        part = 100 * row.values[name] / most if most > 0 else 0
        text += f'<span class="bt-relbar" aria-hidden="true"><i style="width:{part:.0f}%"></i></span>'
    return f'<td class="{style}{key}" data-l="{head}" style="--n:{widest[name]}">{text}</td>'


def _start(row: Row, state: State) -> str:
    twice = sum(row.market.quote == other.quote for other in state.chosen) > 1
    where = f" · {row.market.exchange}" if twice else ""
    return (
        f'<td class="c-rank">{row.rank or numerals.NONE}</td>'
        f'<td class="l c-cur"><span class="bt-cc {state.colour(row.market)}">'
        f"<i></i><b>{escape(row.market.quote)}</b> "
        f'<span class="bt-dim">{escape(wording.name(row.market.quote) + where)}</span></span></td>'
    )


def _coverage(row: Row) -> str:
    share = 100 * row.coverage
    # 99.9 % must not read 100 %.
    text = numerals.percent(100.0 if share >= 100 else min(99.0, round(share)), 0)
    return f'<td class="c-cov" data-l="Coverage"><span class="bt-cov">{text}<small>{row.count:,}</small></span></td>'


def _row(
    row: Row,
    columns: list[tuple[str, str, str, str]],
    state: State,
    widest: dict[str, int],
    most: float,
    found: Comparison,
) -> str:
    cells = "".join(_cell(row, name, style, head, widest, state.rank_by, most) for name, style, head, _ in columns)
    cells += comparison.share_cell(row.market, found, state.colour(row.market)) + comparison.rate_cell(
        row.market, found
    )
    return f"<tr>{_start(row, state)}{cells}{_coverage(row)}</tr>"


def _unranked(
    row: Row,
    columns: list[tuple[str, str, str, str]],
    state: State,
    widest: dict[str, int],
    since: dict[object, str],
    found: Comparison,
) -> str:
    kept = "".join(_cell(row, name, style, head, widest, "", math.nan) for name, style, head, _ in columns[:2])
    share = numerals.percent(100 * row.coverage, 0)
    why = f"Not ranked: prices for {share} of this span, the floor is {numerals.percent(100 * state.floor, 0)}."
    if not row.count:
        why = "No prices in this span."
    elif row.coverage >= state.floor:
        why = f"Not ranked: too few prices for the {_short(state.rank_by).lower()}."
    elif row.market in since:
        why += f" Recorded since {since[row.market]}."
    return (
        f'<tr class="is-out">{_start(row, state)}{kept}'
        f'<td class="bt-why" colspan="{len(columns) - 1}">{why}</td>'
        f"{comparison.rate_cell(row.market, found)}{_coverage(row)}</tr>"
    )
