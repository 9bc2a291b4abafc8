"""Who has a conflict of interest sees nothing of a submission, and an accusation alone does not."""

from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from service.domain.accounts.tables import Role, User
from service.domain.reviews.tables import Assignment, AssignmentState
from tests.reads import EXPORTS, LISTS, about_one
from tests.reviewing import assign, read
from tests.worlds import Person, Sent, World

Json = dict[str, Any]


def report(client: TestClient, by: Person, sent: Sent, **more: object):
    body = {"words": "We founded a company together.", "kind": "personal", **more}
    return client.post(f"{sent.url}/conflicts", json=body, headers=by.auth)


def suspect(client: TestClient, by: Person, sent: Sent, whom: Person) -> Json:
    told = report(client, by, sent, user=str(whom.id))
    assert told.status_code == 201, told.text
    body: Json = told.json()
    return body


def settle(client: TestClient, by: Person, sent: Sent, conflict: Json, state: str):
    headers = {**by.auth, "If-Match": f'"{conflict["version"]}"'}
    url = f"{sent.url}/conflicts/{conflict['id']}"
    return client.patch(url, json={"state": state, "reason": "I asked both."}, headers=headers)


def listed(client: TestClient, by: Person, sent: Sent) -> list[tuple[str, str]]:
    answer = read(client, by, sent, "conflicts")
    assert answer.status_code == 200, answer.text
    return [(one["user"]["name"], one["state"]) for one in answer.json()["items"]]


def events(client: TestClient, by: Person, sent: Sent) -> list[str]:
    return [one["text"] for one in read(client, by, sent, "history").json()["items"]]


def promote(world: World, person: Person, *roles: Role) -> None:
    with world.database.write() as session:
        session.get_one(User, person.id).roles = list(roles)


def state_of(world: World, person: Person) -> str:
    with world.database.read() as session:
        query = select(Assignment.state).where(Assignment.reviewer_id == person.id)
        return session.exec(query).one()


def crawl(client: TestClient, by: Person, sent: Sent) -> str:
    """All that somebody can read where the submission could stand, but that it is gone."""
    own = [path.replace("{id}", str(sent.id)) for path in about_one()]
    found = ("", "?q=ada", "?q=compiler", "?sort=name", "?stage=new")
    paths = [*own, *LISTS, *EXPORTS, *(f"/submissions{query}" for query in found)]
    answers = [client.get(f"/api/v1{path}", headers=by.auth) for path in paths]
    text = "\n".join(answer.text for answer in answers if answer.status_code != 404)
    return text.replace(f'{{"id":"{sent.id}","deleted":true}}', "")


@pytest.mark.parametrize("name", ["admin", "recruiter", "reviewer"])
def test_who_declares_a_conflict_sees_nothing_of_it_any_more_whatever_the_role(
    client: TestClient, world: World, name: str
) -> None:
    sent, person = world.submission, getattr(world, name)
    assign(client, world.recruiter, world.reviewer, sent)
    before = crawl(client, person, sent)
    told = report(client, person, sent)
    after = crawl(client, person, sent)

    assert (told.status_code, told.json()["state"]) == (201, "declared")
    assert str(sent.id) in before
    assert "Ada" in before
    assert str(sent.id) not in after
    assert "Ada" not in after
    assert read(client, person, sent, "conflicts").status_code == 404


def test_a_declared_conflict_ends_the_open_review_and_nobody_can_be_asked_again(
    client: TestClient, world: World
) -> None:
    sent, who = world.submission, world.reviewer
    assign(client, world.recruiter, who, sent)
    report(client, who, sent)
    again = assign(client, world.recruiter, who, sent)

    assert state_of(world, who) == AssignmentState.ABSTAINED
    assert again.json()["code"] == "already_assigned"
    assert "A conflict of interest ended Reviewer’s review" in events(client, world.recruiter, sent)
    taken = client.post(f"/api/v1/jobs/{world.job_slug}/next", headers=who.auth).json()
    assert taken["submission_id"] == str(world.submission2.id)


def test_an_accusation_shuts_nobody_out_until_somebody_uninvolved_confirms_it(
    client: TestClient, world: World
) -> None:
    sent, accused = world.submission, world.reviewer
    assign(client, world.recruiter, accused, sent)
    told = suspect(client, world.recruiter, sent, accused)
    still = read(client, accused, sent, "history").status_code
    own = settle(client, world.recruiter, sent, told, "confirmed")
    by_accused = settle(client, accused, sent, told, "dismissed")
    confirmed = settle(client, world.admin, sent, told, "confirmed")

    assert still == 200
    assert (own.status_code, own.json()["code"]) == (403, "not_uninvolved")
    assert by_accused.status_code == 404
    assert confirmed.status_code == 200, confirmed.text
    assert read(client, accused, sent, "history").status_code == 404
    assert state_of(world, accused) == AssignmentState.ABSTAINED
    twice = settle(client, world.admin, sent, confirmed.json(), "confirmed")
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict_settled")
    stale = settle(client, world.admin, sent, told, "dismissed")
    assert stale.status_code == 412


def test_nobody_is_told_what_others_suspect_of_them(client: TestClient, world: World) -> None:
    sent, accused = world.submission, world.recruiter
    told = suspect(client, world.admin, sent, accused)
    exported = client.get("/api/v1/exports/history.jsonl", headers=accused.auth).text

    assert listed(client, world.admin, sent) == [("Recruiter", "suspected")]
    assert listed(client, accused, sent) == []
    assert read(client, accused, sent, f"conflicts/{told['id']}").status_code == 404
    assert "Admin suspects a conflict of interest of Recruiter" in events(client, world.admin, sent)
    assert not [text for text in events(client, accused, sent) if "conflict" in text]
    assert "conflict." not in exported


def test_a_conflict_of_who_leads_names_another_and_the_last_one_cannot_leave(
    client: TestClient, world: World
) -> None:
    sent = world.submission
    report(client, world.recruiter, sent)
    last = report(client, world.admin, sent)

    assert "Admin leads the hiring of it from now on" in events(client, world.admin, sent)
    assert (last.status_code, last.json()["code"]) == (409, "nobody_left")
    promote(world, world.outsider, Role.ADMIN)
    assert report(client, world.admin, sent).status_code == 201
    assert read(client, world.outsider, sent, "history").status_code == 200
