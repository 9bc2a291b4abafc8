"""Brings the demo into an empty database, through the same actions that everybody uses."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from uuid import UUID

from sqlmodel import Session, col, select, update

from service.core.blobs import Blobs
from service.core.clock import utc_now
from service.core.db import Database
from service.core.filetypes import sniff
from service.core.outbox import EventRow, Task, TaskState
from service.core.versions import Expected
from service.demo import exhibits, judgements
from service.demo.exhibits import ALL, DOMAIN, Exhibited
from service.demo.job import DETAILS, JOB, QUESTIONS
from service.demo.rubric import CRITERIA
from service.domain.accounts.actions import create_user
from service.domain.accounts.actor import STRANGER, SYSTEM, Actor
from service.domain.accounts.inputs import NewUser
from service.domain.accounts.passwords import NewPassword, choose_password
from service.domain.accounts.tables import Role, User
from service.domain.jobs.actions import (
    change_job,
    create_job,
    open_job,
    set_questions,
    set_rubric,
    set_team,
)
from service.domain.jobs.inputs import MemberInput
from service.domain.jobs.tables import Job
from service.domain.pipeline.actions import move_submission
from service.domain.pipeline.inputs import MoveInput
from service.domain.reviews.actions import assign_reviewer, lock_scorecard, save_scorecard
from service.domain.reviews.inputs import AssignmentInput, ScorecardInput
from service.domain.submissions.actions import receive_submission
from service.domain.submissions.inputs import StoredFile
from service.domain.submissions.queries import get_submission
from service.domain.submissions.tables import Source, Submission
from service.doors.uploads import keep_bytes

CONSENT = "This submission is invented, and so is the consent to keep it."
DUE_IN = timedelta(days=7)
LARGEST = 100_000


@dataclass(frozen=True)
class DemoAccess:
    """How to look at the demo: addresses by role, one random password for all of them."""

    admin: str
    recruiter: str
    reviewers: tuple[str, ...]
    password: str


PEOPLE = {
    "alma": ("Alma Lindqvist", Role.ADMIN),
    "ruben": ("Ruben Okafor", Role.RECRUITER),
    "rika": ("Rika Tanaka", Role.REVIEWER),
    "noor": ("Noor Haddad", Role.REVIEWER),
}


def install_demo(database: Database, blobs: Blobs) -> DemoAccess | None:
    """All of it or nothing; None, and nothing done, when anybody or anything was here before."""
    with database.read() as session:
        if not is_untouched(session):
            return None
    password = secrets.token_urlsafe(12)
    hashed = choose_password(password, "")
    files = {exhibited.content.email: _store(database, blobs, exhibited) for exhibited in ALL}
    with database.write() as session:
        if not is_untouched(session):
            return None
        users = {key: _user(session, key, hashed) for key in PEOPLE}
        job = _job(session, users)
        submissions = {
            one.content.email: _submission(session, job, one, files[one.content.email])
            for one in ALL
        }
        _work(session, users, submissions)
        _write_no_letters(session)
    reviewers = (users["rika"].email, users["noor"].email)
    return DemoAccess(users["alma"].email, users["ruben"].email, reviewers, password)


def is_untouched(session: Session) -> bool:
    """Whether nothing ever happened here; also false after the demo was removed."""
    tables = (User.id, Job.id, EventRow.id)
    return not any(session.exec(select(id).limit(1)).first() for id in tables)


def _user(session: Session, key: str, password: NewPassword) -> User:
    name, role = PEOPLE[key]
    wanted = NewUser(email=f"{key}@{DOMAIN}", name=name, roles=[role])
    return create_user(session, SYSTEM, wanted, password=password)


def _job(session: Session, users: dict[str, User]) -> Job:
    ruben = Actor.of(users["ruben"])
    job = create_job(session, ruben, JOB)
    change_job(session, ruben, job, DETAILS)
    set_questions(session, ruben, job, QUESTIONS)
    set_rubric(session, ruben, job, CRITERIA)
    team = [
        MemberInput(user_id=users[key].id, lead=key == "ruben") for key in ("ruben", "rika", "noor")
    ]
    set_team(session, ruben, job, team)
    return open_job(session, ruben, job)


def _store(database: Database, blobs: Blobs, exhibited: Exhibited) -> list[StoredFile]:
    stored = []
    for name, text in exhibited.files.items():
        data = text.encode()
        kept = keep_bytes(database, blobs, BytesIO(data), limit=LARGEST)
        media_type = sniff(data, name, BytesIO(data))
        stored.append(StoredFile(name, media_type, kept.size, kept.sha256))
    return stored


def _submission(
    session: Session, job: Job, exhibited: Exhibited, files: Sequence[StoredFile]
) -> UUID:
    received = receive_submission(
        session,
        STRANGER,
        job,
        exhibited.content,
        files,
        source=Source.DEMO,
        consent_text=CONSENT,
        consent_version="demo",
    )
    return received.submission_id


def _work(session: Session, users: dict[str, User], submissions: dict[str, UUID]) -> None:
    """Some assigned, one judged twice, two moved on; the rest waits."""
    ruben, rika, noor = (Actor.of(users[key]) for key in ("ruben", "rika", "noor"))

    def find(exhibited: Exhibited) -> Submission:
        return get_submission(session, ruben, submissions[exhibited.content.email])

    for exhibited, reviewers in (
        (exhibits.REPRODUCIBLE, (rika, noor)),
        (exhibits.LEDGER, (rika,)),
        (exhibits.WARD, (noor,)),
        (exhibits.NEGATIVE, (rika, noor)),
    ):
        for reviewer in reviewers:
            wanted = AssignmentInput(reviewer=reviewer.user_id, due=(utc_now() + DUE_IN).date())
            assign_reviewer(session, ruben, find(exhibited), wanted)
    for reviewer, judgement in ((rika, judgements.FIRST), (noor, judgements.SECOND)):
        _judge(session, reviewer, find(exhibits.REPRODUCIBLE), judgement)
    for exhibited, to, note in (
        (exhibits.REPRODUCIBLE, "interview", "Both reviewers want to talk to her."),
        (exhibits.NEGATIVE, "review", ""),
    ):
        move_submission(session, ruben, find(exhibited), MoveInput(to=to, note=note))


def _judge(
    session: Session, reviewer: Actor, submission: Submission, judgement: ScorecardInput
) -> None:
    save_scorecard(session, reviewer, submission, judgement, None)
    lock_scorecard(session, reviewer, submission, Expected(anything=True))


def _write_no_letters(session: Session) -> None:
    """Nobody lives at these addresses: what would follow from the events is done already."""
    session.flush()
    waiting = update(Task).where(col(Task.kind) == "event", col(Task.state) == TaskState.WAITING)
    session.connection().execute(waiting.values(state=TaskState.DONE, done_at=utc_now()))
