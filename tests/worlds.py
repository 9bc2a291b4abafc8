"""A small world to test in, written straight into the tables."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel

from service.core.clock import utc_now
from service.core.db import Database
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
from service.domain.submissions.actions.found_by import add_words
from service.domain.submissions.tables import (
    Evidence,
    EvidenceKind,
    Revision,
    Source,
    Submission,
)

AnyRow = TypeVar("AnyRow", bound=SQLModel)
REASONS = [{"key": "depth", "text": "The evidence does not show enough depth."}]


@dataclass(frozen=True)
class Person:
    """A user, and the header that says so to the API."""

    id: UUID
    email: str
    token: str

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Sent:
    """A submission and where it is."""

    id: UUID
    candidate_id: UUID
    revision_id: UUID
    evidence_id: UUID

    @property
    def url(self) -> str:
        return f"/api/v1/submissions/{self.id}"


@dataclass(frozen=True)
class World:
    """One open job with a team, and two submissions in its first stage.

    `other_recruiter` is on no team; `outsider` is a reviewer on no team.
    """

    database: Database
    admin: Person
    recruiter: Person
    other_recruiter: Person
    reviewer: Person
    reviewer2: Person
    outsider: Person
    job_id: UUID
    job_slug: str
    stages: dict[str, UUID]
    criteria: dict[str, UUID]
    rubric_id: UUID
    submission: Sent
    submission2: Sent

    def reload(self, table: type[AnyRow], id: UUID) -> AnyRow:
        with self.database.read() as session:
            return session.get_one(table, id)


def build_world(database: Database) -> World:
    with database.write() as session:
        people = {
            name: _person(session, name, role)
            for name, role in (
                ("admin", Role.ADMIN),
                ("recruiter", Role.RECRUITER),
                ("other_recruiter", Role.RECRUITER),
                ("reviewer", Role.REVIEWER),
                ("reviewer2", Role.REVIEWER),
                ("outsider", Role.REVIEWER),
            )
        }
        job = Job(
            slug="engineer",
            title="Software Engineer",
            description="Build **things**.",
            state=JobState.OPEN,
            opened_at=datetime(2026, 1, 5, tzinfo=UTC),
            rejection_reasons=REASONS,
        )
        _add(session, job)
        stages = _stages(session, job)
        criteria, rubric_id = _rubric(session, job)
        _add(
            session,
            Question(job_id=job.id, key="wrong", text="When?", kind=QuestionKind.LONG, position=0),
        )
        for name in ("recruiter", "reviewer", "reviewer2"):
            lead = name == "recruiter"
            _add(session, TeamMember(job_id=job.id, user_id=people[name].id, is_lead=lead))
        return World(
            database=database,
            **people,
            job_id=job.id,
            job_slug=job.slug,
            stages=stages,
            criteria=criteria,
            rubric_id=rubric_id,
            submission=_submission(session, job, stages["new"], "Ada", "ada@example.org"),
            submission2=_submission(session, job, stages["new"], "Grace", "grace@example.org"),
        )


def _add(session: Session, row: AnyRow) -> AnyRow:
    session.add(row)
    session.flush()
    return row


def _person(session: Session, name: str, role: Role) -> Person:
    email, token = f"{name}@example.org", f"exh_{name}"
    user = User(email=email, email_key=email, name=name.title(), roles=[role])
    _add(session, user)
    digest = hashlib.sha256(token.encode()).hexdigest()
    _add(
        session,
        ApiToken(
            user_id=user.id,
            name="test",
            prefix=token,
            token_digest=digest,
            scopes=list(Scope),
            last_used_at=utc_now(),  # just now, so that looking at something writes nothing
        ),
    )
    return Person(user.id, email, token)


def _stages(session: Session, job: Job) -> dict[str, UUID]:
    kinds = {
        "new": StageKind.NEW,
        "screen": StageKind.REVIEW,
        "onsite": StageKind.INTERVIEW,
        "offer": StageKind.OFFER,
    }
    return {
        key: _add(
            session,
            Stage(job_id=job.id, key=key, name=key.title(), kind=kind, position=position),
        ).id
        for position, (key, kind) in enumerate(kinds.items())
    }


def _rubric(session: Session, job: Job) -> tuple[dict[str, UUID], UUID]:
    rubric = _add(session, Rubric(job_id=job.id, number=1))
    anchors: list[dict[str, object]] = [
        {"level": level, "name": f"Level {level}", "anchor": f"What {level} looks like."}
        for level in (1, 2, 3, 4)
    ]
    criteria = {
        key: _add(
            session,
            Criterion(
                rubric_id=rubric.id,
                key=key,
                name=key.title(),
                weight=weight,
                position=position,
                anchors=anchors,
            ),
        ).id
        for position, (key, weight) in enumerate({"humility": 2, "depth": 1}.items())
    }
    return criteria, rubric.id


def _submission(session: Session, job: Job, stage_id: UUID, name: str, email: str) -> Sent:
    candidate = _add(session, Candidate(name=name, email=email, email_key=email))
    submission = Submission(job_id=job.id, stage_id=stage_id, candidate_id=candidate.id)
    _add(session, submission)
    revision = Revision(
        id=submission.id,
        submission_id=submission.id,
        number=1,
        source=Source.API,
        name=name,
        email=email,
        statement="I made compilers.",
        answers=[{"key": "wrong", "question": "When?", "kind": "long", "value": "Often."}],
    )
    _add(session, revision)
    evidence = Evidence(
        revision_id=revision.id,
        number=1,
        kind=EvidenceKind.OPEN_SOURCE,
        title="A compiler",
        claim="It compiles.",
    )
    _add(session, evidence)
    add_words(session, revision, [evidence], [])
    return Sent(submission.id, candidate.id, revision.id, evidence.id)
