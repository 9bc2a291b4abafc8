"""Many clients at several real servers in the same moment: one wins, and nothing happens twice."""

from collections import Counter
from functools import partial
from typing import Any
from uuid import UUID

import httpx2
from sqlmodel import select

from service.domain.jobs.tables import Job
from service.domain.pipeline.tables import Move
from service.domain.reviews.tables import Assignment, Scorecard
from service.domain.submissions.tables import Decision, Submission
from tests.reviewing import CARD
from tests.roof.serving import Servers, statuses
from tests.worlds import World

CROWD = 24
ROUNDS = 4


def test_of_many_moves_with_one_etag_one_happens(servers: Servers, served: World) -> None:
    headers = {**served.recruiter.auth, "If-Match": '"1"'}
    url = f"{served.submission.url}/moves"

    answers = servers.at_once(
        CROWD,
        lambda client, number: client.post(
            url, json={"to": "screen" if number % 2 else "onsite"}, headers=headers
        ),
    )

    assert statuses(answers) == {201: 1, 412: CROWD - 1}
    assert (servers.count(Move), servers.events("submission.moved")) == (1, 1)
    assert served.reload(Submission, served.submission.id).version == 2


def test_one_key_sent_at_once_has_one_effect_and_one_answer(
    servers: Servers, served: World
) -> None:
    headers = {**served.recruiter.auth, "If-Match": "*", "Idempotency-Key": "once"}
    url = f"{served.submission.url}/moves"

    def send(client: Any, _number: int) -> Any:
        return client.post(url, json={"to": "screen"}, headers=headers)

    answers = servers.at_once(CROWD, send)
    repeats = servers.at_once(4, send)

    done = [answer for answer in answers if answer.status_code == 201]
    early = [answer for answer in answers if answer.status_code != 201]
    assert done
    assert {(answer.status_code, answer.json()["code"]) for answer in early} <= {
        (409, "still_running")
    }
    assert {(answer.status_code, answer.content) for answer in [*done, *repeats]} == {
        (201, done[0].content)
    }
    assert (servers.count(Move), servers.events("submission.moved")) == (1, 1)


def test_a_seat_is_never_given_to_two_reviewers(servers: Servers) -> None:
    for _ in range(ROUNDS):
        world = servers.fresh_world()
        with world.database.write() as session:
            session.get_one(Job, world.job_id).reviews_wanted = 1
            session.get_one(Submission, world.submission2.id).decision = Decision.WITHDRAWN

        answers = servers.at_once(8, partial(ask_for_work, world))

        with world.database.read() as session:
            seats = session.exec(select(Assignment.reviewer_id)).all()
        assert len(seats) == 1
        assert Counter((who == seats[0], answer.status_code) for who, answer in answers) == {
            (True, 200): 4,
            (False, 204): 4,
        }


def ask_for_work(world: World, client: httpx2.Client, number: int) -> tuple[UUID, httpx2.Response]:
    """Each reviewer asks every server."""
    person = (world.reviewer, world.reviewer2)[number // 2 % 2]
    return person.id, client.post("/api/v1/jobs/engineer/next", headers=person.auth)


def test_a_scorecard_is_begun_changed_and_locked_once(servers: Servers, served: World) -> None:
    url = f"{served.submission.url}/scorecards/mine"
    auth = served.reviewer.auth
    taken = servers.at_once(
        2, lambda client, _: client.post("/api/v1/jobs/engineer/next", headers=auth)
    )

    def put(client: Any, number: int, condition: dict[str, str]) -> Any:
        body = {**CARD, "comment": f"By {number}."}
        return client.put(url, json=body, headers={**auth, **condition})

    begun = servers.at_once(
        CROWD, lambda client, number: put(client, number, {"If-None-Match": "*"})
    )
    changed = servers.at_once(
        CROWD, lambda client, number: put(client, number, {"If-Match": '"1"'})
    )
    kept = servers.at_once(1, lambda client, _: client.get(url, headers=auth))[0].json()
    locked = servers.at_once(
        CROWD,
        lambda client, _: client.post(f"{url}/lock", headers={**auth, "If-Match": '"2"'}),
    )

    assert statuses(taken) == {200: 2}
    assert statuses(begun) == statuses(changed) == {200: 1, 412: CROWD - 1}
    written = next(answer for answer in changed if answer.status_code == 200)
    assert kept["comment"] == written.json()["comment"]
    assert statuses(locked) == {200: 1, 409: CROWD - 1}
    assert (servers.count(Scorecard), servers.events("scorecard.locked")) == (1, 1)
