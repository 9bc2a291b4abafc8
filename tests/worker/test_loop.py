"""The worker does what is due, in spite of what goes wrong, and keeps what it did only once."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from service.app import build_tools
from service.core.blobs import Blobs
from service.core.chain import read_head
from service.core.chain_check import verify_chain
from service.core.clock import utc_now
from service.core.db import Database
from service.core.outbox import ATTEMPTS, LEASE, Task, TaskState, claim, enqueue, finish
from service.domain.messages.tables import MessageState
from service.doors.tools import Tools
from service.settings import Settings
from service.worker.loop import conclude, run_once, run_tasks, run_worker
from service.worker.texts import KIND
from service.worker.work import LeaseLost, TaskKind
from tests.worker.postbox import PATIENCE, Postbox
from tests.worker.steps import make_due, message, tasks, write, write_one

NOW = timedelta()
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def test_nothing_to_do_is_nothing_done(tools: Tools) -> None:
    assert run_once(tools) == 0


def test_all_that_is_due_is_done_and_what_follows_from_it(tools: Tools) -> None:
    id = write_one(tools.database)

    # The event "written", the letter, the event "sent".
    assert run_once(tools) == 3
    assert run_once(tools) == 0
    assert message(tools.database, id).state is MessageState.SENT
    with tools.database.read() as session:
        assert read_head(session).seq == 2
        assert verify_chain(session) == []


def test_what_is_not_due_waits(tools: Tools) -> None:
    with tools.database.write() as session:
        enqueue(session, "send_message", after=timedelta(hours=1), message_id=str(UUID(int=1)))

    assert run_once(tools) == 0


def test_work_that_fails_waits_and_keeps_no_other_from_being_done(tools: Tools) -> None:
    with tools.database.write() as session:
        enqueue(session, "event", event_id=str(UUID(int=9)))
    id = write_one(tools.database)
    before = utc_now()

    run_once(tools)

    assert message(tools.database, id).state is MessageState.SENT
    failed = tasks(tools.database, "event")[0]
    assert (failed.state, failed.attempts, failed.lease) == (TaskState.WAITING, 1, None)
    assert failed.last_error == "NoResultFound"
    assert failed.due_at > before + timedelta(seconds=2)


def test_work_of_an_unknown_kind_waits_for_a_worker_that_knows_it(tools: Tools) -> None:
    with tools.database.write() as session:
        enqueue(session, "from_the_future")

    assert run_once(tools) == 1
    [task] = tasks(tools.database, "from_the_future")
    assert (task.state, task.last_error) == (TaskState.WAITING, "unknown kind of task")


def test_work_is_given_up_after_many_tries(tools: Tools) -> None:
    with tools.database.write() as session:
        enqueue(session, "from_the_future")
    for _ in range(ATTEMPTS):
        make_due(tools.database)
        run_once(tools)

    [task] = tasks(tools.database, "from_the_future")
    assert (task.state, task.attempts) == (TaskState.GIVEN_UP, ATTEMPTS)


def write_another(session: Session) -> None:
    write(session)


def test_a_late_worker_changes_nothing(tools: Tools) -> None:
    write_one(tools.database)
    with tools.database.write() as session:
        [late, *_] = claim(session, lease=NOW)
    with tools.database.write() as session:
        [current, *_] = claim(session)
    assert late.id == current.id

    with pytest.raises(LeaseLost):
        conclude(tools, late, TaskKind(lambda *_: None), write_another)
    with tools.database.write() as session:
        assert not finish(session, late)

    assert len(tasks(tools.database)) == 1
    with tools.database.write() as session:
        assert session.get_one(Task, late.id).state is TaskState.WAITING
        assert finish(session, current)


def test_what_the_lease_is_too_short_for_is_given_back_untried(tools: Tools) -> None:
    write_one(tools.database)

    assert run_tasks(tools, Event(), NOW) == 0
    [task] = tasks(tools.database)
    assert (task.attempts, task.lease) == (0, None)


def test_a_worker_that_stops_gives_back_what_it_took(tools: Tools) -> None:
    write_one(tools.database)
    stop = Event()
    stop.set()

    assert run_tasks(tools, stop, LEASE) == 0
    assert [task.attempts for task in tasks(tools.database)] == [0]
    assert run_once(tools) == 3


def test_many_workers_send_each_letter_once(posting: Tools, postbox: Postbox) -> None:
    ids = [write_one(posting.database, subject=str(number)) for number in range(12)]
    workers = [Thread(target=run_once, args=(posting,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    run_once(posting)

    arrived = [postbox.next()["Subject"] for _ in ids]
    assert sorted(arrived, key=int) == [str(number) for number in range(12)]
    assert postbox.letters.empty()


def test_the_worker_runs_until_it_is_told_to_stop(posting: Tools, postbox: Postbox) -> None:
    stop = Event()
    worker = Thread(target=run_worker, args=(posting, stop))
    worker.start()
    write_one(posting.database, subject="first")
    first = postbox.next()["Subject"]
    write_one(posting.database, subject="second")
    second = postbox.next()["Subject"]
    stop.set()
    worker.join(PATIENCE)

    assert (first, second) == ("first", "second")
    assert not worker.is_alive()


def test_events_are_chained_while_a_mail_server_says_nothing(tools: Tools) -> None:
    """A server that takes the connection and then is silent, longer than anybody waits here."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail = tools.settings.mail.model_copy(
            update={"host": "127.0.0.1", "port": silent.getsockname()[1], "timeout": 3 * PATIENCE}
        )
        slow = replace(tools, settings=tools.settings.model_copy(update={"mail": mail}))
        stop = Event()
        worker = Thread(target=run_worker, args=(slow, stop), daemon=True)
        worker.start()
        write_one(slow.database)
        connection, _ = silent.accept()  # the worker waits for its greeting now
        write_one(slow.database)
        until = time.monotonic() + PATIENCE
        while chained(slow.database) < 2 and time.monotonic() < until:
            stop.wait(0.05)
        numbered = chained(slow.database)
        stop.set()
        connection.close()  # what it waits for fails
        worker.join(PATIENCE)

    assert numbered >= 2
    assert not worker.is_alive()


class Slow(Blobs):
    """Answers nobody until it is let go."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked, self.let_go = Event(), Event()

    def list_older_than(self, when: datetime) -> Iterator[str]:
        self.asked.set()
        assert self.let_go.wait(3 * PATIENCE)
        return super().list_older_than(when)


class SlowToRead(Blobs):
    """Gives no bytes until it is let go."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked, self.let_go = Event(), Event()

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        self.asked.set()
        assert self.let_go.wait(3 * PATIENCE)
        return super().read(sha256, start, end)


def test_letters_leave_while_a_file_is_read(posting: Tools, postbox: Postbox) -> None:
    slow, stop = SlowToRead(posting.blobs.place), Event()
    with posting.database.write() as session:
        enqueue(session, KIND, sha256="0" * 64, media_type="text/plain")
    worker = Thread(target=run_worker, args=(replace(posting, blobs=slow), stop), daemon=True)
    worker.start()
    try:
        assert slow.asked.wait(PATIENCE)
        write_one(posting.database, subject="meanwhile")
        arrived = postbox.next()["Subject"]
    finally:
        stop.set()
        slow.let_go.set()
        worker.join(PATIENCE)

    assert arrived == "meanwhile"
    assert not worker.is_alive()


def test_letters_leave_while_a_slow_file_store_is_swept(posting: Tools, postbox: Postbox) -> None:
    slow, stop = Slow(posting.blobs.place), Event()
    worker = Thread(target=run_worker, args=(replace(posting, blobs=slow), stop), daemon=True)
    worker.start()
    try:
        assert slow.asked.wait(PATIENCE)
        write_one(posting.database, subject="meanwhile")
        arrived = postbox.next()["Subject"]
    finally:
        stop.set()
        slow.let_go.set()
        worker.join(PATIENCE)

    assert arrived == "meanwhile"
    assert not worker.is_alive()


def chained(database: Database) -> int:
    with database.read() as session:
        return read_head(session).seq


def test_the_worker_waits_for_a_lost_database(
    postbox: Postbox, postgresql_url: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=postgresql_url, data_dir=tmp_path, _env_file=None)
    posting = build_tools(postbox.settings(settings), key="a key for tests, long enough for it")
    stop = Event()
    worker = Thread(target=run_worker, args=(posting, stop))
    worker.start()
    write_one(posting.database, subject="before")
    postbox.next()
    other = Database(postgresql_url)
    with other.engine.connect() as connection:
        connection.execute(sa.text(END_OTHERS))
    write_one(other, subject="after")

    assert postbox.next()["Subject"] == "after"
    stop.set()
    worker.join(PATIENCE)
    other.dispose()
    posting.database.dispose()
