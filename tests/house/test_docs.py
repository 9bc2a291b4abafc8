"""The documentation says what the code does: no more, no less."""

from collections.abc import Callable

import pytest

from tests.house.tables import DOCS, PAGES


@pytest.mark.parametrize(("page", "table"), PAGES.items())
def test_a_page_lists_what_there_is(page: str, table: Callable[[], list[str]]) -> None:
    text = (DOCS / page).read_text().splitlines()

    assert [line for line in text if line.startswith("|")] == table()
