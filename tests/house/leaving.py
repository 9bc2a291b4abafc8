"""How a row leaves each list of the API: a new list must say it too."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi.testclient import TestClient
from sqlmodel import col, select

from service.core.outbox import Task, TaskState
from service.domain.jobs.tables import Job, SealRule
from tests import reviewing
from tests.house.calls import PREFIX
from tests.worlds import World

Step = Callable[[TestClient, World], object]


def nothing(_client: TestClient, _world: World) -> None:
    """There is something in the list already."""


@dataclass(frozen=True)
class Leaving:
    """Who looks, asking for what; what is there `before`, and what makes a row `leave`."""

    leave: Step
    who: str = "admin"
    query: dict[str, str] = field(default_factory=dict)
    before: Step = nothing


def _post(client: TestClient, world: World, path: str, **body: object) -> None:
    headers = {**world.admin.auth, "If-Match": "*"}
    done = client.post(PREFIX + path, json=body or None, headers=headers)
    assert done.is_success, done.text


def _judge(client: TestClient, world: World) -> None:
    """The reviewer is the last of those who were asked, and sees what the others think."""
    with world.database.write() as session:
        session.get_one(Job, world.job_id).seal_rule = SealRule.ALL_LOCKED
    reviewing.assign(client, world.recruiter, world.reviewer, world.submission)
    assert reviewing.judge(client, world.reviewer, world.submission, revision=1).status_code == 200


def _ask_another(client: TestClient, world: World) -> None:
    asked = reviewing.assign(client, world.recruiter, world.reviewer2, world.submission)
    assert asked.status_code == 201


def _ask_twice(client: TestClient, world: World) -> None:
    for sent in (world.submission, world.submission2):
        reviewing.assign(client, world.recruiter, world.reviewer, sent)


def _decline(client: TestClient, world: World) -> None:
    listed = client.get(f"{PREFIX}/assignments", headers=world.reviewer.auth).json()["items"]
    first = next(one for one in listed if one["submission_id"] == str(world.submission.id))
    reviewing.change(client, world.reviewer, world.submission, first, state="declined")


def _deactivate(client: TestClient, world: World) -> None:
    _post(client, world, f"/users/{world.outsider.id}/deactivate")


def _close(client: TestClient, world: World) -> None:
    _post(client, world, f"/jobs/{world.job_slug}/close")


def _move(client: TestClient, world: World) -> None:
    _post(client, world, f"/submissions/{world.submission2.id}/moves", to="screen")


def _retry(client: TestClient, world: World) -> None:
    with world.database.read() as session:
        given_up = select(Task.id).where(col(Task.state) == TaskState.GIVEN_UP)
        id = session.exec(given_up.limit(1)).one()
    _post(client, world, f"/outbox/{id}/retry")


# None: what was told once stays in the list; docs/api.md says so.
LEAVING: dict[str, Leaving | None] = {
    "/users": None,
    "/tokens": None,
    "/submissions/{id}/history": None,
    "/submissions/{id}/conflicts": None,
    "/submissions/{id}/revisions": None,
    "/colleagues": Leaving(_deactivate, "reviewer"),
    "/jobs": Leaving(_close, "outsider"),
    "/submissions": Leaving(_move, query={"stage": "new"}),
    "/submissions/{id}/assignments": Leaving(_ask_another, "reviewer", before=_judge),
    "/submissions/{id}/scorecards": Leaving(_ask_another, "reviewer", before=_judge),
    "/assignments": Leaving(_decline, "reviewer", before=_ask_twice),
    "/outbox": Leaving(_retry),
}
