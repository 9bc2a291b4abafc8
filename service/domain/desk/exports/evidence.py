"""Evidence to take away: one row for each exhibit of the newest revision."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.domain.accounts.actor import Actor
from service.domain.desk.exports.table import Chosen, Export, Record, fetch, open_export
from service.domain.desk.inputs import ExportFilter
from service.domain.jobs.tables import Job
from service.domain.submissions.tables import Evidence, Revision, Submission, SubmissionFile

TOLD = (
    "number",
    "kind",
    "title",
    "claim",
    "contribution",
    "link",
    "started",
    "ended",
    "cannot_show",
    "vouchers",
)
COLUMNS = ("submission_id", "job", "revision", "evidence_id", *TOLD, "files")


def stream_evidence(session: Session, actor: Actor, asked: ExportFilter) -> Export:
    """In the order of the submissions, then by number."""

    def records(chosen: Sequence[Chosen]) -> Iterator[Record]:
        return _records(session, chosen)

    return open_export(session, actor, asked, COLUMNS, records)


def _records(session: Session, chosen: Sequence[Chosen]) -> Iterator[Record]:
    revision_ids = [one.revision_id for one in chosen]
    files = _files(session, revision_ids)
    found: defaultdict[UUID, list[Record]] = defaultdict(list)
    for row in fetch(session, _exhibits(revision_ids)):
        of_it = files[row.revision_id, row.number]
        found[row.revision_id].append(row._asdict() | {"files": of_it})
    for one in chosen:
        yield from found[one.revision_id]


def _exhibits(revision_ids: Sequence[UUID]) -> Any:
    return (
        sa.select(
            col(Revision.id).label("revision_id"),
            col(Submission.id).label("submission_id"),
            col(Job.slug).label("job"),
            col(Revision.number).label("revision"),
            col(Evidence.id).label("evidence_id"),
            *(col(getattr(Evidence, name)) for name in TOLD),
        )
        .select_from(Evidence)
        .join(Revision, col(Revision.id) == col(Evidence.revision_id))
        .join(Submission, col(Submission.id) == col(Revision.submission_id))
        .join(Job, col(Job.id) == col(Submission.job_id))
        .where(col(Revision.id).in_(revision_ids))
        .order_by(col(Evidence.number))
    )


def _files(
    session: Session, revision_ids: Sequence[UUID]
) -> defaultdict[tuple[UUID, int], list[Record]]:
    query = sa.select(
        *(
            col(getattr(SubmissionFile, name))
            for name in (
                "revision_id",
                "evidence_number",
                "id",
                "name",
                "media_type",
                "size",
                "sha256",
            )
        )
    ).where(
        col(SubmissionFile.revision_id).in_(revision_ids),
        col(SubmissionFile.evidence_number).is_not(None),
    )
    order = (col(SubmissionFile.position), col(SubmissionFile.id))
    found: defaultdict[tuple[UUID, int], list[Record]] = defaultdict(list)
    for row in fetch(session, query.order_by(*order)):
        told = {name: getattr(row, name) for name in ("name", "media_type", "size", "sha256")}
        found[row.revision_id, row.evidence_number].append({"id": str(row.id)} | told)
    return found
