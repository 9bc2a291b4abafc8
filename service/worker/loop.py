"""The worker: takes what is due and does it, and chains the events, while the service runs."""

import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

from sqlmodel import Session, col

from service.core.chain import BATCH, chain_events, is_any_unchained
from service.core.clock import utc_now
from service.core.logs import new_request_id
from service.core.mail import MailFailed
from service.core.outbox import (
    ANY,
    LEASE,
    Task,
    Which,
    claim,
    fail,
    finish,
    give_back,
    gives_up,
    is_any_due,
    repeat,
)
from service.doors.tools import Tools
from service.worker.nightly import schedule_nightly
from service.worker.tasks import TASKS
from service.worker.work import Effect, Hopeless, LeaseLost, TaskKind

IDLE_SECONDS = 0.5
TROUBLE_SECONDS = 2.0

EXPECTED = (Hopeless, MailFailed)  # their words are ours, without personal data
BESIDE = col(Task.kind).in_([name for name, kind in TASKS.items() if kind.beside])
UNKNOWN = TaskKind(lambda _tools, _task: None)

log = logging.getLogger(__name__)


def run_worker(tools: Tools, stop: Event, *, lease: timedelta = LEASE) -> None:
    """Work until `stop` is set.

    Beside it the events are chained, and what may take long is done: no slow task keeps the events
    waiting, and neither a round of tidying nor the reading of files the letters.
    """
    first = [lambda: schedule_nightly(tools.database)]

    def do_long() -> int:
        while first:
            first[0]()
            first.pop()
        return run_tasks(tools, stop, lease, BESIDE)

    beside = [
        Thread(target=_keep_doing, args=(stop, do), name=name)
        for name, do in (("chain", lambda: chain(tools)), ("long", do_long))
    ]
    for thread in beside:
        thread.start()
    try:
        _keep_doing(stop, lambda: run_tasks(tools, stop, lease, ~BESIDE))
    finally:
        for thread in beside:
            thread.join()


def _keep_doing(stop: Event, do: Callable[[], int]) -> None:
    """Again and again, at once while there is something to do.

    Nothing that goes wrong ends it; a lost database is waited for.
    """
    while not stop.is_set():
        try:
            pause = 0 if do() else IDLE_SECONDS
        except Exception:
            log.exception("the worker waits and tries again")
            pause = TROUBLE_SECONDS
        stop.wait(pause)


def run_once(tools: Tools, *, lease: timedelta = LEASE) -> int:
    """Do all that is due, and what follows from it; says how many tasks were tried."""
    never, tried = Event(), 0
    while worked := run_tasks(tools, never, lease):
        tried += worked
    chain(tools)
    return tried


def run_tasks(tools: Tools, stop: Event, lease: timedelta, which: Which = ANY) -> int:
    """One look at the queue; says how many tasks were tried."""
    tried = 0
    for task in take(tools, lease, which):
        # Half of the lease must be left, so that a slow task before never makes this one run twice.
        if stop.is_set() or utc_now() > task.due_at - lease / 2:
            with tools.database.write() as session:
                give_back(session, task)
            continue
        carry_out(tools, task)
        tried += 1
    return tried


def take(tools: Tools, lease: timedelta, which: Which) -> list[Task]:
    with tools.database.read() as session:
        if not is_any_due(session, which):
            return []
    with tools.database.write() as session:
        return list(claim(session, lease=lease, which=which))


def chain(tools: Tools) -> int:
    """Link all that was recorded since the last time, in short transactions; says how many."""
    with tools.database.read() as session:
        waiting = is_any_unchained(session)
    linked, batch = 0, BATCH if waiting else 0
    while batch == BATCH:
        with tools.database.write() as session:
            batch = chain_events(session)
        linked += batch
    return linked


def carry_out(tools: Tools, task: Task) -> None:
    """Try one task: its slow part outside any transaction, then its effect and its end in one."""
    new_request_id()
    kind = TASKS.get(task.kind)
    if kind is None:  # left by a newer version of the service, whose workers know it
        put_off(tools, task, UNKNOWN, "unknown kind of task")
        return
    try:
        conclude(tools, task, kind, kind.work(tools, task))
    except LeaseLost:
        log.warning("lease lost", extra={"task_kind": task.kind, "task_id": str(task.id)})
    except Exception as error:
        ours = isinstance(error, EXPECTED)
        level = logging.WARNING if ours else logging.ERROR
        told = {"task_kind": task.kind, "task_id": str(task.id)}
        log.log(level, "task failed", exc_info=not ours, extra=told)
        put_off(tools, task, kind, words_of(error), final=isinstance(error, Hopeless))


def conclude(tools: Tools, task: Task, kind: TaskKind, effect: Effect | None) -> None:
    """Write the effect and the task's end, both or neither. Raises LeaseLost."""
    with tools.database.write() as session:
        if not settle(session, task, kind):
            raise LeaseLost
        if effect:
            effect(session)


def settle(session: Session, task: Task, kind: TaskKind) -> bool:
    if kind.every:
        return repeat(session, task, kind.every)
    return finish(session, task)


def put_off(tools: Tools, task: Task, kind: TaskKind, error: str, *, final: bool = False) -> None:
    """Try again later, or give up and tell whom it concerns."""
    with tools.database.write() as session:
        if kind.every:
            repeat(session, task, kind.every, error)
        elif fail(session, task, error, final=final) and gives_up(task, final=final):
            log.error("gave up", extra={"task_kind": task.kind, "task_id": str(task.id)})
            if kind.on_give_up:
                kind.on_give_up(session, task, error)


def words_of(error: Exception) -> str:
    """What may be kept and shown of an error: others' words could hold personal data."""
    if isinstance(error, EXPECTED):
        return str(error)
    return type(error).__name__
