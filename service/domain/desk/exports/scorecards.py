"""Scorecards and ratings to take away: long, one row each, for a warehouse."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.desk.exports.table import Chosen, Export, Record, fetch, open_export
from service.domain.desk.inputs import ExportFilter
from service.domain.jobs.tables import Criterion, Job, Rubric
from service.domain.reviews.policy import reads_recruiter_comments, visible_scorecards
from service.domain.reviews.tables import Amendment, Rating, Scorecard, ScorecardState
from service.domain.submissions.tables import Revision, Submission

WHOSE = (
    "submission_id",
    "job",
    "scorecard_id",
    "reviewer_id",
    "reviewer",
    "revision",
    "rubric_version",
    "locked_at",
)
SEALED = ("recommendation", "confidence", "forecast", "composite", "comment", "counter_argument")
# For whom it is meant only; and what was said after the lock, as a list.
ALONE, LATER = "recruiter_comment", "amendments"
AMENDED = ("number", "reason", *SEALED)
SCORECARD_COLUMNS = (*WHOSE, "open", *SEALED, ALONE, LATER)
RATING_COLUMNS = (
    *WHOSE,
    "criterion",
    "criterion_name",
    "weight",
    "level",
    "cites",
    "quote",
    "place",
    "comment",
)


def stream_scorecards(session: Session, actor: Actor, asked: ExportFilter) -> Export:
    """The locked ones; of a sealed one only whose it is and when it was locked."""

    def query(ids: Sequence[UUID]) -> Any:
        opened = sa.cast(visible_scorecards(actor), sa.Boolean).label("open")
        judged = (col(getattr(Scorecard, name)) for name in (*SEALED, ALONE))
        meant = sa.cast(reads_recruiter_comments(actor), sa.Boolean).label("meant")
        return _cards(sa.select(*_whose(), opened, meant, *judged), ids)

    def shown(rows: Sequence[sa.Row[Any]]) -> Iterator[Record]:
        later = _amendments(session, [row.scorecard_id for row in rows if row.open])
        for row in rows:
            record = row._asdict() | {LATER: None}
            if not row.open:
                yield record | dict.fromkeys((*SEALED, ALONE))
                continue
            hidden = () if row.meant or row.reviewer_id == actor.id else (ALONE,)
            said = [_without(amendment, hidden) for amendment in later[row.scorecard_id]]
            yield _without(record, hidden) | {LATER: said}

    records = _by_submission(session, query, shown)
    return open_export(session, actor, asked, SCORECARD_COLUMNS, records)


def stream_ratings(session: Session, actor: Actor, asked: ExportFilter) -> Export:
    """Those of open scorecards only: how many there are would tell something of a sealed one."""

    def query(ids: Sequence[UUID]) -> Any:
        columns = (
            col(Criterion.key).label("criterion"),
            col(Criterion.name).label("criterion_name"),
            col(Criterion.weight),
            *(
                col(getattr(Rating, name))
                for name in ("level", "cites", "quote", "place", "comment")
            ),
        )
        return (
            _cards(sa.select(*_whose(), *columns), ids)
            .join(Rating, col(Rating.scorecard_id) == col(Scorecard.id))
            .join(Criterion, col(Criterion.id) == col(Rating.criterion_id))
            .where(visible_scorecards(actor))
            .order_by(col(Criterion.position), col(Rating.id))
        )

    def shown(rows: Sequence[sa.Row[Any]]) -> Iterator[Record]:
        return (row._asdict() for row in rows)

    records = _by_submission(session, query, shown)
    return open_export(session, actor, asked, RATING_COLUMNS, records)


def _by_submission(
    session: Session,
    query: Callable[[Sequence[UUID]], Any],
    shown: Callable[[Sequence[sa.Row[Any]]], Iterator[Record]],
) -> Callable[[Sequence[Chosen]], Iterator[Record]]:
    """In the order of the submissions, then of locking."""

    def records(chosen: Sequence[Chosen]) -> Iterator[Record]:
        found: defaultdict[UUID, list[Record]] = defaultdict(list)
        for record in shown(fetch(session, query([one.id for one in chosen]))):
            found[record["submission_id"]].append(record)
        for one in chosen:
            yield from found[one.id]

    return records


def _amendments(session: Session, ids: Sequence[UUID]) -> defaultdict[UUID, list[Record]]:
    """By scorecard, first to last, as they come out."""
    names = (*AMENDED, ALONE, "ratings")
    query = sa.select(
        col(Amendment.scorecard_id),
        col(Amendment.created_at),
        col(Revision.number).label("revision"),
        *(col(getattr(Amendment, name)) for name in names),
    ).join(Revision, col(Revision.id) == col(Amendment.revision_id))
    query = query.where(col(Amendment.scorecard_id).in_(ids))
    found: defaultdict[UUID, list[Record]] = defaultdict(list)
    for row in fetch(session, query.order_by(col(Amendment.number))):
        said = {name: getattr(row, name) for name in ("revision", *names)}
        found[row.scorecard_id].append({"at": row.created_at.isoformat(), **said})
    return found


def _without(record: Record, hidden: Sequence[str]) -> Record:
    return record | dict.fromkeys(hidden)


def _whose() -> list[Any]:
    return [
        col(Submission.id).label("submission_id"),
        col(Job.slug).label("job"),
        col(Scorecard.id).label("scorecard_id"),
        col(Scorecard.reviewer_id),
        col(User.name).label("reviewer"),
        col(Revision.number).label("revision"),
        col(Rubric.number).label("rubric_version"),
        col(Scorecard.locked_at),
    ]


def _cards(query: Any, ids: Sequence[UUID]) -> Any:
    return (
        query.select_from(Submission)
        .join(Job, col(Job.id) == col(Submission.job_id))
        .join(Scorecard, col(Scorecard.submission_id) == col(Submission.id))
        .join(User, col(User.id) == col(Scorecard.reviewer_id))
        .join(Revision, col(Revision.id) == col(Scorecard.revision_id))
        .join(Rubric, col(Rubric.id) == col(Scorecard.rubric_id))
        .where(col(Submission.id).in_(ids), col(Scorecard.state) == ScorecardState.LOCKED)
        .order_by(col(Scorecard.locked_at), col(Scorecard.id))
    )
