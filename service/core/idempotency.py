"""Answers kept for a day, so that a repeated request has no second effect.

The answer is written in the same transaction as the effect, so a crash leaves both or neither.
"""

import hashlib
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import BoundedSemaphore, Lock
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import JSON, Field, Session, UniqueConstraint, select

from service.core.clock import utc_now
from service.core.db import Row
from service.core.errors import Invalid, Malformed, StateConflict

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255

# Who waits holds a thread and nothing else; most of the server's 40 must stay free for the others.
WAIT_SECONDS = 5.0
LOOK_SECONDS = 0.05  # the one waited for may be in another process, which can wake nobody here
MOST_WAITING = 8

_running: set[tuple[str, str, str]] = set()
_lock = Lock()
_waiting = BoundedSemaphore(MOST_WAITING)

Begun = TypeVar("Begun")


class KeptAnswer(Row, table=True):
    """What was answered to one key of one caller on one route. Secrets are never kept."""

    __tablename__ = "kept_answer"
    __table_args__ = (UniqueConstraint("caller", "route", "key"),)

    caller: str = Field(max_length=64)
    route: str = Field(max_length=200)
    key: str = Field(max_length=64)  # SHA-256 of what was sent as Idempotency-Key
    fingerprint: str = Field(max_length=64)  # SHA-256 of the content it came with
    status: int
    headers: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    body: str | None = Field(default=None)


@dataclass(frozen=True)
class Answer:
    """A response to give again; `body` None: it held a secret and is gone."""

    status: int
    headers: dict[str, str]
    body: str | None


class Replayed(Exception):  # not an error: the answer is known already
    """The request was carried out before; this is what was answered."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class BadKey(Malformed):
    code = "bad_idempotency_key"
    message = "An Idempotency-Key has 1 to 255 visible ASCII characters."


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used with other content. Take a new one for a new request."

    def __init__(self, earlier: Answer) -> None:
        self.earlier = earlier
        super().__init__()


class StillRunning(StateConflict):
    code = "still_running"
    message = "A request with this Idempotency-Key is still running. Try again in a moment."


class SecretGone(StateConflict):
    code = "secret_shown_once"
    message = "This was done; its answer held a secret that was shown once and not kept."


def checked_key(header: str) -> str:
    """The digest to find a key by. Raises BadKey."""
    visible = header.isascii() and header.isprintable() and header.strip()
    if not visible or len(header) > LONGEST_KEY:
        raise BadKey
    return hashlib.sha256(header.encode()).hexdigest()


def patiently(begin: Callable[[], Begun]) -> Begun:
    """What `begin` returns, tried again for a while as long as it raises StillRunning.

    So the second click on a form ends with what the first one did. `begin` must hold nothing when
    it has raised: the request that is waited for may need a connection and the writers' line.
    """
    with suppress(StillRunning):
        return begin()
    if not _waiting.acquire(blocking=False):
        raise StillRunning
    try:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            time.sleep(LOOK_SECONDS)  # it may run in another process, which can wake nobody here
            with suppress(StillRunning):
                return begin()
    finally:
        _waiting.release()
    raise StillRunning


@contextmanager
def running(key: tuple[str, str, str]) -> Generator[None]:
    """While this is open, the same key in this process is refused with StillRunning."""
    with _lock:
        if key in _running:
            raise StillRunning
        _running.add(key)
    try:
        yield
    finally:
        with _lock:
            _running.discard(key)


def claim(session: Session, caller: str, route: str, key: str, fingerprint: str) -> None:
    """Nothing when the key is new. Raises Replayed, KeyReused, SecretGone, StillRunning."""
    if session.get_bind().dialect.name == "postgresql":
        _lock_across_processes(session, f"{caller} {route} {key}")
    query = select(KeptAnswer).where(
        KeptAnswer.caller == caller, KeptAnswer.route == route, KeptAnswer.key == key
    )
    kept = session.exec(query).first()
    if not kept:
        return
    if kept.created_at < utc_now() - KEPT_FOR:
        session.delete(kept)
        session.flush()
        return
    if kept.fingerprint != fingerprint:
        raise KeyReused(Answer(kept.status, kept.headers, kept.body))
    if kept.body is None:
        raise SecretGone
    raise Replayed(Answer(kept.status, kept.headers, kept.body))


def keep(
    session: Session, caller: str, route: str, key: str, fingerprint: str, answer: Answer
) -> None:
    """Remember what is about to be answered."""
    row = KeptAnswer(
        caller=caller,
        route=route,
        key=key,
        fingerprint=fingerprint,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
    )
    session.add(row)
    session.flush()


def _lock_across_processes(session: Session, text: str) -> None:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)
    got = session.connection().execute(sa.select(sa.func.pg_try_advisory_xact_lock(number)))
    if not got.scalar():
        raise StillRunning
