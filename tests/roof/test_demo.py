"""The demo comes into an empty database, looks as it should, and goes without a trace."""

from io import BytesIO
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, col, func, select

from service.core.blobs import Blobs
from service.core.db import Database
from service.core.outbox import EventDetail, EventRow, Task, TaskState
from service.demo import DemoAccess, DemoRemoval, install_demo, remove_demo
from service.demo.exhibits import ALL, LEDGER, MAINTAINER
from service.demo.job import SLUG
from service.domain.accounts.actions import create_user
from service.domain.accounts.actor import STRANGER, SYSTEM, Actor
from service.domain.accounts.inputs import NewUser
from service.domain.accounts.queries import find_password, find_user_by_email
from service.domain.accounts.tables import Role, User
from service.domain.candidates.tables import Candidate
from service.domain.jobs.queries import find_rubric, get_job, is_taking, list_questions
from service.domain.jobs.tables import Job, JobState
from service.domain.pipeline.actions import move_submission
from service.domain.pipeline.inputs import MoveInput
from service.domain.reviews.tables import Assignment, AssignmentState, Scorecard, ScorecardState
from service.domain.submissions.actions import receive_submission
from service.domain.submissions.queries import get_revision, get_submission
from service.domain.submissions.tables import Blob, Source, Submission
from service.doors.tools import Tools
from service.operations import people
from tests.worlds import build_world

KEPT = {"event", "event_detail", "task", "blob"}  # facts stay, bytes wait for the nightly sweep


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


@pytest.fixture
def access(database: Database, blobs: Blobs) -> DemoAccess:
    found = install_demo(database, blobs)
    assert found is not None
    return found


def counts(session: Session) -> dict[str, int]:
    """Rows by table, of the tables that hold any."""
    tables = SQLModel.metadata.tables.values()
    found = {
        table.name: session.connection().execute(select(func.count()).select_from(table)).scalar()
        for table in tables
    }
    return {name: number for name, number in found.items() if number}


def send_from_outside(session: Session, job: Job) -> Submission:
    words = MAINTAINER.content.model_copy(update={"email": "real@example.org"})
    received = receive_submission(
        session,
        STRANGER,
        job,
        words,
        source=Source.FORM,
        consent_text="Yes.",
        consent_version="1",
    )
    return get_submission(session, SYSTEM, received.submission_id)


def list_open_jobs(session: Session) -> list[Job]:
    return list(session.exec(select(Job).where(Job.state == JobState.OPEN)))


def test_everybody_of_the_demo_can_sign_in(database: Database, access: DemoAccess) -> None:
    with database.read() as session:
        for email in (access.admin, access.recruiter, *access.reviewers):
            proof = find_password(session, email).prove(access.password)
            assert session.get_one(User, proof.user_id).email == email
    assert len(access.reviewers) == 2


def test_the_demo_shows_a_job_and_work_in_every_state(
    database: Database, access: DemoAccess
) -> None:
    with database.read() as session:
        job = get_job(session, STRANGER, SLUG)
        rubric = find_rubric(session, job.id)
        assert is_taking(job)
        assert rubric is not None
        assert [len(one.anchors) for one in rubric.criteria] == [4] * 5
        assert rubric.criteria[0].name == "Technical humility"
        questions = list_questions(session, job.id)
        asked = "When were you wrong about something technical, and what changed?"
        assert questions[0].text == asked
        assert not any(question.required for question in questions)
        submissions = session.exec(select(Submission)).all()
        found = [get_submission(session, SYSTEM, one.id) for one in submissions]
        stages = sorted(one.stage.key for one in found)
        assert stages == ["interview", *["new"] * (len(ALL) - 2), "review"]
        files = [len(get_revision(session, one).files) for one in found]
        assert sorted(files) == [0] * (len(ALL) - 2) + [1, 1]
        states = session.exec(select(Assignment.state).order_by(col(Assignment.state))).all()
        assert states == [AssignmentState.DONE] * 2 + [AssignmentState.OPEN] * 4
        cards = session.exec(select(Scorecard.state)).all()
        assert cards == [ScorecardState.LOCKED] * 2


def test_nobody_invented_gets_a_letter(database: Database, access: DemoAccess) -> None:
    with database.read() as session:
        waiting = select(Task).where(Task.state == TaskState.WAITING)
        assert session.exec(waiting).all() == []
        assert len(session.exec(select(EventRow)).all()) > 30


def test_the_demo_comes_only_where_nothing_was(
    database: Database, blobs: Blobs, access: DemoAccess
) -> None:
    assert install_demo(database, blobs) is None
    remove_demo(database)
    assert install_demo(database, blobs) is None


def test_a_company_at_work_gets_no_demo(database: Database, blobs: Blobs) -> None:
    build_world(database)

    assert install_demo(database, blobs) is None
    assert remove_demo(database) == DemoRemoval()


def test_the_demo_goes_without_a_trace(database: Database, access: DemoAccess) -> None:
    removed = remove_demo(database)

    assert removed == DemoRemoval(users=4, submissions=len(ALL), jobs=1)
    with database.read() as session:
        assert set(counts(session)) == KEPT
        assert {blob.refs for blob in session.exec(select(Blob))} == {0}
        details = [row.detail for row in session.exec(select(EventDetail))]
        assert [detail for detail in details if detail] == []
        last = session.exec(select(EventRow).order_by(col(EventRow.id).desc())).first()
        assert last is not None
        assert last.name == "demo.removed"
    assert remove_demo(database) == DemoRemoval()


def test_what_others_brought_in_stays(database: Database, access: DemoAccess) -> None:
    with database.write() as session:
        own = NewUser(email="own@example.org", name="Own", roles=[Role.ADMIN])
        create_user(session, SYSTEM, own)
        job = get_job(session, STRANGER, SLUG)
        real = send_from_outside(session, job)
        ruben = find_user_by_email(session, access.recruiter)
        assert ruben is not None
        move_submission(session, Actor.of(ruben), real, MoveInput(to="review"))
    removed = remove_demo(database)

    assert (removed.users, removed.submissions, removed.jobs) == (3, len(ALL), 0)
    assert removed.kept[0].endswith(", closed, with 1 submission from outside")
    assert len(removed.kept) == 2
    with database.read() as session:
        assert list_open_jobs(session) == []
        closed = select(EventRow.subject_id).where(EventRow.name == "job.closed")
        assert session.exec(closed).one() == real.job_id
        assert get_submission(session, SYSTEM, real.id).stage.key == "review"
        assert [one.email for one in session.exec(select(Candidate))] == ["real@example.org"]
        users = {user.email: user.deactivated_at is None for user in session.exec(select(User))}
        assert users == {"own@example.org": True, access.recruiter: False}


def test_where_nobody_of_the_demo_is_left_active_one_can_begin(
    tools: Tools, database: Database, access: DemoAccess
) -> None:
    with database.write() as session:
        job = get_job(session, STRANGER, SLUG)
        real = send_from_outside(session, job)
        for email in (access.admin, access.recruiter):
            user = find_user_by_email(session, email)
            assert user is not None
            move = MoveInput(to="review" if email == access.admin else "interview")
            move_submission(session, Actor.of(user), real, move)
    assert not people.is_empty(tools)
    remove_demo(database)
    assert people.is_empty(tools)
    assert people.renew_console_token(tools) is None

    admin = people.account(
        name="Own", email="own@example.org", roles=[Role.ADMIN], password="correct horse staple"
    )
    people.add_user(tools, admin)
    entry = people.renew_console_token(tools)

    assert not people.is_empty(tools)
    assert entry is not None
    assert entry[0] == "own@example.org"


def test_bytes_that_others_hold_too_stay_held(
    database: Database, blobs: Blobs, access: DemoAccess
) -> None:
    text = LEDGER.files["ledger-method.md"]
    kept = blobs.put(BytesIO(text.encode()), limit=100_000)
    with database.write() as session:
        held = session.exec(select(Blob).where(Blob.sha256 == kept.sha256)).one()
        held.refs += 1
    remove_demo(database)
    with database.read() as session:
        assert {blob.refs for blob in session.exec(select(Blob))} == {0, 1}
