"""Adds one row to everything that is listed anywhere, each with rows of its own behind it."""

from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, func, select

from service.core.clock import utc_now
from service.core.outbox import Task, TaskState
from service.core.secrets import digest
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import ApiToken, Role, Scope, User
from service.domain.candidates.tables import Candidate
from service.domain.jobs.tables import (
    Criterion,
    Job,
    JobState,
    Question,
    QuestionKind,
    Rubric,
    Stage,
    StageKind,
    TeamMember,
)
from service.domain.pipeline.actions import move_submission
from service.domain.pipeline.inputs import MoveInput
from service.domain.reviews.actions import assign_reviewer
from service.domain.reviews.inputs import AssignmentInput
from service.domain.reviews.tables import (
    Assignment,
    AssignmentState,
    Conflict,
    ConflictKind,
    ConflictState,
    Rating,
    Recommendation,
    Scorecard,
    ScorecardState,
)
from service.domain.submissions.actions.found_by import add_words
from service.domain.submissions.queries import get_submission
from service.domain.submissions.tables import (
    Blob,
    Evidence,
    Revision,
    Source,
    Submission,
    SubmissionFile,
)
from tests.worlds import World

AnyRow = TypeVar("AnyRow", bound=SQLModel)


def grow(world: World) -> None:
    """One more user, token, job, submission, revision, review, event and given-up task."""
    with world.database.write() as session:
        admin = session.get_one(User, world.admin.id)
        user = _add_user(session)
        job, stage = _add_job(session, user)
        sent = _add_submission(session, job, stage)
        _add_revision(session, sent.id)
        _put(session, Assignment(submission_id=sent.id, reviewer_id=admin.id, assigned_by=user.id))
        _add_revision(session, world.submission.id)
        _add_review(session, world, Actor.of(admin), user)
        _add_conflict(session, world, user)
        given_up = TaskState.GIVEN_UP
        _put(session, Task(kind="mail", payload={}, state=given_up, last_error="Nobody there."))
        _put(session, TeamMember(job_id=world.job_id, user_id=user.id))


def _put(session: Session, row: AnyRow) -> AnyRow:
    session.add(row)
    session.flush()
    return row


def _number(session: Session, table: type[SQLModel]) -> int:
    return session.exec(select(func.count()).select_from(table)).one() + 1


def _add_conflict(session: Session, world: World, user: User) -> None:
    conflict = Conflict(
        submission_id=world.submission.id,
        user_id=user.id,
        state=ConflictState.SUSPECTED,
        kind=ConflictKind.OTHER,
        words="They are friends.",
    )
    _put(session, conflict)


def _add_user(session: Session) -> User:
    email = f"user-{_number(session, User)}@example.org"
    user = _put(session, User(email=email, email_key=email, name=email, roles=[Role.REVIEWER]))
    token = ApiToken(
        user_id=user.id, name="a", prefix="exh_a", token_digest=digest(email), scopes=[Scope.READ]
    )
    _put(session, token)
    return user


def _add_job(session: Session, user: User) -> tuple[Job, Stage]:
    slug = f"job-{_number(session, Job)}"
    opened = datetime(2026, 1, 5, tzinfo=UTC)
    job = _put(session, Job(slug=slug, title=slug, state=JobState.OPEN, opened_at=opened))
    stage = _put(
        session, Stage(job_id=job.id, key="new", name="New", kind=StageKind.NEW, position=0)
    )
    long = QuestionKind.LONG
    _put(session, Question(job_id=job.id, key="why", text="Why?", kind=long, position=0))
    rubric = _put(session, Rubric(job_id=job.id, number=1))
    _put(session, Criterion(rubric_id=rubric.id, key="a", name="A", position=0, anchors=[]))
    _put(session, TeamMember(job_id=job.id, user_id=user.id, is_lead=True))
    return job, stage


def _add_submission(session: Session, job: Job, stage: Stage) -> Submission:
    email = f"candidate-{_number(session, Candidate)}@example.org"
    candidate = _put(session, Candidate(name=email, email=email, email_key=email))
    return _put(session, Submission(job_id=job.id, stage_id=stage.id, candidate_id=candidate.id))


def _add_revision(session: Session, submission_id: UUID) -> Revision:
    mine = select(func.count()).where(Revision.submission_id == submission_id)
    number = session.exec(mine).one() + 1
    revision = Revision(
        submission_id=submission_id,
        number=number,
        source=Source.API,
        name="Somebody",
        email="somebody@example.org",
    )
    session.get_one(Submission, submission_id).revision = number
    _put(session, revision)
    piece = _put(session, Evidence(revision_id=revision.id, number=1, claim="It works."))
    blob = _put(session, Blob(sha256=digest(str(revision.id)), size=1, refs=1))
    file = SubmissionFile(
        revision_id=revision.id,
        evidence_number=1,
        name="a.txt",
        media_type="text/plain",
        size=1,
        sha256=blob.sha256,
    )
    _put(session, file)
    add_words(session, revision, [piece], [file])
    return revision


def _add_review(session: Session, world: World, admin: Actor, user: User) -> None:
    """Asked for, locked, and the submission moved on: two facts more in its history."""
    submission = get_submission(session, admin, world.submission.id)
    asked = assign_reviewer(session, admin, submission, AssignmentInput(reviewer=user.id))
    asked.state = AssignmentState.DONE
    card = Scorecard(
        submission_id=submission.id,
        reviewer_id=user.id,
        revision_id=world.submission.revision_id,
        rubric_id=world.rubric_id,
        state=ScorecardState.LOCKED,
        recommendation=Recommendation.YES,
        composite=3.0,
        locked_at=utc_now(),
    )
    _put(session, card)
    for criterion_id in world.criteria.values():
        _put(session, Rating(scorecard_id=card.id, criterion_id=criterion_id, level=3))
    elsewhere = {"new": "screen", "screen": "onsite", "onsite": "screen"}
    to = elsewhere[session.get_one(Stage, submission.stage_id).key]
    move_submission(session, admin, submission, MoveInput(to=to))
