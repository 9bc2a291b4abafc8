"""A filter as conditions, and a sort as keys, on submissions with their newest revision."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    tuple_,
)
from sqlmodel import Session, SQLModel, col, select

from service.core.errors import Fault, Invalid
from service.core.outbox import ActorKind
from service.core.paging import Place
from service.core.search import is_found, sort_key, terms_of
from service.domain.accounts.actor import Actor, anybody
from service.domain.accounts.tables import Role, User
from service.domain.desk.inputs import Sort, SubmissionFilter
from service.domain.jobs.policy import team_jobs, visible_jobs
from service.domain.jobs.tables import Job, Stage
from service.domain.reviews.policy import visible_assignments
from service.domain.reviews.queries import visible_composite
from service.domain.reviews.tables import Assignment, AssignmentState
from service.domain.submissions.policy import visible_submissions
from service.domain.submissions.tables import Evidence, Revision, RevisionWords, Submission

NEWEST = and_(
    col(Revision.submission_id) == col(Submission.id),
    col(Revision.number) == col(Submission.revision),
)
WORDS = SQLModel.metadata.tables[RevisionWords.__tablename__]
ASKED = (AssignmentState.OPEN, AssignmentState.DONE)
# Scores are sorted by thousandths: a mean may differ in its last bits from one look to the next.
SCORE_STEPS = 1_000
MANY = 1_000


class UnknownFilter(Invalid):
    code = "unknown_filter"
    message = "This filter names something that does not exist. Nothing was looked up."


def joined(query: Any) -> Any:
    """What conditions and sort keys are about."""
    return (
        query.select_from(Submission)
        # Outer, though each has one: so no planner begins with them and then sorts what it found.
        .outerjoin(Job, col(Job.id) == col(Submission.job_id))
        .outerjoin(Stage, col(Stage.id) == col(Submission.stage_id))
        .join(Revision, NEWEST)
    )


@dataclass(frozen=True)
class Order:
    """Sort keys, the id last, and how to read them from a cursor."""

    keys: Sequence[Any]
    read: Callable[[Any], object]
    descending: bool

    def clauses(self) -> list[ColumnElement[Any]]:
        return [key.desc() if self.descending else key.asc() for key in self.keys]

    def beyond(self, place: Place) -> ColumnElement[bool]:
        """What comes after the row with these keys."""
        *values, id = place
        plain = [*(self.read(value) for value in values), UUID(str(id))]
        here = tuple_(
            *(literal(value, key.type) for value, key in zip(plain, self.keys, strict=True))
        )
        return tuple_(*self.keys) < here if self.descending else tuple_(*self.keys) > here


def order_of(session: Session, actor: Actor, sort: Sort) -> Order:
    """Every row has its place in it, the same on both databases."""
    id = col(Submission.id)
    descending = sort.startswith("-")
    match sort:
        case Sort.SUBMITTED | Sort.SUBMITTED_DOWN:
            return Order([col(Submission.created_at), id], datetime.fromisoformat, descending)
        case Sort.UPDATED | Sort.UPDATED_DOWN:
            return Order([col(Submission.updated_at), id], datetime.fromisoformat, descending)
        case Sort.NAME | Sort.NAME_DOWN:
            return Order([sort_key(session, col(Revision.name)), id], str, descending)
        case Sort.SCORE | Sort.SCORE_DOWN:
            steps = cast(func.round(visible_composite(actor) * SCORE_STEPS), Integer)
            last = case((steps.is_(None), 1), else_=0)
            # Turned round by the sign, so that those without a score stay last.
            up = func.coalesce(-steps if descending else steps, 0)
            return Order([last, up, id], int, descending=False)


def matching(session: Session, actor: Actor, wanted: SubmissionFilter) -> list[ColumnElement[bool]]:
    """What the actor may see and asked for, on Submission, Stage and Revision.

    Raises UnknownFilter: a mistyped filter must never show, or take away, everything.
    """
    visible = visible_submissions(actor, among_many=_sees_many(session, actor))
    found = [visible, *_in_pipeline(session, actor, wanted)]
    if wanted.decision is not None:
        decision = None if wanted.decision == "none" else wanted.decision
        found.append(col(Submission.decision).is_not_distinct_from(decision))
    if wanted.q:
        found.append(_holds(session, wanted.q))
    if wanted.evidence_kind is not None:
        found.append(_has_evidence(wanted))
    if wanted.assigned_to is not None:
        found.append(_assigned_to(session, actor, wanted))
    if wanted.min_score is not None:
        found.append(visible_composite(actor) >= wanted.min_score)
    if wanted.submitted_since is not None:
        found.append(col(Submission.created_at) >= wanted.submitted_since)
    return found


def find_job_id(session: Session, actor: Actor, slug: str) -> UUID:
    """Raises UnknownFilter."""
    id = session.exec(select(Job.id).where(_known_jobs(actor), col(Job.slug) == slug)).first()
    if id is None:
        raise UnknownFilter(faults=[Fault("/job", "There is no such job.")])
    return id


def _sees_many(session: Session, actor: Actor) -> bool:
    """Whether a recruiter's jobs have more submissions than are sorted in a moment.

    PostgreSQL knows it by itself.
    """
    if actor.has(Role.ADMIN) or not actor.has(Role.RECRUITER):
        return False
    if session.get_bind().dialect.name == "postgresql":
        return False
    found = session.connection().execute(_some_of(actor.kind, actor.roles), {"me": actor.id})
    return bool(found.scalar_one() == MANY)


@cache
def _some_of(kind: ActorKind, roles: frozenset[Role]) -> Any:
    mine = select(Submission.id).where(col(Submission.job_id).in_(team_jobs(anybody(kind, roles))))
    return select(func.count()).select_from(mine.limit(MANY).subquery())


def _known_jobs(actor: Actor) -> ColumnElement[bool]:
    """Also those a reviewer knows only by a submission."""
    mine = select(Submission.job_id).where(visible_submissions(actor))
    return or_(visible_jobs(actor), col(Job.id).in_(mine))


def _in_pipeline(
    session: Session, actor: Actor, wanted: SubmissionFilter
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.job is not None:
        found.append(col(Job.id) == find_job_id(session, actor, wanted.job))
    if wanted.stage is not None:
        found.append(col(Stage.key) == wanted.stage)
        stages = select(Stage.id).join(Job, col(Job.id) == Stage.job_id)
        if session.exec(stages.where(_known_jobs(actor), *found)).first() is None:
            raise UnknownFilter(faults=[Fault("/stage", "There is no such stage.")])
    return found


def _holds(session: Session, q: str) -> ColumnElement[bool]:
    """Without a single word there is nothing to find."""
    if terms := terms_of(q):
        return is_found(session, col(Revision.id), WORDS, ("person", "words"), terms)
    return false()


def _has_evidence(wanted: SubmissionFilter) -> ColumnElement[bool]:
    query = select(Evidence.id).where(
        Evidence.revision_id == Revision.id, Evidence.kind == wanted.evidence_kind
    )
    return query.correlate(Revision).exists()


def _assigned_to(session: Session, actor: Actor, wanted: SubmissionFilter) -> ColumnElement[bool]:
    """Only by assignments that the actor may see: others' are as hidden here as in their list."""
    user_id = actor.user_id if wanted.assigned_to == "me" else wanted.assigned_to
    if session.exec(select(User.id).where(User.id == user_id)).first() is None:
        raise UnknownFilter(faults=[Fault("/assigned_to", "There is no such user.")])
    query = select(Assignment.id).where(
        Assignment.submission_id == Submission.id,
        Assignment.reviewer_id == user_id,
        col(Assignment.state).in_(ASKED),
        visible_assignments(actor),
    )
    return query.correlate(Submission).exists()
