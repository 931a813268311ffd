"""
Measures what an update of the alerts panel costs a page: bytes sent, kernel time, browser time.

Each number of each rule has changed, as when all prices have moved. For comparison all of the panel's HTML is sent,
read and compared again.
"""

import base64
import json
import os
import statistics
import time
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.results import Row, table
from tests.support.chromium import find
from tracker.alerts.rules.expression import measures_of
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rearming import read_rearm
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.alert_status import AlertStatus, MarketRule
from tracker.alerts.states.events import Number
from tracker.alerts.states.phase import Phase
from tracker.core.market import Market
from tracker.dashboard.alerts.view import Words
from tracker.dashboard.browser import bundle
from tracker.dashboard.browser.live_html import LiveHtml
from tracker.render.format.theme import css
from tracker.render.html.alerts import alerts_html
from tracker.render.page.alerts_view import AlertsView

NOW = 1_764_000_000_000
MARKETS = tuple(Market("kraken", "BTC", quote) for quote in ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "USDT"))
CONDITIONS = (
    "price > 50000",
    "change(10m) < -2%",
    "relative_std(1h) > 1%",
    "std(24h) > 500",
    "drawdown(24h) > 5%",
    "coverage(1h) < 90%",
)
FEW, MANY = 3, 30  # rules
UPDATES = 20
# Shows the first state, then returns the milliseconds that each of the others takes, layout included.
_APPLY = """async ([bundle, css, states]) => {
  document.body.innerHTML = `<style>${css}</style><div class="bt-page"><div class="bt-main"><div class="bt-alerts ` +
    `is-shown"><div class="bt-live bt-alert-list"></div></div></div></div>`;
  const el = document.querySelector(".bt-live");
  const { default: widget } = await import(bundle);
  const state = {}, handlers = {}, times = [];
  const model = { get: name => state[name], on: (event, handler) => { handlers[event] = handler; }, off() {} };
  Object.assign(state, states[0]);
  widget.render({ model, el });
  for (const changes of states.slice(1)) {
    el.getBoundingClientRect();
    const start = performance.now();
    Object.assign(state, changes);
    for (const name of Object.keys(changes)) handlers[`change:${name}`]();
    el.getBoundingClientRect();
    times.push(performance.now() - start);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  }
  return times;
}"""


def report(updates: int = UPDATES) -> str:
    """Return the section of the results."""
    with sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=find(), args=as_root)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        rows = [measure(page, count, updates) for count in (FEW, MANY)]
        browser.close()
    return (
        f"An update of the alerts panel with rules over {len(MARKETS)} markets, of which each number has changed; "
        f"medians of {updates}. `sent`: what the kernel sends; `whole`: all of the HTML in its place. `words` and "
        "`HTML`: CPU time of the kernel. `browser`: from the message until the layout is done, in Chromium; `whole`: "
        f"the same where all of the HTML is read and compared.\n\n{table(rows)}"
    )


def measure(page: Page, count: int, updates: int) -> Row:
    """Return the row of the table for *count* rules."""
    rules = [_rule(number) for number in range(count)]
    words, widget, sent = Words(MARKETS, NOW, UTC), LiveHtml(lambda what, fields: None), list[dict[str, Any]]()
    widget.send_state = lambda key=None: sent.append(widget.get_state(key))
    word_times, html_times, whole = [], [], list[dict[str, Any]]()
    for number in range(updates + 1):
        status, start = _status(rules, number), time.process_time()
        view = AlertsView(rules=words.rules(rules, status), may_edit=True)
        word_times.append(time.process_time() - start)
        start = time.process_time()
        html = alerts_html(view)
        widget.show(html)
        html_times.append(time.process_time() - start)
        whole.append({"value": html.replace(" data-text", ""), "texts": []})
    return {
        "rules": count,
        "sent (kB)": statistics.median(_size(state) for state in sent[1:]) / 1000,
        "whole (kB)": statistics.median(_size(state) for state in whole) / 1000,
        "words (ms)": 1000 * statistics.median(word_times[1:]),
        "HTML (ms)": 1000 * statistics.median(html_times[1:]),
        "browser (ms)": statistics.median(_apply(page, sent)),
        "whole (ms)": statistics.median(_apply(page, whole)),
    }


def _rule(number: int) -> Rule:
    expression = parse(CONDITIONS[number % len(CONDITIONS)])
    return Rule(f"rule {number}", MARKETS, expression, read_rearm(None, expression))


def _status(rules: Sequence[Rule], number: int) -> AlertStatus:
    """Return the status of *rules* at the update *number*, none of which fires."""
    states = tuple(
        MarketRule(
            rule=rule.name,
            market=market,
            phase=Phase.ARMED,
            evaluated_at=NOW,
            numbers=tuple(
                Number(measure, 0.0123 + place + number / 1000, 1.0) for measure in measures_of(rule.expression)
            ),
        )
        for rule in rules
        for place, market in enumerate(rule.markets)
    )
    return AlertStatus(watcher="dashboard (pid 1)", states=states)


def _size(state: dict[str, Any]) -> int:
    return len(json.dumps(state).encode())


def _apply(page: Page, states: list[dict[str, Any]]) -> list[float]:
    """Return the milliseconds in which the browser has shown each of *states* but the first."""
    script = base64.b64encode(bundle("live_html").encode()).decode()
    times: list[float] = page.evaluate(_APPLY, [f"data:text/javascript;base64,{script}", css(), states])
    return times
