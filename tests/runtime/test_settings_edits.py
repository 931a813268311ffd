"""Editing rules in a text: what changes, and that nothing else does."""

import tomllib

import pytest

from tests.support.memory_settings import MemorySettings
from tracker.core.errors import ConfigError
from tracker.core.settings_contract import ABSENT, SettingsConflict
from tracker.runtime.settings_edits import add_rule, change_rule, edit_settings, remove_rule, rule_names

TEXT = """\
# Mine
span = "6h"  # short

[[rules]]  # the first
name = "EUR drops"
# for a while
when = "change(10m) < -2%"   # quickly
market   =   'kraken:BTC/EUR'

[channels]
ops = "env:OPS_URL"

# The dollar
[[rules]]
name = "USD"
market = ["kraken:BTC/USD"]
when = "price > 70000"
# cooldown = "1h"

# All markets
[[markets]]
name = "kraken:BTC/EUR"
"""
NEW = {"name": 'a "b" \\ é', "market": ("kraken:BTC/*",), "when": "price > 1", "once": True, "rearm": "0.5"}
NEW_TEXT = """\
[[rules]]
name = "a \\"b\\" \\\\ é"
market = ["kraken:BTC/*"]
when = "price > 1"
once = true
rearm = "0.5"
"""


def test_a_rule_is_added_after_the_last_one_and_the_comments_about_it():
    head, tail = TEXT.split("\n# All markets")
    assert add_rule(TEXT, NEW) == f"{head}\n{NEW_TEXT}\n# All markets{tail}"
    assert tomllib.loads(add_rule("", NEW)) == {"rules": [{**NEW, "market": ["kraken:BTC/*"]}]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("# Mine", "# Mine\n\n"),
        ("span = '6h'\n", "span = '6h'\n\n"),
        ("span = '6h'\n\n\n", "span = '6h'\n\n\n"),
        ("[channels]\nops = 'env:A'\n# no more", "[channels]\nops = 'env:A'\n# no more\n\n"),
    ],
)
def test_the_first_rule_is_added_at_the_end_after_an_empty_line(before, after):
    assert add_rule(before, NEW) == after + NEW_TEXT


def test_a_rule_is_added_before_a_table_without_an_empty_line_before_it():
    rule = '[[rules]]\nname = "a"\n'
    assert add_rule(f"{rule}[x]\n", NEW) == f"{rule}\n{NEW_TEXT}\n[x]\n"


def test_a_changed_rule_keeps_its_comments_order_and_what_stays_equal():
    changes = {"when": "price < 1", "for": "30s", "market": "kraken:BTC/EUR", "once": None}
    expected = TEXT.replace('"change(10m) < -2%"', '"price < 1"').replace(
        "   =   'kraken:BTC/EUR'\n", "   =   'kraken:BTC/EUR'\nfor = \"30s\"\n"
    )
    assert change_rule(TEXT, "EUR drops", changes) == expected
    assert change_rule(expected, " EUR drops ", {"when": "change(10m) < -2%", "for": None}) == TEXT


def test_a_rule_may_get_another_name_and_the_last_line_no_line_end():
    text = '[[rules]]\nname = "Bitcoin fa\u0308llt"\nonce = true'
    assert (
        change_rule(text, "Bitcoin f\u00e4llt", {"name": "a", "once": False}) == '[[rules]]\nname = "a"\nonce = false\n'
    )


def test_a_removed_rule_leaves_everything_around_it():
    start, end = TEXT.index("[[rules]]  #"), TEXT.index("[channels]")
    assert remove_rule(TEXT, "EUR drops") == TEXT[:start] + TEXT[end:]
    start, end = TEXT.index('[[rules]]\nname = "USD"'), TEXT.index("# cooldown")
    assert remove_rule(TEXT, "USD") == TEXT[:start] + TEXT[end:]


def test_a_rule_that_is_added_and_removed_leaves_the_text_as_it_was():
    for text in (TEXT, "span = '6h'\n", TEXT.replace("\n", "\r\n"), TEXT.partition("\n# All")[0]):
        assert remove_rule(add_rule(text, NEW), NEW["name"]) == text


@pytest.mark.parametrize("text", ["", "\n", " \n\n"])
def test_a_file_that_had_one_rule_and_nothing_else_has_a_comment(text):
    """One without content counts as half written, and the rule would be watched for ever."""
    assert remove_rule(add_rule(text, NEW), NEW["name"]) == "# No settings: all have their defaults.\n"


def test_line_ends_are_those_of_the_text():
    text = TEXT.replace("\n", "\r\n")
    assert add_rule(text, NEW) == add_rule(TEXT, NEW).replace("\n", "\r\n")
    changes = {"when": "price < 1", "for": "30s"}
    assert change_rule(text, "USD", changes) == change_rule(TEXT, "USD", changes).replace("\n", "\r\n")
    assert remove_rule(text, "USD") == remove_rule(TEXT, "USD").replace("\n", "\r\n")
    mixed = f"{TEXT}# more\r\n"
    assert add_rule(mixed, NEW).replace(NEW_TEXT + "\n", "") == mixed


@pytest.mark.parametrize("edit", [lambda text: change_rule(text, "EURdrops", {}), lambda text: remove_rule(text, "x")])
def test_a_rule_that_is_not_there_is_an_error_that_names_the_others(edit):
    with pytest.raises(
        ConfigError, match=r"no rule '(EURdrops'; did you mean 'EUR drops'|x'; there are EUR drops, USD)"
    ):
        edit(TEXT)
    with pytest.raises(ConfigError, match=r"no rule '.*'; there is none yet"):
        edit("")


@pytest.mark.parametrize("text", ["rules = []", 'rules = [{name = "EUR drops"}]', "[rules]\nname = 1"])
def test_rules_in_one_value_are_refused_with_what_to_type(text):
    for edit in (lambda: add_rule(text, NEW), lambda: remove_rule(text, "EUR drops"), lambda: rule_names(text)):
        with pytest.raises(ConfigError, match=r"type each as a table of its own, below a line \[\[rules\]\]"):
            edit()


def test_names_are_in_the_order_of_the_rules():
    assert rule_names(TEXT) == ["EUR drops", "USD"]


def test_an_edit_is_written_if_the_whole_is_right():
    document = MemorySettings()
    checked = []
    written = edit_settings(document, lambda text: add_rule(text, NEW), checked.append)
    assert written == document.read()
    assert checked == [NEW_TEXT] == [written.text]

    def refuse(text):
        raise ConfigError("wrong")

    with pytest.raises(ConfigError, match=r"^wrong$"):
        edit_settings(document, lambda text: f"{text}# more\n", refuse)
    assert document.read() == written


def test_a_text_that_is_no_toml_is_not_edited():
    document = MemorySettings("a = [")
    with pytest.raises(ConfigError, match=r"^memory: "):
        edit_settings(document, str.upper, lambda text: None)


def test_an_edit_is_made_anew_when_somebody_else_writes_meanwhile():
    document = MemorySettings("# 0\n")

    def change(text):
        if "# 1" not in text:
            document.put(f"{text}# 1\n")
        return add_rule(text, NEW)

    assert edit_settings(document, change, lambda text: None).text == f"# 0\n# 1\n\n{NEW_TEXT}"


def test_an_edit_gives_up_when_others_write_all_the_time():
    document = MemorySettings("")

    def change(text):
        document.put(f"{text}# more\n")
        return text

    with pytest.raises(SettingsConflict):
        edit_settings(document, change, lambda text: None)


def test_an_edit_of_a_version_that_is_no_longer_there_is_refused():
    document = MemorySettings("# 0\n")
    seen = document.read().version
    document.put("# 1\n")
    for expected in (seen, ABSENT):
        with pytest.raises(SettingsConflict):
            edit_settings(document, lambda text: text, lambda text: None, expected)
    edit_settings(document, lambda text: f"{text}# 2\n", lambda text: None, document.read().version)
    assert document.read().text == "# 1\n# 2\n"
