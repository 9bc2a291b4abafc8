"""What happened to submissions, to take away: one row for each event of their histories."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.core.outbox import EventDetail, EventRow
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import User
from service.domain.desk.exports.table import Chosen, Export, Record, fetch, open_export
from service.domain.desk.inputs import ExportFilter
from service.domain.jobs.tables import Job
from service.domain.reviews.policy import sees_scores, told_of_conflicts
from service.domain.submissions.tables import Submission

COLUMNS = (
    "submission_id",
    "job",
    "at",
    "sequence",
    "event_id",
    "event",
    "actor_kind",
    "actor_id",
    "actor",
    "payload",
    "detail",
)
# A step of something that is told, or of nothing.
UNTOLD = frozenset({"access.changed", "link.made", "links.revoked", "scorecard.saved"})
# That it happened tells a score.
SEALED = "champion.discussed"
# Whose values before and after are told: never those of scorecards. What is known of a hire that
# was taken back comes out here only.
OWN = ("submission.", "revision.", "outcome.")


def stream_history(session: Session, actor: Actor, asked: ExportFilter) -> Export:
    """In the order of the submissions, then of the events."""

    def records(chosen: Sequence[Chosen]) -> Iterator[Record]:
        found: defaultdict[UUID, list[Record]] = defaultdict(list)
        for row in fetch(session, _events(actor, [one.id for one in chosen])):
            record = row._asdict()
            if not row.event.startswith(OWN):
                record["detail"] = None
            found[row.submission_id].append(record)
        for one in chosen:
            yield from found[one.id]

    return open_export(session, actor, asked, COLUMNS, records)


def _events(actor: Actor, ids: Sequence[UUID]) -> Any:
    return (
        sa.select(
            col(Submission.id).label("submission_id"),
            col(Job.slug).label("job"),
            col(EventRow.created_at).label("at"),
            col(EventRow.seq).label("sequence"),
            col(EventRow.id).label("event_id"),
            col(EventRow.name).label("event"),
            col(EventRow.actor_kind),
            col(EventRow.actor_id),
            col(User.name).label("actor"),
            col(EventRow.payload),
            col(EventDetail.detail),
        )
        .select_from(EventRow)
        .join(Submission, col(Submission.id) == col(EventRow.subject_id))
        .join(Job, col(Job.id) == col(Submission.job_id))
        .outerjoin(EventDetail, col(EventDetail.id) == col(EventRow.id))
        .outerjoin(User, col(User.id) == col(EventRow.actor_id))
        .where(
            col(EventRow.subject_id).in_(ids),
            col(EventRow.name).not_in(UNTOLD),
            told_of_conflicts(actor),
            sa.or_(col(EventRow.name) != SEALED, sees_scores(actor)),
        )
        .order_by(col(EventRow.created_at), col(EventRow.id))
    )
