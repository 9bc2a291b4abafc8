"""Asks for lists, and fills a world with submissions to list."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, select
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.core.outbox import EventRow
from service.domain.candidates.tables import Candidate
from service.domain.reviews.tables import (
    Assignment,
    AssignmentState,
    Recommendation,
    Scorecard,
    ScorecardState,
)
from service.domain.submissions.actions.found_by import add_words
from service.domain.submissions.tables import Access, Revision, Source, Submission
from tests.worlds import Person, World

URL = "/api/v1/submissions"


def names(client: TestClient, by: Person, **query: str | int) -> list[str]:
    found = client.get(URL, params=query, headers=by.auth)
    assert found.status_code == 200, found.text
    return [item["name"] for item in found.json()["items"]]


def walk(
    client: TestClient, by: Person, url: str = URL, **query: str | int
) -> tuple[list[dict[str, Any]], str]:
    """All items, page by page, and the sync cursor at the end; also from a link to a page on."""
    items: list[dict[str, Any]] = []
    asked: dict[str, str | int] | None = None if "?" in url else {"limit": 2, **query}
    while True:
        found = client.get(url, params=asked, headers=by.auth)
        assert found.status_code == 200, found.text
        page = found.json()
        items += page["items"]
        assert (page["next_cursor"] is None) is ("next" not in found.links)
        assert (page["next_cursor"] is None) is (page["sync"] is not None)
        if page["sync"]:
            return items, page["sync"]
        url, asked = found.links["next"]["url"], None


def chain(world: World) -> None:
    """Number the events, as the worker does."""
    with world.database.write() as session:
        query = select(EventRow).where(col(EventRow.seq).is_(None)).order_by(col(EventRow.id))
        last = session.exec(select(func.max(EventRow.seq))).one() or 0
        for number, row in enumerate(session.exec(query).all(), last + 1):
            row.seq = number


def send(session: Session, world: World, name: str, days: int = 0, statement: str = "") -> UUID:
    """A submission of somebody with this name, some days after the world began."""
    key = f"{len(name)}-{abs(hash(name))}@example.org"
    candidate = Candidate(name=name, email=key, email_key=key)
    session.add(candidate)
    session.flush()
    at = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=days)
    submission = Submission(
        job_id=world.job_id,
        stage_id=world.stages["new"],
        candidate_id=candidate.id,
        created_at=at,
        updated_at=at,
    )
    session.add(submission)
    session.flush()
    revision = Revision(
        submission_id=submission.id,
        number=1,
        source=Source.API,
        name=name,
        email=key,
        statement=statement,
    )
    session.add(revision)
    session.flush()
    add_words(session, revision, [], [])
    return submission.id


def judge(session: Session, world: World, submission_id: UUID, score: float, *, by: UUID) -> None:
    """What an assignment that is done and its locked scorecard leave in the tables."""
    revision = session.exec(
        select(Revision.id).where(Revision.submission_id == submission_id)
    ).one()
    session.add(Assignment(submission_id=submission_id, reviewer_id=by, state=AssignmentState.DONE))
    card = Scorecard(
        submission_id=submission_id,
        reviewer_id=by,
        revision_id=revision,
        rubric_id=world.rubric_id,
        state=ScorecardState.LOCKED,
        recommendation=Recommendation.YES,
        composite=score,
        locked_at=utc_now(),
    )
    session.add(card)
    session.flush()


def give_access(session: Session, world: World, person: Person) -> None:
    seen = Access(
        submission_id=world.submission.id, user_id=person.id, assigned=True, changed_at=utc_now()
    )
    session.add(seen)
    session.flush()


def scored(world: World) -> None:
    """Six submissions with scores, one of them sealed, beside the world's two without."""
    with world.database.write() as session:
        for number, score in enumerate((2.0, 4.0, 3.0, 3.0, 1.5)):
            id = send(session, world, f"S{number}")
            judge(session, world, id, score, by=world.reviewer.id)
        sealed = send(session, world, "Sealed")
        judge(session, world, sealed, 4.0, by=world.reviewer.id)
        owing = Assignment(submission_id=sealed, reviewer_id=world.reviewer2.id)
        session.add(owing)
