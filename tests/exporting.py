"""Takes exports and reads them, and fills a world with what there is to export."""

import csv
import io
import json
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.core.db import Database, new_id
from service.domain.candidates.tables import Candidate
from service.domain.desk.exports import (
    stream_evidence,
    stream_history,
    stream_ratings,
    stream_scorecards,
    stream_submissions,
)
from service.domain.reviews.tables import (
    Assignment,
    AssignmentState,
    Confidence,
    Rating,
    Recommendation,
    Scorecard,
    ScorecardState,
)
from service.domain.submissions.tables import Revision, Source, Submission
from tests.worlds import Person, World

URL = "/api/v1/exports"
STREAMS = {
    "submissions": stream_submissions,
    "scorecards": stream_scorecards,
    "ratings": stream_ratings,
    "evidence": stream_evidence,
    "history": stream_history,
}


def take(client: TestClient, by: Person, file: str, **query: str) -> str:
    found = client.get(f"{URL}/{file}", params=query, headers=by.auth)
    assert found.status_code == 200, found.text
    return found.content.decode()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split("\n") if line]


def judge(
    session: Session, world: World, by: Person, levels: dict[UUID, int | None], **more: Any
) -> None:
    """What an assignment that is done and its locked scorecard leave in the tables."""
    id, rubric_id = world.submission.id, more.pop("rubric_id", world.rubric_id)
    session.add(Assignment(submission_id=id, reviewer_id=by.id, state=AssignmentState.DONE))
    given = [level for level in levels.values() if level is not None]
    card = Scorecard(
        submission_id=id,
        reviewer_id=by.id,
        revision_id=world.submission.revision_id,
        rubric_id=rubric_id,
        state=ScorecardState.LOCKED,
        recommendation=Recommendation.YES,
        confidence=Confidence.HIGH,
        composite=sum(given) / len(given),
        locked_at=utc_now(),
        **more,
    )
    session.add(card)
    session.flush()
    for criterion_id, level in levels.items():
        session.add(Rating(scorecard_id=card.id, criterion_id=criterion_id, level=level))
    session.flush()


def owe(session: Session, world: World, by: Person) -> None:
    """Somebody who has yet to judge: this keeps the scores sealed."""
    session.add(Assignment(submission_id=world.submission.id, reviewer_id=by.id))
    session.flush()


def fill(database: Database, world: World, count: int, first: int = 0) -> None:
    """Many submissions, quickly."""
    made = [
        {"id": new_id(), "candidate_id": new_id(), "number": number}
        for number in range(first, first + count)
    ]
    now = utc_now()
    with database.write() as session:
        connection = session.connection()
        people = [
            {
                "id": one["candidate_id"],
                "name": f"N{one['number']}",
                "email": f"n{one['number']}@example.org",
                "email_key": f"n{one['number']}@example.org",
                "created_at": now,
                "updated_at": now,
                "version": 1,
            }
            for one in made
        ]
        connection.execute(sa.insert(Candidate), people)
        stays = {"created_at": now, "updated_at": now, "version": 1, "revision": 1, "waiting": 0}
        place = {"job_id": world.job_id, "stage_id": world.stages["new"]}
        connection.execute(
            sa.insert(Submission),
            [
                {"id": one["id"], "candidate_id": one["candidate_id"], **place, **stays}
                for one in made
            ],
        )
        content = {"location": "", "links": [], "answers": [], "search_text": "", "number": 1}
        connection.execute(
            sa.insert(Revision),
            [
                {
                    "id": new_id(),
                    "submission_id": one["id"],
                    "name": f"N{one['number']}",
                    "email": f"n{one['number']}@example.org",
                    "statement": "x" * 1_500,
                    "created_at": now,
                    "state": "confirmed",
                    "source": Source.API,
                    "confirm_reason": "",
                    **content,
                }
                for one in made
            ],
        )
