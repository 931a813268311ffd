"""
No class of the page redefines a name of traitlets, ipywidgets or anywidget by accident.

Those libraries call their own methods by name: a method that happens to be called ``_compare`` once replaced the one by
which traitlets decides whether a trait has changed.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache

import pytest
from anywidget import AnyWidget
from ipywidgets import VBox
from traitlets import HasTraits

import tracker.dashboard

# (class, name) of what is redefined on purpose.
INTENDED = {
    *((name, "children") for name in ("Scope", "PriceChart", "RequestButtons")),  # only its type
    ("ViewState", "hold_trait_notifications"),  # does the same, and more
}


def subclasses(base: type) -> Iterator[type]:
    for subclass in base.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def widget_classes() -> list[type[HasTraits]]:
    """Return every class of the page that has traits; those of its server have bases of their own to redefine."""
    names = {module.name for module in pkgutil.walk_packages(tracker.dashboard.__path__, "tracker.dashboard.")}
    names = {name for name in names if not name.startswith("tracker.dashboard.server")}
    for name in names:
        importlib.import_module(name)
    return [kind for kind in dict.fromkeys(subclasses(HasTraits)) if kind.__module__ in names]  # one may have two bases


@cache
def class_body(kind: type) -> ast.ClassDef:
    """Return the definition of *kind*, from its module: inspect finds no class of traitlets on Python 3.13."""
    module = ast.parse(inspect.getsource(importlib.import_module(kind.__module__)))
    [body] = [node for node in ast.walk(module) if isinstance(node, ast.ClassDef) and node.name == kind.__name__]
    return body


def defined_names(kind: type) -> set[str]:
    """Return the names of methods and class attributes, but not those that a metaclass adds to each class."""
    names = set()
    for node in class_body(kind).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if not (name.startswith("__") and name.endswith("__"))}


def names_assigned_to_self(kind: type) -> set[str]:
    return {
        node.attr
        for node in ast.walk(class_body(kind))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


def redefined_names(kind: type[HasTraits]) -> set[str]:
    """Return the names of a library's class that *kind* redefines; assigning a value to a trait is no redefinition."""
    libraries = [base for base in kind.__mro__[1:-1] if not base.__module__.startswith("tracker.")]
    inherited = {name for base in libraries for name in vars(base)}
    traits = {name for base in libraries if issubclass(base, HasTraits) for name in base.class_trait_names()}
    return inherited & (defined_names(kind) | (names_assigned_to_self(kind) - traits))


def test_no_widget_redefines_a_name_of_a_library_by_accident():
    classes = widget_classes()
    assert len(classes) > 15
    assert {(kind.__name__, name) for kind in classes for name in redefined_names(kind)} == INTENDED


class OverridesMethod(VBox):
    def _compare(self, *charts: object) -> None: ...


class OverridesTrait(AnyWidget):
    comm = None


class AssignsMethod(VBox):
    def __init__(self) -> None:
        self.observe = lambda change: None
        super().__init__()


class UsesTrait(VBox):
    def __init__(self) -> None:
        super().__init__()
        self.children = ()
        self.head = None


@pytest.mark.parametrize(
    ("kind", "names"),
    [(OverridesMethod, {"_compare"}), (OverridesTrait, {"comm"}), (AssignsMethod, {"observe"}), (UsesTrait, set())],
)
def test_finds_a_redefined_method_or_trait_but_not_the_use_of_one(kind, names):
    assert redefined_names(kind) == names
