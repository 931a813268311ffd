"""The pages for newcomers: their length, and the rooms and directions in ARCHITECTURE.md."""

import re

import pytest

from tests.support.checkout import PYPROJECT, ROOT, read
from tests.support.markdown import CODE, rows, section

pytestmark = pytest.mark.checkout


@pytest.mark.parametrize(("page", "most"), [("README.md", 150), ("ARCHITECTURE.md", 200)])
def test_a_page_for_newcomers_stays_short(page, most):
    assert len(read(page).splitlines()) <= most


def test_the_architecture_has_a_section_with_an_invariant_for_each_room_and_no_other():
    text = section("ARCHITECTURE.md", "## Rooms")
    rooms = sorted(path.parent.name for path in (ROOT / "tracker").glob("*/__init__.py"))
    assert sorted(re.findall(r"^### (.*)$", text, re.MULTILINE)) == rooms
    assert {room: section("ARCHITECTURE.md", f"### {room}").count("**Invariant:**") for room in rooms} == dict.fromkeys(
        rooms, 1
    )


@pytest.mark.parametrize("contract_id", ["rooms", "alerts"])
def test_the_direction_of_imports_in_the_architecture_is_the_one_that_is_enforced(contract_id):
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["id"] == contract_id]
    line = " ← ".join(f"{{ {layer} }}" if "|" in layer else layer for layer in reversed(layers))
    assert f"`{line}`" in read("ARCHITECTURE.md")


def test_the_files_and_folders_that_the_architecture_names_in_a_room_are_there():
    missing = []
    for room in (path.parent for path in (ROOT / "tracker").glob("*/__init__.py")):
        named = CODE.findall(section("ARCHITECTURE.md", f"### {room.name}"))
        paths = [name for name in named if name.endswith((".py", "/"))]
        missing += [
            f"{room.name}: {name}"
            for name in paths
            if not any((place / name).exists() for place in (room, room.parent))
        ]
    assert missing == []


def test_the_glossary_is_sorted_and_has_each_term_once():
    terms = [row[0] for row in rows(read("docs/glossary.md"))]
    assert terms == sorted(set(terms))
    assert len(terms) > 30
