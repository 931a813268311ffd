"""The tree of errors: kinds that say what may help, each complete when it is made."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tracker
from tracker.core import errors
from tracker.core.errors import ExchangeError, RateLimited, Refused, TrackerError, Unreachable, UnreadableAnswer

FILES = sorted(Path(tracker.__file__).parent.rglob("*.py"))
KINDS = (Unreachable, RateLimited, Refused, UnreadableAnswer)
NAMES = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, TrackerError)}


def exceptions_in(tree: ast.AST) -> Iterator[str]:
    """Names that stand for an exception somewhere in *tree*: caught, made, or passed as one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        elif isinstance(node, ast.arg) and node.annotation:
            if any(name in ast.unparse(node.annotation) for name in (*NAMES, "Exception", "Error")):
                yield node.arg
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = ast.unparse(node.value.func).rpartition(".")[2]
            if made in NAMES or made.endswith(("Error", "Exception")):
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def changes_in(text: str) -> list[int]:
    """The lines of *text* that change an exception."""
    tree = ast.parse(text)
    exceptions = set(exceptions_in(tree))

    def changes(node: ast.AST) -> bool:
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return isinstance(node.value, ast.Name) and node.value.id in exceptions
        if isinstance(node, ast.Call):
            target = node.args[0] if ast.unparse(node.func) in ("setattr", "delattr") else node.func
            if isinstance(target, ast.Attribute) and target.attr in ("add_note", "with_traceback", "__setattr__"):
                target = target.value
            return isinstance(target, ast.Name) and target.id in exceptions
        return False

    return [node.lineno for node in ast.walk(tree) if changes(node)]


@pytest.mark.parametrize(
    "change",
    [
        *("error.refused = True", "error.args = ()", "error.count += 1", "del error.args"),
        *("setattr(error, 'a', 1)", "error.add_note('x')", "error.a, b = 1, 2"),
    ],
)
@pytest.mark.parametrize(
    "around",
    [
        "try:\n    work()\nexcept ValueError as error:\n    {}",
        "error = Refused('no')\n{}",
        "error = errors.RateLimited('no', 1)\n{}",
        "def told(error: ExchangeError) -> None:\n    {}",
    ],
)
def test_a_change_of_an_exception_is_noticed(change, around):
    assert len(changes_in(around.format(change))) == 1
    assert changes_in(around.format("print(error.args, str(error))")) == []


def test_no_exception_is_changed_after_it_was_made():
    found = {str(file): lines for file in FILES if (lines := changes_in(file.read_text(encoding="utf-8")))}
    assert found == {}


def test_an_exchange_error_is_always_of_a_kind():
    calls = {file: re.findall(r"\bExchangeError\(", file.read_text(encoding="utf-8")) for file in FILES}
    assert {str(file) for file, made in calls.items() if made} <= {errors.__file__}


def test_the_kinds_are_exchange_errors_and_none_is_another():
    assert set(ExchangeError.__subclasses__()) == set(KINDS)
    assert all(kind.__subclasses__() == [] for kind in KINDS)


@pytest.mark.parametrize(
    "error", [Unreachable("away"), RateLimited("too many", 7.5), Refused("no"), UnreadableAnswer("what?")]
)
def test_another_wording_keeps_the_kind_and_the_pause_and_leaves_the_error_as_it_was(error):
    other = error.reworded("in other words")
    assert type(other) is type(error)
    assert vars(other) == vars(error)
    assert (str(other), str(error) == "in other words") == ("in other words", False)
