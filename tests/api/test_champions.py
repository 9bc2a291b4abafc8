"""Nobody is rejected against a champion unheard, and nobody learns so of a sealed strong yes."""

from collections.abc import Iterator

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from service.domain.pipeline.tables import DecisionRecord
from service.domain.reviews.tables import Recommendation, Scorecard
from service.domain.submissions.tables import Submission
from tests.api.test_amendments import amend
from tests.reviewing import CARD, Json, assign, judge, read, save, unseal
from tests.worlds import Person, Sent, World

REJECT: Json = {"to": "rejected", "reason": "depth"}
TALK: Json = {"argument": "Nobody else did it alone.", "answer": "We need a team."}
HIGH = [
    {"criterion": "humility", "level": 4, "cites": [1]},
    {"criterion": "depth", "level": 2, "cites": [1]},
]
BELOW = [{"criterion": key, "level": 3, "cites": [1]} for key in ("humility", "depth")]
STRONG: Json = {"recommendation": "strong_yes", "ratings": HIGH}


def move(client: TestClient, by: Person, sent: Sent, **other: object):
    version = client.get(sent.url, headers=by.auth).headers["ETag"]
    headers = {**by.auth, "If-Match": version}
    return client.post(f"{sent.url}/moves", json={**REJECT, **other}, headers=headers)


def discuss(client: TestClient, by: Person, sent: Sent, card: str, **other: object):
    url = f"{sent.url}/scorecards/{card}/discussions"
    return client.post(url, json={**TALK, **other}, headers=by.auth)


@pytest.fixture
def judged(client: TestClient, world: World) -> World:
    """The first of two reviewers champions; both have locked."""
    for person in (world.reviewer, world.reviewer2):
        assign(client, world.recruiter, person, world.submission)
    judge(client, world.reviewer, world.submission, **STRONG)
    judge(client, world.reviewer2, world.submission, recommendation="no", ratings=BELOW)
    return world


def champions(client: TestClient, world: World) -> list[Json]:
    told: list[Json] = read(client, world.recruiter, world.submission, "summary").json()[
        "champions"
    ]
    return told


def test_a_champion_is_heard_before_somebody_is_rejected(client: TestClient, judged: World) -> None:
    sent, recruiter = judged.submission, judged.recruiter
    unheard = move(client, recruiter, sent, note="No.")
    [champion] = champions(client, judged)
    talked = discuss(client, recruiter, sent, champion["scorecard_id"])
    wordless = move(client, recruiter, sent)
    rejected = move(client, recruiter, sent, note="The role has changed.")

    assert (unheard.status_code, unheard.json()["code"]) == (409, "champion_unheard")
    assert (champion["reviewer"]["name"], champion["discussions"]) == ("Reviewer", [])
    assert talked.status_code == 201
    [told] = talked.json()["discussions"]
    assert (told["argument"], told["answer"]) == (TALK["argument"], TALK["answer"])
    assert (wordless.status_code, wordless.json()["code"]) == (422, "reason_needed")
    assert wordless.json()["errors"][0]["pointer"] == "/note"
    assert rejected.status_code == 201
    figures = client.get(f"/api/v1/jobs/{judged.job_slug}/rejections", headers=recruiter.auth)
    assert figures.json() == {"rejected": 1, "against_champion": 1}
    history = read(client, judged.reviewer, sent, "history").json()["items"]
    assert "Recruiter recorded a talk with Reviewer, who champions it" in [
        e["text"] for e in history
    ]


@pytest.mark.parametrize("to", ["hired", "withdrawn", "screen"])
def test_a_champion_stops_only_a_rejection(client: TestClient, judged: World, to: str) -> None:
    assert move(client, judged.recruiter, judged.submission, to=to).status_code == 201


@pytest.mark.parametrize("weaker", [{"recommendation": "yes"}, {"ratings": BELOW}])
def test_without_a_strong_yes_and_a_cited_top_level_nobody_champions(
    client: TestClient, world: World, weaker: Json
) -> None:
    assign(client, world.recruiter, world.reviewer, world.submission)
    judge(client, world.reviewer, world.submission, **{**STRONG, **weaker})

    assert champions(client, world) == []
    assert move(client, world.recruiter, world.submission).status_code == 201
    figures = client.get(f"/api/v1/jobs/{world.job_slug}/rejections", headers=world.admin.auth)
    assert figures.json() == {"rejected": 1, "against_champion": 0}


def test_who_amends_champions_no_longer_or_only_then(client: TestClient, judged: World) -> None:
    sent = judged.submission
    etag = read(client, judged.reviewer, sent, "scorecards/mine").headers["ETag"]
    other = read(client, judged.reviewer2, sent, "scorecards/mine").headers["ETag"]
    amend(client, judged.reviewer, sent, etag, recommendation="yes")
    assert champions(client, judged) == []
    amend(client, judged.reviewer2, sent, other, **STRONG)
    [champion] = champions(client, judged)

    assert champion["reviewer"]["name"] == "Reviewer2"
    assert move(client, judged.recruiter, sent, note="No.").json()["code"] == "champion_unheard"


def test_only_who_hires_and_sees_records_what_a_champion_said(
    client: TestClient, judged: World
) -> None:
    sent = judged.submission
    cards = read(client, judged.recruiter, sent, "scorecards").json()["items"]
    champion, other = (card["id"] for card in cards)
    answers = [
        discuss(client, judged.reviewer, sent, champion),
        discuss(client, judged.outsider, sent, champion),
        discuss(client, judged.other_recruiter, sent, champion),
        discuss(client, judged.recruiter, judged.submission2, champion),
        discuss(client, judged.recruiter, sent, other),
        discuss(client, judged.recruiter, sent, champion, argument=" "),
    ]

    assert [answer.status_code for answer in answers] == [403, 404, 404, 404, 409, 422]
    assert answers[4].json()["code"] == "no_champion"
    assert champions(client, judged)[0]["discussions"] == []


@pytest.fixture
def half(client: TestClient, world: World) -> World:
    """One of two has locked, so that scores are sealed for who hires."""
    for person in (world.reviewer, world.reviewer2):
        assign(client, world.recruiter, person, world.submission)
    judge(client, world.reviewer, world.submission, **STRONG)
    return world


def told(client: TestClient, world: World, card: str) -> Iterator[tuple[int, object]]:
    """What who hires is told of a rejection and of a talk."""
    sent, by = world.submission, world.recruiter
    figures = client.get(f"/api/v1/jobs/{world.job_slug}/rejections", headers=by.auth)
    for answer in (
        move(client, by, sent),
        move(client, by, sent, note="No."),
        discuss(client, by, sent, card),
        figures,
    ):
        yield answer.status_code, answer.json()


def weaken(world: World) -> None:
    with world.database.write() as session:
        for one in session.exec(select(Scorecard)).all():
            one.recommendation = Recommendation.STRONG_NO


def test_a_refused_rejection_tells_nothing_of_a_sealed_champion(
    client: TestClient, half: World
) -> None:
    with half.database.read() as session:
        card = str(session.exec(select(Scorecard.id)).one())
    championed = list(told(client, half, card))
    weaken(half)
    plain = list(told(client, half, card))

    assert championed == plain
    assert [status for status, _said in plain] == [409, 409, 404, 200]
    assert "scores_sealed" in str(plain[0])
    assert half.reload(Submission, half.submission.id).decision is None


def test_who_looks_early_with_a_reason_meets_the_champion(client: TestClient, half: World) -> None:
    sent = half.submission
    unseal(client, half.recruiter, sent)

    assert move(client, half.recruiter, sent).json()["code"] == "champion_unheard"
    assert move(client, half.admin, sent).json()["code"] == "scores_sealed"


def test_where_nobody_has_judged_one_may_reject(client: TestClient, world: World) -> None:
    assign(client, world.recruiter, world.reviewer, world.submission)
    save(client, world.reviewer, world.submission, {**CARD, **STRONG})

    assert move(client, world.recruiter, world.submission).status_code == 201


def test_what_was_decided_against_a_champion_is_sealed_again_with_the_scores(
    client: TestClient, judged: World
) -> None:
    sent, by = judged.submission, judged.recruiter
    discuss(client, by, sent, champions(client, judged)[0]["scorecard_id"])
    move(client, by, sent, note="The role has changed.")
    assign(client, by, judged.outsider, sent)
    exports = {
        table: client.get(f"/api/v1/exports/{table}.jsonl", headers=by.auth).text
        for table in ("submissions", "history")
    }
    figures = client.get(f"/api/v1/jobs/{judged.job_slug}/rejections", headers=by.auth).json()
    history = read(client, by, sent, "history").text

    assert figures == {"rejected": 0, "against_champion": 0}
    assert '"decision_against_champion":null' in exports["submissions"].replace(" ", "")
    assert "champion.discussed" not in exports["history"]
    assert "champion.discussed" not in history
    with judged.database.read() as session:
        assert session.exec(select(DecisionRecord.against_champion)).all() == [True]
