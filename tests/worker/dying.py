"""A worker that is killed (-9) at every commit in turn: `python -m tests.worker.dying URL FOLDER`.

Each life is a child of this process, which itself opens nothing. It is killed right before or right
after its n-th commit; then another life does the rest, and nothing may be missing, twice or stuck.
Says how many lives were cut short.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from service.app import build_tools
from service.core import outbox
from service.core.chain_check import verify_chain
from service.core.clock import utc_now
from service.core.outbox import EventRow, Task, TaskState
from service.domain.accounts.actor import SYSTEM
from service.domain.messages.tables import Message, MessageState
from service.domain.submissions.events import SubmissionReceived
from service.domain.submissions.tables import Submission
from service.doors.tools import Tools
from service.settings import Settings
from service.worker.loop import run_once
from service.worker.nightly import NIGHTLY_ID, schedule_nightly
from tests.worker.process import KEY
from tests.worker.steps import make_due


def main(url: str, folder: str, step: str) -> None:
    settings = Settings(
        database_url=url,
        data_dir=Path(folder),
        rates={"per_email": "1000/day"},  # one address is written to in every life
        _env_file=None,
    )
    tools = build_tools(settings, key=KEY)
    short = 0
    for moment in range(10_000):
        place = moment * int(step)
        if life(partial(die_at, tools, place)) == 0:
            break
        short += 1
        assert life(partial(go_on, tools, short)) == 0, f"after a death at {place}"
    sys.stdout.write(f"{short}\n")


def life(work: Callable[[], None]) -> int:
    """Do it in a child; the signal that ended it, or 0."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        assert status in {0, signal.SIGKILL}, status
        return status
    try:
        work()
    except BaseException:  # noqa: BLE001  # nothing of the child may go on as if it were the parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def die_at(tools: Tools, place: int) -> None:
    """Even: before a commit, when its work is done; odd: after it, when nothing has followed."""
    receive(tools)
    passed = iter(range(place, -1, -1))

    def pass_one(_session: Session) -> None:
        if next(passed) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_commit", "after_commit"):
        sa.event.listen(Session, moment, pass_one)
    schedule_nightly(tools.database)
    run_once(tools)


def receive(tools: Tools) -> None:
    """What a candidate's submission leaves behind for the worker; and it is night."""
    with tools.database.write() as session:
        submission = session.exec(select(Submission).order_by(col(Submission.id))).first()
        assert submission
        ids: dict[str, UUID] = {
            "submission_id": submission.id,
            "job_id": submission.job_id,
            "revision_id": submission.id,
        }
        outbox.record(session, SYSTEM, submission.id, SubmissionReceived(**ids))
    make_due(tools.database)


def go_on(tools: Tools, received: int) -> None:
    """The leases of the dead one run out, and all that it left is done: once."""
    make_due(tools.database)
    schedule_nightly(tools.database)
    run_once(tools)
    with tools.database.read() as session:
        left = session.exec(select(Task).where(Task.state != TaskState.DONE)).all()
        messages = session.exec(select(Message)).all()
        events = session.exec(select(EventRow)).all()
        breaks = verify_chain(session)
    assert [task.id for task in left] == [NIGHTLY_ID], left
    assert left[0].due_at > utc_now()
    assert left[0].lease is None
    assert len(messages) == received
    assert {message.state for message in messages} == {MessageState.SENT}
    sent = {_id_of(letter) for letter in (tools.settings.data_dir / "mail").glob("*.eml")}
    assert sent == {str(message.id) for message in messages}
    assert all(event.seq for event in events)
    assert not breaks


def _id_of(letter: Path) -> str:
    read = message_from_bytes(letter.read_bytes(), policy=policy.default)
    return str(read["Message-ID"]).strip("<>").partition("@")[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
