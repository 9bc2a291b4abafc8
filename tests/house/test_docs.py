"""The documentation says what the code does: no more, no less."""

import re
import tomllib
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from tests.house.tables import DOCS, PAGES

ROOT = DOCS.parent
TEXTS = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
SETTING = re.compile(r"EXHIBIT_[A-Z0-9_]+[A-Z0-9]")


@pytest.mark.parametrize(("page", "table"), PAGES.items())
def test_a_page_lists_what_there_is(page: str, table: Callable[[], list[str]]) -> None:
    text = (DOCS / page).read_text().splitlines()

    assert [line for line in text if line.startswith("|")] == table()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runs = project["project"]
    groups = (runs["optional-dependencies"], project["dependency-groups"])
    wanted = [*runs["dependencies"], *chain(*(chain(*group.values()) for group in groups))]
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|", _text("dependencies.md"), re.MULTILINE
    )
    given = [name for name, *_ in rows if name not in ("package", "---")]

    assert sorted(given) == sorted(wanted)


@pytest.mark.parametrize("page", TEXTS, ids=lambda path: path.name)
def test_what_a_page_leads_to_is_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https://)([^)#]+)", page.read_text())
    named = [f"../{name}" if page.parent == DOCS else name for name in _named(page)]

    assert [name for name in (*links, *named) if not (page.parent / name).exists()] == []


@pytest.mark.parametrize("page", TEXTS, ids=lambda path: path.name)
def test_a_page_names_no_setting_that_is_not_there(page: Path) -> None:
    there = set(SETTING.findall(_text("settings.md")))

    assert set(SETTING.findall(page.read_text())) <= there


def _named(page: Path) -> list[str]:
    """Files of ours that a page names in code marks."""
    return re.findall(r"`((?:docs|tests)/[a-z/_.]+)`", page.read_text())


def _text(page: str) -> str:
    return (DOCS / page).read_text()
