"""A list asks the database as much for three rows as for one."""

import pytest
from fastapi.testclient import TestClient

from service.doors.tools import Tools
from tests.house.calls import CALLS, Call
from tests.house.counting import counted, sign_in
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
    client.headers |= sign_in(world, world.admin)
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
