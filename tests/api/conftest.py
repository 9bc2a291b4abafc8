"""What the tests of the API share: somebody else at the database."""

from collections.abc import Callable, Iterator

import pytest

from tests.meetings import Other


@pytest.fixture
def others(database_url: str) -> Iterator[Callable[[], Other]]:
    made: list[Other] = []

    def another() -> Other:
        made.append(Other(database_url))
        return made[-1]

    yield another
    for one in made:
        one.close()
