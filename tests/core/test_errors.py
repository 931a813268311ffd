"""The hierarchy of errors: kinds of exchange errors, immutable once created."""

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
    """Yield the names of exceptions in *tree*: caught, created, or passed as an argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        elif isinstance(node, ast.arg) and node.annotation:
            if any(name in ast.unparse(node.annotation) for name in (*NAMES, "Exception", "Error")):
                yield node.arg
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            callee = ast.unparse(node.value.func).rpartition(".")[2]
            if callee in NAMES or callee.endswith(("Error", "Exception")):
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def changes_in(text: str) -> list[int]:
    """Return the lines of *text* that change an exception."""
    tree = ast.parse(text)
    exceptions = set(exceptions_in(tree))

    def changes(node: ast.AST) -> bool:
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return isinstance(node.value, ast.Name) and node.value.id in exceptions
        if not isinstance(node, ast.Call):
            return False
        target: ast.AST = node  # no name
        if ast.unparse(node.func) in ("setattr", "delattr"):
            target = node.args[0]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in ("add_note", "with_traceback", "__setattr__"):
            target = node.func.value
        return isinstance(target, ast.Name) and target.id in exceptions

    return [node.lineno for node in ast.walk(tree) if changes(node)]


@pytest.mark.parametrize(
    "change",
    [
        *("error.refused = True", "error.args = ()", "error.count += 1", "del error.args"),
        *("setattr(error, 'a', 1)", "error.add_note('x')", "error.a, b = 1, 2"),
    ],
)
@pytest.mark.parametrize(
    "context",
    [
        "try:\n    work()\nexcept ValueError as error:\n    {}",
        "error = Refused('no')\n{}",
        "error = errors.RateLimited('no', 1)\n{}",
        "def report(error: ExchangeError) -> None:\n    {}",
    ],
)
def test_a_change_of_an_exception_is_found(change, context):
    assert len(changes_in(context.format(change))) == 1
    assert changes_in(context.format("print(error.args, str(error))")) == []


def test_no_exception_is_changed_after_its_creation():
    changes = {str(file): lines for file in FILES if (lines := changes_in(file.read_text(encoding="utf-8")))}
    assert changes == {}


def test_an_exchange_error_is_always_of_a_kind():
    calls = {file: re.findall(r"\bExchangeError\(", file.read_text(encoding="utf-8")) for file in FILES}
    assert {str(file) for file, matches in calls.items() if matches} <= {errors.__file__}


def test_every_error_that_is_no_group_is_raised_somewhere():
    code = "".join(file.read_text(encoding="utf-8") for file in FILES if file != Path(errors.__file__))
    ends = {name for name in NAMES if not getattr(errors, name).__subclasses__()}
    assert {name for name in ends if f"{name}(" not in code} == set()


def test_the_kinds_are_exchange_errors_and_none_is_a_subclass_of_another():
    assert set(ExchangeError.__subclasses__()) == set(KINDS)
    assert all(kind.__subclasses__() == [] for kind in KINDS)


@pytest.mark.parametrize(
    "error", [Unreachable("away"), RateLimited("too many", 7.5), Refused("no"), UnreadableAnswer("what?")]
)
def test_a_reworded_error_has_the_same_kind_and_pause_and_the_original_is_unchanged(error):
    reworded = error.reworded("in other words")
    assert type(reworded) is type(error)
    assert vars(reworded) == vars(error)
    assert (str(reworded), str(error) == "in other words") == ("in other words", False)
