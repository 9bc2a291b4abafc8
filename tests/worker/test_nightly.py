"""What is over goes, and what is not stays."""

from datetime import timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, func, select

from service.core.chain import chain_events
from service.core.chain_check import verify_chain
from service.core.clock import utc_now
from service.core.db import Row
from service.core.idempotency import KeptAnswer
from service.core.outbox import EventDetail, EventRow, Task, TaskState, claim
from service.core.rates import RateCount
from service.domain.accounts.actions import request_password_reset
from service.domain.accounts.actor import STRANGER
from service.domain.accounts.tables import PasswordReset, SignIn
from service.domain.submissions.actions import request_status_link
from service.domain.submissions.tables import (
    Draft,
    LinkPurpose,
    MailedLink,
    Revision,
    RevisionState,
    Source,
    StagedFile,
    Submission,
)
from service.doors.tools import Tools
from service.worker.loop import run_once
from service.worker.nightly import HOUR, NIGHTLY_ID, chores, schedule_nightly, tidy
from service.worker.work import LeaseLost
from tests.worker.steps import make_due, tasks
from tests.worker.stored import add_blob, refs, store
from tests.worlds import World

DAY = timedelta(days=1)


def taken(tools: Tools) -> Task:
    """The round that is due now, with a lease that is over at once."""
    schedule_nightly(tools.database)
    with tools.database.write() as session:
        due = update(Task).where(col(Task.id) == NIGHTLY_ID).values(due_at=utc_now() - DAY)
        session.connection().execute(due)
        [task] = claim(session, 1, lease=timedelta())
        return task


def run(tools: Tools) -> None:
    tidy(tools, taken(tools))


def count(session: Session, table: type[SQLModel]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def age(session: Session, table: type[Row], id: UUID, by: timedelta) -> None:
    """As if the row had been made, and touched, that long ago."""
    then = utc_now() - by
    columns = {"created_at", "updated_at"} & set(table.model_fields)
    rows = update(table).where(col(table.id) == id)
    session.connection().execute(rows.values(dict.fromkeys(columns, then)))


def test_it_comes_at_start_and_then_hourly(tools: Tools) -> None:
    schedule_nightly(tools.database)
    assert run_once(tools) == 1
    schedule_nightly(tools.database)
    assert run_once(tools) == 0

    [task] = tasks(tools.database, "nightly")
    assert (task.id, task.state, task.attempts) == (NIGHTLY_ID, TaskState.WAITING, 0)
    assert timedelta() < task.due_at - utc_now() <= HOUR
    make_due(tools.database)
    assert run_once(tools) == 1


def test_workers_that_start_at_once_make_it_once(tools: Tools) -> None:
    starts = [Thread(target=schedule_nightly, args=(tools.database,)) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert len(tasks(tools.database, "nightly")) == 1


def test_a_failing_store_keeps_neither_the_rest_nor_the_next_round(tools: Tools) -> None:
    (tools.settings.data_dir / "blobs" / "incoming").rmdir()
    with tools.database.write() as session:
        session.add(RateCount(key="k", hits=1, expires_at=utc_now() - DAY))
    schedule_nightly(tools.database)

    run_once(tools)

    with tools.database.read() as session:
        assert count(session, RateCount) == 0
    [task] = tasks(tools.database, "nightly")
    assert (task.state, task.last_error) == (TaskState.WAITING, "RuntimeError")


def test_a_round_that_takes_long_stays_one_workers(tools: Tools) -> None:
    late = taken(tools)
    tidy(tools, late)
    with tools.database.write() as session:
        assert list(claim(session, 1)) == []

    with tools.database.write() as session:
        session.add(RateCount(key="k", hits=1, expires_at=utc_now() - DAY))
    taken(tools)  # by another worker
    with pytest.raises(LeaseLost):
        tidy(tools, late)
    with tools.database.read() as session:
        assert count(session, RateCount) == 1


def test_who_lost_the_round_takes_no_bytes_either(tools: Tools) -> None:
    late, unused = taken(tools), store(tools, b"unused", by=2 * DAY)
    add_blob(tools, unused, 0, by=2 * DAY)
    taken(tools)  # by another worker
    with pytest.raises(LeaseLost):
        chores(tools, late)["blobs"]()

    assert tools.blobs.exists(unused.sha256)
    assert refs(tools) == {unused.sha256: 0}


def test_kept_answers_and_counts_go_when_they_are_over(tools: Tools) -> None:
    now = utc_now()
    with tools.database.write() as session:
        for key, old in (("old", DAY + HOUR), ("new", DAY - HOUR)):
            session.add(
                KeptAnswer(
                    caller="c", route="r", key=key, fingerprint="", status=200, created_at=now - old
                )
            )
        session.add(RateCount(key="old", hits=1, expires_at=now - HOUR))
        session.add(RateCount(key="new", hits=1, expires_at=now + HOUR))

    run(tools)

    with tools.database.read() as session:
        assert session.exec(select(KeptAnswer.key)).all() == ["new"]
        assert session.exec(select(RateCount.key)).all() == ["new"]


def test_more_than_one_batch_goes(tools: Tools) -> None:
    with tools.database.write() as session:
        over = utc_now() - HOUR
        session.add_all(RateCount(key=str(n), hits=1, expires_at=over) for n in range(250))

    run(tools)

    with tools.database.read() as session:
        assert count(session, RateCount) == 0


def test_untouched_drafts_go_with_their_files(tools: Tools, world: World) -> None:
    shared, own = store(tools, b"shared"), store(tools, b"own", by=2 * DAY)
    add_blob(tools, shared, 3)
    add_blob(tools, own, 1, by=2 * DAY)
    with tools.database.write() as session:
        drafts = [Draft(job_id=world.job_id) for _ in range(2)]
        session.add_all(drafts)
        session.flush()
        old, new = (draft.id for draft in drafts)
        for draft_id, stored in ((old, shared), (old, shared), (old, own), (new, shared)):
            session.add(
                StagedFile(
                    draft_id=draft_id,
                    place="p",
                    name="n",
                    media_type="text/plain",
                    size=stored.size,
                    sha256=stored.sha256,
                )
            )
    with tools.database.write() as session:
        age(session, Draft, old, timedelta(days=tools.settings.limits.draft_days, hours=1))
        age(session, Draft, new, timedelta(days=tools.settings.limits.draft_days, hours=-1))

    run(tools)

    with tools.database.read() as session:
        assert session.exec(select(Draft.id)).all() == [new]
        assert count(session, StagedFile) == 1
        assert session.exec(select(EventRow.name)).all() == ["draft.removed"]
    assert refs(tools) == {shared.sha256: 1}
    assert tools.blobs.exists(shared.sha256)
    assert not tools.blobs.exists(own.sha256)


def test_revisions_that_nobody_confirmed_expire(tools: Tools, world: World) -> None:
    with tools.database.write() as session:
        revisions = [
            Revision(
                submission_id=world.submission.id,
                state=RevisionState.UNCONFIRMED,
                source=Source.FORM,
                name="Ada",
                email="ada@example.org",
            )
            for _ in range(2)
        ]
        session.add_all(revisions)
        session.get_one(Submission, world.submission.id).waiting = 2
        session.flush()
        old, new = (revision.id for revision in revisions)
        days = tools.settings.limits.confirm_days
        age(session, Revision, old, timedelta(days=days, hours=1))
        age(session, Revision, new, timedelta(days=days, hours=-1))

    run(tools)

    with tools.database.read() as session:
        assert session.get_one(Revision, old).state is RevisionState.EXPIRED
        assert session.get_one(Revision, new).state is RevisionState.UNCONFIRMED
        submission = session.get_one(Submission, world.submission.id)
        assert (submission.waiting, submission.revision) == (1, 1)
        assert session.exec(select(EventRow.name)).all() == ["revision.expired"]


def test_credentials_and_links_go_a_month_after_their_end(tools: Tools, world: World) -> None:
    now, month = utc_now(), timedelta(days=30)
    with tools.database.write() as session:
        for ends in (now - month - HOUR, now - month + HOUR):
            user: dict[str, Any] = {"user_id": world.admin.id, "expires_at": ends}
            session.add(SignIn(token_digest=str(ends), last_seen_at=now, **user))
            session.add(PasswordReset(**user))
            session.add(MailedLink(purpose=LinkPurpose.STATUS, expires_at=ends))
        later = now + month
        for ended in (now - month - HOUR, now - month + HOUR):
            session.add(MailedLink(purpose=LinkPurpose.STATUS, expires_at=later, ended_at=ended))

    run(tools)

    with tools.database.read() as session:
        left = [count(session, table) for table in (SignIn, PasswordReset, MailedLink)]
    assert left == [1, 1, 2]


def test_work_done_is_forgotten_and_work_given_up_is_not(tools: Tools) -> None:
    then = utc_now() - timedelta(days=8)
    with tools.database.write() as session:
        for state in (TaskState.DONE, TaskState.GIVEN_UP):
            session.add(Task(kind="x", payload={}, state=state, done_at=then, due_at=then))
        session.add(Task(kind="x", payload={}, state=TaskState.DONE, done_at=utc_now()))

    run(tools)

    assert [task.state for task in tasks(tools.database, "x")] == [
        TaskState.GIVEN_UP,
        TaskState.DONE,
    ]


def test_addresses_that_anybody_typed_go_and_the_chain_stays_whole(tools: Tools) -> None:
    with tools.database.write() as session:
        request_status_link(session, STRANGER, "old@example.org")
        [old] = session.exec(select(EventRow.id)).all()
        then = update(EventRow).values(created_at=utc_now() - 31 * DAY)
        session.connection().execute(then)
        request_password_reset(session, STRANGER, "new@example.org")
    with tools.database.write() as session:
        chain_events(session)
    run(tools)

    with tools.database.read() as session:
        assert session.get(EventDetail, old) is None
        [kept] = session.exec(select(EventDetail)).all()
        assert kept.detail == {"email": "new@example.org"}
        assert verify_chain(session) == []
