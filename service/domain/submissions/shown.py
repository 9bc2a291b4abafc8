"""One submission to be read: its columns, without the weight of rows that could be changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from service.core.errors import NotFound
from service.core.outbox import ActorKind
from service.domain.accounts.actor import Actor, anybody
from service.domain.accounts.tables import Role
from service.domain.candidates.tables import Candidate
from service.domain.jobs.tables import Job, Stage
from service.domain.submissions import policy
from service.domain.submissions.tables import (
    Evidence,
    FileText,
    Revision,
    Submission,
    SubmissionFile,
)

SUBMISSION = ("id", "version", "decision", "decided_at", "created_at", "updated_at", "waiting")
REVISION = ("number", "state", "source", "confirm_reason", "location", "links", "statement")
EVIDENCE = (
    *("id", "number", "kind", "title", "claim", "contribution", "link", "started", "ended"),
    *("cannot_show", "vouchers"),
)
FILE = ("id", "name", "media_type", "size", "sha256", "evidence_number", "question_key")

ShownRow = sa.Row[Any]


@dataclass(frozen=True)
class Shown:
    """`about` has what there is but once: of the submission, its job, stage and person, and of the
    revision. Evidence and files are in order; `state` and `pages` say what was read in a file.
    """

    about: ShownRow
    evidence: Sequence[ShownRow]
    files: Sequence[ShownRow]

    @property
    def unconfirmed(self) -> int | None:
        """How many revisions nobody has confirmed yet; None for those who could not confirm."""
        return self.about.waiting if self.about.is_run_by_me else None


def get_shown(session: Session, actor: Actor, id: UUID, number: int | None = None) -> Shown:
    """A submission with its newest revision, or with that of this number, for people who work here.

    Raises NotFound.
    """
    asked = {"id": id, "number": number, "me": actor.user_id}
    connection = session.connection()
    about = connection.execute(_about(actor.kind, actor.roles), asked).first()
    if about is None:
        raise NotFound
    revision = {"revision": about.revision_id}
    evidence = connection.execute(_EVIDENCE, revision).all()
    return Shown(about, evidence, connection.execute(_FILES, revision).all())


@cache
def _about(kind: ActorKind, roles: frozenset[Role]) -> Any:
    """The same statement for all who have these roles: it is built once."""
    actor, number = anybody(kind, roles), sa.bindparam("number", type_=sa.Integer())
    query = sa.select(
        *_columns(Submission, SUBMISSION),
        *_columns(Revision, (*REVISION, "answers")),
        col(Submission.revision).label("newest"),
        col(Revision.id).label("revision_id"),
        col(Revision.created_at).label("received_at"),
        col(Job.id).label("job_id"),
        col(Job.slug),
        col(Job.title),
        col(Stage.key).label("stage_key"),
        col(Stage.name).label("stage_name"),
        col(Candidate.id).label("candidate_id"),
        col(Candidate.name),
        col(Candidate.email),
        policy.runs(actor).label("is_run_by_me"),
    )
    shown = sa.and_(
        col(Revision.submission_id) == Submission.id,
        col(Revision.number) == sa.func.coalesce(number, col(Submission.revision)),
    )
    return (
        query.select_from(Submission)
        .join(Job, col(Job.id) == Submission.job_id)
        .join(Stage, col(Stage.id) == Submission.stage_id)
        .join(Candidate, col(Candidate.id) == Submission.candidate_id)
        .join(Revision, shown)
        .where(col(Submission.id) == _ID, policy.visible_submissions(actor, one=_ID))
    )


def _columns(table: Any, names: Sequence[str]) -> list[Any]:
    return [getattr(table, name) for name in names]


_ID = sa.bindparam("id", type_=sa.Uuid())
_OF_REVISION = sa.bindparam("revision", type_=sa.Uuid())
_EVIDENCE: Any = (
    sa.select(*_columns(Evidence, EVIDENCE))
    .where(col(Evidence.revision_id) == _OF_REVISION)
    .order_by(col(Evidence.number))
)
_FILES: Any = (
    sa.select(*_columns(SubmissionFile, FILE), *_columns(FileText, ("state", "pages")))
    .outerjoin(FileText, col(FileText.sha256) == col(SubmissionFile.sha256))
    .where(col(SubmissionFile.revision_id) == _OF_REVISION)
    .order_by(col(SubmissionFile.position))
)
