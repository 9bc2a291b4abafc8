"""Many people change one submission at once: one of them does, the others are told."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlmodel import func, select
from starlette.testclient import TestClient

from service.core.db import Database
from service.core.errors import Stale
from service.core.outbox import EventRow
from service.core.versions import Expected
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.outcomes.tables import Outcome
from service.domain.pipeline.actions import move_submission
from service.domain.pipeline.inputs import MoveInput
from service.domain.pipeline.tables import Move
from service.domain.submissions.queries import get_submission
from service.domain.submissions.tables import Submission
from tests.worlds import World

CROWD = 50


def at_once(call: Callable[[int], int]) -> Counter[int]:
    """How often which status came when all call at the same moment."""
    ready = Barrier(CROWD)

    def wait_and_call(number: int) -> int:
        ready.wait()
        return call(number)

    with ThreadPoolExecutor(CROWD) as crowd:
        return Counter(crowd.map(wait_and_call, range(CROWD)))


def count(world: World, table: type[EventRow] | type[Move] | type[Outcome]) -> int:
    with world.database.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_of_fifty_moves_with_one_etag_one_happens(client: TestClient, world: World) -> None:
    headers = {**world.recruiter.auth, "If-Match": '"1"'}

    def call(number: int) -> int:
        body = {"to": "screen" if number % 2 else "onsite"}
        url = f"{world.submission.url}/moves"
        return client.post(url, json=body, headers=headers).status_code

    assert at_once(call) == {201: 1, 412: 49}
    assert world.reload(Submission, world.submission.id).version == 2
    assert (count(world, Move), count(world, EventRow)) == (1, 1)


def test_moves_that_take_any_version_come_one_after_another(
    client: TestClient, world: World
) -> None:
    headers = {**world.recruiter.auth, "If-Match": "*"}

    def call(number: int) -> int:
        body = {"to": "screen" if number % 2 else "onsite"}
        url = f"{world.submission.url}/moves"
        return client.post(url, json=body, headers=headers).status_code

    statuses = at_once(call)

    assert set(statuses) <= {201, 409}
    assert count(world, Move) == count(world, EventRow) == statuses[201]
    assert world.reload(Submission, world.submission.id).version == 1 + statuses[201]


def test_of_fifty_first_outcomes_one_is_kept(client: TestClient, world: World) -> None:
    auth, url = world.recruiter.auth, world.submission.url
    hired = client.post(f"{url}/moves", json={"to": "hired"}, headers={**auth, "If-Match": "*"})
    assert hired.status_code == 201
    body = {"at": "2026-01-31", "succeeded": True}
    headers = {**auth, "If-None-Match": "*"}

    statuses = at_once(
        lambda _: client.put(f"{url}/outcome", json=body, headers=headers).status_code
    )

    assert statuses == {200: 1, 412: 49}
    assert count(world, Outcome) == 1


def test_servers_beside_each_other_lose_no_update_either(database_url: str, world: World) -> None:
    """Each has its own connections and its own line of writers, as processes have."""
    servers = [Database(database_url, connections=4) for _ in range(4)]

    def call(number: int) -> int:
        with servers[number % 4].write() as session:
            recruiter = Actor.of(session.get_one(User, world.recruiter.id))
            try:
                version = Expected(frozenset({1}))
                found = get_submission(session, recruiter, world.submission.id, version=version)
                move_submission(session, recruiter, found, MoveInput(to="screen"))
            except Stale:
                return 412
            return 201

    ready = Barrier(16)

    def wait_and_call(number: int) -> int:
        ready.wait()
        return call(number)

    with ThreadPoolExecutor(16) as crowd:
        statuses = Counter(crowd.map(wait_and_call, range(16)))
    for server in servers:
        server.dispose()

    assert statuses == {201: 1, 412: 15}
    assert count(world, Move) == 1
