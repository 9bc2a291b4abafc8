"""Work that comes by the clock: at start and then hourly, by one worker, in short transactions."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from service.core.clock import utc_now
from service.core.db import Database
from service.core.outbox import Task
from service.core.upserts import insert_new
from service.doors.tools import Tools
from service.worker import sweeps
from service.worker.blob_sweep import sweep_blobs
from service.worker.texts import ask_for_lost_texts
from service.worker.work import Effect, LeaseLost, hold

HOUR = timedelta(hours=1)
NIGHTLY_ID = UUID(int=1)  # the same row for ever, so that two workers never make two of it
BATCH = 100

# Done one day, one month ago: time enough to look into what happened.
KEPT_TASKS = timedelta(days=7)
KEPT_ENDED = timedelta(days=30)

Sweep = Callable[[Session, datetime, int], int]

log = logging.getLogger(__name__)


def schedule_nightly(database: Database) -> None:
    """Make sure that the task is there; when it comes next stays as it is."""
    with database.write() as session:
        insert_new(session, Task(id=NIGHTLY_ID, kind="nightly", payload={}), ["id"])


def tidy(tools: Tools, task: Task) -> Effect | None:
    """Remove what is over, each kind by itself: one that fails does not keep the others.

    The lease is renewed with each batch, so that a round that takes long stays one worker's.
    """
    failed = [name for name, do in chores(tools, task).items() if not _done(name, do)]
    if failed:
        raise RuntimeError(f"{len(failed)} kinds of nightly work failed")
    return None


def chores(tools: Tools, task: Task) -> dict[str, Callable[[], int]]:
    """Each by its name; done, it says how much it removed. Raises LeaseLost."""
    limits, now = tools.settings.limits, utc_now()

    def whole(sweep: Sweep, before: datetime) -> Callable[[], int]:
        return lambda: _sweep_all(tools.database, task, sweep, before)

    return {
        "answers": whole(sweeps.answers, now),
        "rates": whole(sweeps.rates, now),
        "drafts": whole(sweeps.drafts, now - timedelta(days=limits.draft_days)),
        "revisions": whole(sweeps.revisions, now - timedelta(days=limits.confirm_days)),
        "links": whole(sweeps.links, now - KEPT_ENDED),
        "sign_ins": whole(sweeps.sign_ins, now - KEPT_ENDED),
        "password_resets": whole(sweeps.password_resets, now - KEPT_ENDED),
        "tasks": whole(sweeps.tasks, now - KEPT_TASKS),
        "asked_addresses": whole(sweeps.asked_addresses, now - KEPT_ENDED),
        "words": whole(sweeps.words, now),
        "texts": lambda: _texts(tools.database, task),
        "blobs": lambda: sweep_blobs(tools, now, lambda session: hold(session, task)),
    }


def _done(name: str, do: Callable[[], int]) -> bool:
    try:
        swept = do()
    except LeaseLost:
        raise
    except Exception:
        log.exception("nightly work failed", extra={"chore": name})
        return False
    if swept:
        log.info("swept", extra={"chore": name, "count": swept})
    return True


def _texts(database: Database, task: Task) -> int:
    with database.write() as session:
        hold(session, task)
        return ask_for_lost_texts(session)


def _sweep_all(database: Database, task: Task, sweep: Sweep, before: datetime) -> int:
    """Batch by batch, each in a transaction of its own, so that nobody waits long for us."""
    swept = 0
    while True:
        with database.write() as session:
            hold(session, task)
            batch = sweep(session, before, BATCH)
        swept += batch
        if batch < BATCH:
            return swept
