"""What docs/api.md promises of lists holds for every list in the OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.domain.accounts.tables import Role, User
from service.doors.tools import Tools
from tests.house.calls import CALLS, PREFIX, SCHEMA, Call
from tests.house.growth import grow
from tests.house.leaving import LEAVING, Leaving, nothing
from tests.house.test_lists import LISTS
from tests.listing import chain, walk
from tests.worlds import Person, World

each_list = pytest.mark.parametrize("call", LISTS, ids=lambda call: call.path)


def answers(call: Call) -> Iterator[Mapping[str, Any]]:
    """The schemas of what a call answers with."""
    for answer in call.about["responses"].values():
        for content in answer.get("content", {}).values():
            yield content.get("schema", {})


def grown(world: World, times: int = 3) -> None:
    for _ in range(times):
        grow(world)


def another_admin(world: World) -> Person:
    with world.database.write() as session:
        session.get_one(User, world.other_recruiter.id).roles = [Role.ADMIN]
    return world.other_recruiter


def test_every_list_is_one_of_pages_and_says_how_rows_leave_it() -> None:
    bare = [
        call.name for call in CALLS if any("array" in str(a.get("type")) for a in answers(call))
    ]

    assert bare == []
    assert set(LEAVING) == {call.path for call in LISTS}
    for call in LISTS:
        taken = {one["name"] for one in call.about["parameters"] if one["in"] == "query"}
        name = next(answers(call))["$ref"].rpartition("/")[2]
        shown = set(SCHEMA["components"]["schemas"][name]["properties"])
        assert taken >= {"limit", "cursor", "updated_since"}, call.path
        assert shown >= {"items", "next_cursor", "sync"}, call.path


@each_list
def test_rows_one_by_one_are_those_of_one_page(
    client: TestClient, world: World, tools: Tools, call: Call
) -> None:
    grown(world)
    url = call.url(world, tools)

    one_by_one, _ = walk(client, world.admin, url, limit=1)
    whole = client.get(url, params={"limit": 200}, headers=world.admin.auth).json()

    assert one_by_one == whole["items"]
    assert (len(one_by_one) >= 3, whole["next_cursor"]) == (True, None)


@each_list
def test_a_cursor_is_good_for_one_caller_and_one_question(
    client: TestClient, world: World, tools: Tools, call: Call
) -> None:
    grown(world, 2)
    url, other, admin = call.url(world, tools), another_admin(world), world.admin
    elsewhere = f"{PREFIX}/{'users' if call.path != '/users' else 'tokens'}"
    next = client.get(url, params={"limit": 1}, headers=admin.auth).json()["next_cursor"]
    _, sync = walk(client, admin, url)

    def ask(by: Person, at: str = url, **query: str) -> int:
        return client.get(at, params=query, headers=by.auth).status_code

    assert ask(admin, cursor=next) == ask(admin, updated_since=sync) == 200
    assert ask(other, cursor=next) == ask(other, updated_since=sync) == 400
    assert ask(admin, elsewhere, cursor=next) == ask(admin, elsewhere, updated_since=sync) == 400
    assert ask(admin, cursor=sync) == ask(admin, updated_since=next) == 400
    assert ask(admin, cursor=next, updated_since=sync) == ask(admin, cursor=next[:-2]) == 400
    assert ask(admin, curso="x") == ask(admin, limit="0") == 422


@each_list
def test_who_is_in_step_is_told_nothing_again(
    client: TestClient, world: World, tools: Tools, call: Call
) -> None:
    """But for what goes by the clock: that comes again for two minutes."""
    grown(world, 2)
    chain(world)
    url = call.url(world, tools)
    _, sync = walk(client, world.admin, url)

    told, _ = walk(client, world.admin, url, updated_since=sync)

    assert (told != []) is (call.path == "/outbox")


@each_list
def test_nobody_who_is_there_throughout_is_lost_or_doubled(
    client: TestClient, world: World, tools: Tools, call: Call
) -> None:
    grown(world)
    how = LEAVING[call.path] or Leaving(nothing)
    how.before(client, world)
    url, by = call.url(world, tools), getattr(world, how.who)
    before, _ = walk(client, by, url, **how.query)

    first = client.get(url, params={**how.query, "limit": 1}, headers=by.auth)
    grow(world)
    how.leave(client, world)
    rest, _ = walk(client, by, first.links["next"]["url"]) if "next" in first.links else ([], "")
    after, _ = walk(client, by, url, **how.query)

    seen = [row["id"] for row in (*first.json()["items"], *rest)]
    throughout = {row["id"] for row in before} & {row["id"] for row in after}
    assert len(seen) == len(set(seen))
    assert throughout
    assert throughout <= set(seen)


@pytest.mark.parametrize("path", [path for path, how in LEAVING.items() if how])
def test_what_left_a_list_reads_as_a_tombstone(
    client: TestClient, world: World, tools: Tools, path: str
) -> None:
    grown(world)
    how = LEAVING[path]
    assert how
    how.before(client, world)
    chain(world)
    url = next(call for call in LISTS if call.path == path).url(world, tools)
    by = getattr(world, how.who)
    rows, sync = walk(client, by, url, **how.query)
    held = {row["id"]: row for row in rows}

    how.leave(client, world)
    told, later = walk(client, by, url, limit=1, updated_since=sync, **how.query)
    chain(world)
    now, _ = walk(client, by, url, **how.query)

    tombstones = [row for row in told if "deleted" in row]
    assert tombstones == [{"id": row["id"], "deleted": True} for row in tombstones]
    assert {row["id"] for row in tombstones} == held.keys() - {row["id"] for row in now} != set()
    held |= {row["id"]: row for row in told}
    assert {id: row for id, row in held.items() if "deleted" not in row} == {
        row["id"]: row for row in now
    }
    again, _ = walk(client, by, url, updated_since=later, **how.query)
    assert {row["id"] for row in again} <= {row["id"] for row in told} | set(held)
