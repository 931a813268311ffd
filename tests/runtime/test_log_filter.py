"""Whatever is logged, it begins no line that looks like another record, controls no terminal, and shows no secret."""

import io
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.runtime.log_filter import LogFilter, install_log_filter

FORMAT = "[log] %(message)s"
# Mostly what the filter is for; any other character as well.
texts = st.text(
    st.sampled_from("a \t\n\r\x00\x0b\x0c\x1b\x1c\x7f\x85\x9b\u2028\u2029\u202e\u2066\ufeff\\%s&=") | st.characters()
)


class Unprintable:
    """An argument whose text cannot be had."""

    def __str__(self):
        raise ZeroDivisionError

    __repr__ = __str__


def record(msg, *args, error=None, stack=None):
    exc_info = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("name", logging.ERROR, "file.py", 1, msg, args, exc_info, sinfo=stack)


def written(logged):
    """The text that a handler with the filter writes of a record."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(LogFilter())
    handler.handle(logged)
    return out.getvalue().removesuffix("\n")


def raised(text):
    """An error with *text*, raised because of another one."""
    try:
        try:
            raise ValueError(text)
        except ValueError as cause:
            raise RuntimeError(text) from cause
    except RuntimeError as error:
        return error


def assert_safe(text):
    first, *others = text.split("\n")
    assert first.startswith("[log] ")
    assert all(line.startswith("    ") for line in others)
    assert "".join([first, *others]).isprintable()


@given(texts, st.lists(texts | st.integers() | st.none(), max_size=2), texts, texts)
def test_no_line_but_the_first_begins_at_the_margin_and_no_control_character_gets_through(msg, args, error, stack):
    assert_safe(written(record(msg, *args, error=raised(error), stack=stack)))
    assert_safe(written(record("%s of %s", *args)))


@given(texts, texts, texts)
def test_a_record_that_several_handlers_write_is_the_same_in_each(msg, error, stack):
    logged = record(msg, error=raised(error), stack=stack)
    assert written(logged) == written(logged)


def test_control_characters_are_shown_as_escapes():
    assert written(record("a\nFAKE\x1b[31m\t%s", "\u202e\u2028\x9b")) == r"[log] a\nFAKE\x1b[31m\t\u202e\u2028\x9b"


def test_what_is_printable_stays_as_it_is():
    assert written(record("%s: 2 × 3 − 1 … Voilà C:\\new", "kraken")) == "[log] kraken: 2 × 3 − 1 … Voilà C:\\new"


def test_a_traceback_keeps_its_lines():
    error = raised("first\nsecond")
    lines = written(record("failed", error=error)).split("\n")
    assert lines[0] == "[log] failed"
    assert "    Traceback (most recent call last):" in lines
    assert lines[-2:] == ["    RuntimeError: first", "    second"]


@pytest.mark.parametrize("separator", ["=", "%3D", "%3d", "%253D"])
@pytest.mark.parametrize("name", ["token", "TOKEN", "password", "_xsrf", "access_token"])
@pytest.mark.parametrize("before", ["/?", "/login?next=%2F%3F", "404 GET /?a=1&", "uri='/?", "\n", "x"])
def test_secrets_are_masked_wherever_they_stand(name, separator, before):
    text = f"{before}{name}{separator}se'c\"r,e;t&b=2 more"
    for line in (written(record(text)), written(record("failed", error=raised(text)))):
        assert "e;t" not in line
        assert "se'c" not in line
        assert f"{name}{separator}[secret]" in line
        assert line.endswith("more")


@pytest.mark.parametrize(
    "text",
    ["Authorization: token hidden", "{'Authorization': 'Bearer hidden'}", '"authorization": "Basic hidden=="'],
)
def test_credentials_are_masked(text):
    assert "hidden" not in written(record(text))
    assert "[secret]" in written(record(text))


@pytest.mark.parametrize(
    "logged",
    [
        record("%d prices", "no number"),
        record("%s and %s", "one"),
        record("%(name)s", {"other": 1}),
        record("%", 1),
        record("%s", Unprintable()),
        record(Unprintable()),
        record(None),
        record(b"\n"),
        record("x", error=raised(Unprintable())),
        record("x", stack=1),
        record("%s", "\ud800"),
    ],
    ids=range(11),
)
def test_a_message_that_cannot_be_formatted_is_written_nevertheless(logged, monkeypatch):
    failures = io.StringIO()
    monkeypatch.setattr(sys, "stderr", failures)
    assert_safe(written(logged))
    assert failures.getvalue() == ""


def test_arguments_that_do_not_fit_are_shown():
    assert written(record("%d prices", "many")) == "[log] %d prices ('many',)"


def test_other_handlers_still_have_the_exception():
    error = raised("reason")
    logged = record("failed", error=error)
    written(logged)
    assert logged.exc_info[1] is error
    assert logged.getMessage() == "failed"


@pytest.fixture
def handlers():
    """A handler of the root logger, and one of a logger that has a parent without one."""
    found = {logging.getLogger(): logging.NullHandler(), logging.getLogger("test.log.filter"): logging.NullHandler()}
    before = {handler: list(handler.filters) for logger in found for handler in logger.handlers}
    before[logging.lastResort] = list(logging.lastResort.filters)
    for logger, handler in found.items():
        logger.addHandler(handler)
    yield [*found.values(), logging.lastResort]
    for logger, handler in found.items():
        logger.removeHandler(handler)
    for handler, filters in before.items():
        handler.filters[:] = filters


def test_every_handler_has_the_filter_once_however_often_it_is_installed(handlers):
    logging.getLogger("test.log.filter.placeholder.child")
    for _ in range(2):
        install_log_filter()
    assert [sum(isinstance(each, LogFilter) for each in handler.filters) for handler in handlers] == [1, 1, 1]


@given(st.integers(0, 3_000))
def test_a_long_message_loses_its_middle_and_stays_the_same_if_it_is_filtered_again(size):
    message = "404 GET /" + "a" * size + " (127.0.0.1)"
    text = written(record(message))
    assert len(text) <= len("[log] ") + 1_000
    assert text.startswith("[log] 404 GET /")
    assert text.endswith(" (127.0.0.1)")
    assert (text == f"[log] {message}") == (len(message) <= 1_000)
    assert written(record(text.removeprefix("[log] "))) == text
