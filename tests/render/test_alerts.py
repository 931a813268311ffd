"""The panel of alerts as HTML."""

import re

import pytest

from tests.support.page_states import visible_text
from tracker.render.html.alerts import add_html, alerts_html
from tracker.render.html.rule_rows import OpenMenu, is_muted
from tracker.render.page.alerts_view import AlertNotice, AlertsView, PastFiring, Sign, WatchedMarket, WatchedRule

HOSTILE = "<img src=x onerror=alert(1)>"


def rule(name="EUR drops", *signs, **more):
    markets = tuple(
        WatchedMarket(f"M{index}", sign, f"now {index}", f"kraken:BTC/M{index}")
        for index, sign in enumerate(signs or (Sign.ARMED,))
    )
    return WatchedRule(**{"name": name, "condition": "price < 100", "markets": markets, **more})


def test_each_state_has_a_word_and_a_shape_of_its_own():
    shapes = set()
    for sign in Sign:
        html = alerts_html(AlertsView(rules=(rule("x", sign),)))
        assert f"</svg>{sign.value}</span>" in html
        shapes.add(re.search(r"<svg[^>]*>(.*?)</svg>", html)[1])
    assert len(shapes) == len(Sign)
    over = [alerts_html(AlertsView(rules=(rule("x", sign),))) for sign in (Sign.DONE, Sign.EXPIRED)]
    assert all('<li class="bt-rule is-done" ' in html for html in over), "the style of what is over"


@pytest.mark.parametrize(
    ("rules", "heading"),
    [
        ((), ""),
        ((rule(),), "1 rule, quiet"),
        ((rule(), rule("b")), "2 rules, all quiet"),
        ((rule("a", Sign.FIRING), rule("b", Sign.PENDING), rule("c")), "1 firing, 1 pending"),
        ((rule("a", Sign.UNKNOWN), rule("b", Sign.FIRING, muted="muted to 18:00")), "1 cannot tell"),
    ],
)
def test_the_heading_says_how_many_rules_need_a_look(rules, heading):
    assert AlertsView(rules=rules).heading == heading
    assert f'role="status">{heading}</span>' in alerts_html(AlertsView(rules=rules))


def test_a_rule_of_one_market_says_what_is_measured_there():
    assert "armed now 0" in visible_text(alerts_html(AlertsView(rules=(rule(),))))


def test_a_rule_of_which_nothing_is_known_yet_says_its_condition():
    silent = WatchedMarket("EUR", Sign.ARMED, "", "kraken:BTC/EUR")
    html = alerts_html(AlertsView(rules=(rule(markets=(silent,)),)))
    assert "<summary data-text>price &lt; 100</summary>" in html


def test_a_row_opens_with_what_is_watched_for_and_who_is_told():
    html = alerts_html(AlertsView(rules=(rule(condition="price < 100 or age > 60s", terms="for 3 min · sent to ops"),)))
    assert "<p><code>price &lt; 100 or age &gt; 60s</code> for 3 min · sent to ops</p>" in html
    assert "title=" not in html, "which neither a finger nor a keyboard reaches"


@pytest.mark.parametrize(
    ("signs", "shown", "text"),
    [
        ((Sign.ARMED, Sign.FIRING, Sign.PENDING), Sign.FIRING, "1 of 3: M1"),
        ((Sign.PENDING,) * 6, Sign.PENDING, "6 of 6: M0, M1, M2, M3 and 2 more"),
        ((Sign.UNKNOWN, Sign.ARMED), Sign.UNKNOWN, "1 of 2: M0"),
        ((Sign.ARMED, Sign.DONE), Sign.ARMED, "2 markets"),
        ((Sign.EXPIRED, Sign.EXPIRED), Sign.EXPIRED, "2 markets"),
        ((Sign.ARMED, Sign.MUTED), Sign.MUTED, "1 of 2: M1"),
    ],
)
def test_a_rule_of_several_markets_is_one_row_that_opens(signs, shown, text):
    html = alerts_html(AlertsView(rules=(rule("all", *signs),)))
    assert html.count('class="bt-rule is-') == 1
    assert f"all {shown.value} {text}" in visible_text(html)
    assert f"<summary data-text>{text}</summary>" in html
    assert html.count('data-key="market M') == len(signs)


def test_of_very_many_the_loudest_are_listed_and_the_rest_is_counted():
    quiet = [rule(f"r{index}", *[Sign.ARMED] * 49, Sign.PENDING) for index in range(999)]
    html = alerts_html(AlertsView(rules=(*quiet, rule("loud", *[Sign.ARMED] * 49, Sign.FIRING)), may_edit=True))
    assert html.count('data-key="rule ') == 100
    assert html.index("rule loud") < html.index("rule r0")
    assert visible_text(html).endswith("and 900 more rules")
    assert html.count("and 46 more markets") == 100
    assert html.count("now 49") == 100, "the pending one of each rule"
    assert len(html) < 300_000


def test_a_rule_that_watches_no_market_says_so():
    html = alerts_html(AlertsView(rules=(rule(markets=()),)))
    assert "cannot tell watches no market that is collected" in visible_text(html)


def test_rules_that_fire_come_first_and_all_others_keep_their_order():
    names = re.findall(
        r'data-key="rule (\w)"',
        alerts_html(AlertsView(rules=(rule("a"), rule("b", Sign.PENDING), rule("c", Sign.FIRING), rule("d")))),
    )
    assert names == ["c", "a", "b", "d"]


def test_what_users_and_services_wrote_is_escaped_once():
    view = AlertsView(
        rules=(
            WatchedRule(
                name=HOSTILE,
                condition=HOSTILE,
                terms=HOSTILE,
                markets=(WatchedMarket(HOSTILE, Sign.ARMED, HOSTILE, HOSTILE),) * 2,
            ),
        ),
        notices=(AlertNotice("is-down", HOSTILE, HOSTILE),),
        history=(PastFiring(HOSTILE, HOSTILE),),
        may_edit=True,
    )
    html = alerts_html(view, OpenMenu(HOSTILE, HOSTILE, HOSTILE))
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "&amp;lt;" not in html


def test_without_the_right_to_edit_there_is_no_control():
    html = alerts_html(AlertsView(rules=(rule(), rule("b", muted="muted to 18:00"))))
    assert "<button" not in html
    assert "<form" not in html


def test_whoever_may_edit_can_mute_and_change_each_rule():
    view = AlertsView(rules=(rule("a"), rule("b", muted="muted to 18:00")), may_edit=True)
    html = alerts_html(view)
    assert re.findall(r'data-do="(\w+)" data-rule="(\w)"', html) == [
        ("choose_mute", "a"),
        ("edit", "a"),
        ("unmute", "b"),
        ("edit", "b"),
    ]
    assert "muted to 18:00" in html
    assert 'aria-label="Mute a"' in html


def test_the_menu_of_a_rule_offers_an_hour_and_a_time():
    view = AlertsView(rules=(rule("a"), rule("b")), may_edit=True)
    html = alerts_html(view, OpenMenu("b", error="18:0 is no time"))
    assert html.count('data-do="mute_until"') == html.count('data-do="mute_hour" data-rule="b"') == 1
    assert 'role="alert">18:0 is no time<' in html


def test_each_market_of_a_rule_can_be_muted_alone():
    view = AlertsView(rules=(rule("a", Sign.MUTED, Sign.FIRING), rule("b", Sign.MUTED)), may_edit=True)
    html = alerts_html(view, OpenMenu("a", "kraken:BTC/M1"))
    pressed = re.findall(
        r'<button type="button" class="bt-text-button" data-do="(\w+)" data-rule="(\w)"(.*?) aria-label', html
    )
    m0, m1 = (f' data-market="kraken:BTC/M{index}"' for index in (0, 1))
    assert pressed == [
        ("unmute", "a", m0),
        ("cancel", "a", m1),
        ("choose_mute", "a", ""),
        ("edit", "a", ""),
        ("unmute", "b", m0),
        ("edit", "b", ""),
    ]
    assert f'data-do="mute_hour" data-rule="a"{m1}' in html
    assert 'aria-label="Unmute a in M0"' in html


def test_buttons_do_nothing_before_the_page_is_live():
    html = alerts_html(AlertsView(rules=(rule(),), may_edit=True), is_live=False) + add_html(is_live=False)
    assert html.count("<button") == html.count(" disabled>") == 3


def test_the_last_firings_are_folded():
    html = alerts_html(AlertsView(rules=(rule(),), history=tuple(PastFiring("a", f"line {i}") for i in range(80))))
    assert "<summary>Last firings</summary>" in html
    assert html.count("line ") == 50


@pytest.mark.parametrize(("may_edit", "what"), [(True, "Add one below"), (False, "Write one into tracker.toml")])
def test_without_rules_it_says_what_to_type(may_edit, what):
    text = visible_text(alerts_html(AlertsView(may_edit=may_edit)))
    assert f"No rule yet. {what}, or type tracker rules add" in text
    assert "docs/alerts.md" in text


@pytest.mark.parametrize(
    ("view", "is_shown"),
    [
        (AlertsView(), False),
        (AlertsView(history=(PastFiring("a", "b"),)), False),
        (AlertsView(may_edit=True), True),
        (AlertsView(rules=(rule(),)), True),
        (AlertsView(notices=(AlertNotice("is-down", "wrong"),)), True),
    ],
)
def test_the_panel_takes_no_room_where_it_has_nothing_to_show(view, is_shown):
    assert view.is_shown is is_shown


def test_whether_a_rule_is_muted_is_looked_up_for_itself_and_for_each_market():
    view = AlertsView(rules=(rule("a", Sign.MUTED, Sign.ARMED), rule("b", muted="muted to 18:00")))
    assert [is_muted(view, name, "") for name in ("a", "b", "c")] == [False, True, False]
    assert [is_muted(view, "a", f"kraken:BTC/M{index}") for index in (0, 1)] == [True, False]


def test_a_button_whose_mute_is_awaited_keeps_the_focus():
    html = alerts_html(AlertsView(rules=(rule("a"),), may_edit=True), OpenMenu("a", is_waiting=True))
    [button] = re.findall(r"<button[^>]*>Muting …</button>", html)
    assert 'aria-disabled="true"' in button
    assert " disabled" not in button
