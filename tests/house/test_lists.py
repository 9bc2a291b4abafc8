"""A list asks the database as much for three rows as for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from service.core.clock import utc_now
from service.core.secrets import digest
from service.domain.accounts.tables import SignIn
from service.doors.tools import Tools
from tests.house.calls import CALLS, Call
from tests.house.growth import grow
from tests.worlds import World

LISTS = [call for call in CALLS if call.method == "GET" and call.gives_list]
PAGES = [
    "/",
    "/jobs/{slug}",
    "/jobs/{slug}/apply",
    "/desk",
    "/desk/jobs",
    "/desk/jobs/{slug}",
    "/desk/jobs/{slug}/edit",
    "/desk/submissions",
    "/desk/submissions?sort=-score",
    "/desk/submissions?q=works",
    "/desk/submissions/{id}",
]
UNCHANGED = {"/jobs/{slug}", "/jobs/{slug}/apply", "/desk/jobs/{slug}/edit"}


@contextmanager
def counted(tools: Tools) -> Iterator[list[str]]:
    """What the application asks its database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(tools.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(tools.database.engine, "before_cursor_execute", note)


def test_there_are_lists() -> None:
    assert {call.path for call in LISTS} >= {"/jobs", "/users", "/submissions", "/assignments"}
    assert len(LISTS) > 10


@pytest.mark.parametrize("call", LISTS, ids=lambda call: call.path)
def test_a_list_asks_as_much_for_three_as_for_one(
    client: TestClient, world: World, tools: Tools, call: Call
) -> None:
    url = call.url(world, tools)
    found = []
    for growth in (1, 2):
        for _ in range(growth):
            grow(world)
        with counted(tools) as asked:
            answer = client.get(url, headers=world.admin.auth)
        assert answer.status_code == 200, answer.text
        found.append((len(answer.json()["items"]), len(asked)))
    (first, one), (last, three) = found

    assert 1 <= first <= last - 2
    assert three == one > 0


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_as_much_for_three_as_for_one(
    client: TestClient, world: World, tools: Tools, path: str
) -> None:
    sign_in(client, world)
    url = path.format(slug=world.job_slug, id=world.submission.id)
    found = []
    for growth in (1, 2):
        for _ in range(growth):
            grow(world)
        with counted(tools) as asked:
            answer = client.get(url)
        assert answer.status_code == 200
        found.append((len(answer.text), len(asked)))
    (short, one), (long, three) = found

    assert three == one > 0
    assert long > short or path in UNCHANGED


def sign_in(client: TestClient, world: World) -> None:
    """The admin's browser."""
    now = utc_now()
    with world.database.write() as session:
        row = SignIn(
            user_id=world.admin.id,
            token_digest=digest("a cookie"),
            last_seen_at=now,
            expires_at=now + timedelta(hours=1),
        )
        session.add(row)
    client.headers["Cookie"] = "exhibit=a cookie"
