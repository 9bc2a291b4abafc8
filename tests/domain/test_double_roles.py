"""Somebody who hires for one job and reviews for another is only a reviewer there."""

import pytest
from fastapi.testclient import TestClient

from service.domain.accounts.tables import Role, User
from tests.worlds import World


@pytest.fixture
def guest(client: TestClient, world: World) -> dict[str, str]:
    """The recruiter of other jobs, asked to review a submission here."""
    with world.database.write() as session:
        user = session.get_one(User, world.other_recruiter.id)
        user.roles = [Role.RECRUITER, Role.REVIEWER]
    asked = client.post(
        f"{world.submission.url}/assignments",
        json={"reviewer": str(world.other_recruiter.id)},
        headers=world.recruiter.auth,
    )
    assert asked.status_code == 201
    return world.other_recruiter.auth


def test_a_guest_sees_but_does_not_handle(
    client: TestClient, world: World, guest: dict[str, str]
) -> None:
    url, match = world.submission.url, {"If-Match": "*"}
    seen = client.get(url, headers=guest)
    tried = [
        client.post(f"{url}/moves", json={"to": to}, headers=guest | match)
        for to in ("screen", "hired")
    ]
    tried.append(client.post(f"{url}/reopen", json={"reason": "x"}, headers=guest | match))
    tried.append(
        client.post(f"{url}/assignments", json={"reviewer": str(world.reviewer.id)}, headers=guest)
    )
    again = {
        "name": "Ada",
        "email": "ada@example.org",
        "consent": True,
        "evidence": [{"title": "More"}],
    }
    client.post(f"/api/v1/jobs/{world.job_slug}/submissions", json=again)
    shown = [
        len(client.get(f"{url}/revisions", headers=auth).json()["items"])
        for auth in (guest, world.recruiter.auth)
    ]

    assert seen.status_code == 200
    assert [answer.status_code for answer in tried] == [403, 403, 403, 403]
    assert shown == [1, 2]
    assert seen.json()["stage"]["key"] == "new"
