"""A worker that dies holds nothing up: another one does its work, and the letter is the same."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from service.core.chain_check import verify_chain
from service.core.db import Database
from service.core.outbox import TaskState
from service.domain.messages.tables import MessageState
from service.doors.tools import Tools
from service.worker.loop import run_once
from tests.depth import FULL
from tests.worker.postbox import PATIENCE, Postbox
from tests.worker.steps import make_due, message, tasks, write_one
from tests.worlds import build_world

ROOT = Path(__file__).parents[2]
LEASE_SECONDS = "2"
COMMITS = 10  # at least, in the life of a worker that thanks a candidate in a night


@contextmanager
def worker(tools: Tools, postbox: Postbox) -> Iterator[subprocess.Popen[bytes]]:
    url = tools.database.url.render_as_string(hide_password=False)
    folder = str(tools.settings.data_dir)
    module = [sys.executable, "-m", "tests.worker.process"]
    command = [*module, url, folder, str(postbox.port), LEASE_SECONDS]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def send_and_die(tools: Tools, postbox: Postbox) -> EmailMessage:
    """The letter of a worker that is killed (-9) after the server has it, before it knows that."""
    with worker(tools, postbox) as process:
        postbox.on_letter = process.kill
        letter = postbox.next()
        assert process.wait(PATIENCE) == -9
    postbox.on_letter = None
    return letter


def test_a_letter_of_a_killed_worker_is_sent_again_as_the_same(
    tools: Tools, postbox: Postbox
) -> None:
    id = write_one(tools.database)

    first = send_and_die(tools, postbox)
    between = message(tools.database, id).state
    with worker(tools, postbox):
        second = postbox.next()

    assert between is MessageState.QUEUED
    assert first["Message-ID"] == second["Message-ID"] == f"<{id}@127.0.0.1>"


def test_nothing_is_stuck_after_a_worker_was_killed(posting: Tools, postbox: Postbox) -> None:
    ids = [write_one(posting.database, subject=str(number)) for number in range(3)]

    send_and_die(posting, postbox)
    assert any(task.lease for task in tasks(posting.database))
    with worker(posting, postbox):
        again = {postbox.next()["Subject"] for _ in ids}
    make_due(posting.database)  # the second one ended with work in hand, too
    run_once(posting)

    assert again == {"0", "1", "2"}
    assert [message(posting.database, id).state for id in ids] == [MessageState.SENT] * 3
    assert {task.state for task in tasks(posting.database)} == {TaskState.DONE}
    with posting.database.read() as session:
        assert verify_chain(session) == []


def test_whatever_commit_a_worker_dies_at_the_next_one_does_the_rest_once(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """Leased and not tried, done and not marked, sent and not marked, half of a night's work."""
    build_world(database)
    step = "1" if FULL else "5"
    command = [sys.executable, "-m", "tests.worker.dying", database_url, str(tmp_path), step]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > COMMITS * 2 // int(step)
