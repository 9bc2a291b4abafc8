"""How often something was done lately, counted per process or in the database for all of them.

The window slides: what was counted in the window before counts less and less. Library: limits.
"""

import math
import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.storage.base import SlidingWindowCounterSupport, Storage, TimestampedSlidingWindow
from limits.strategies import SlidingWindowCounterRateLimiter
from sqlmodel import Field, Session, col, select

from service.core.clock import utc_now
from service.core.db import Database, Row
from service.core.errors import TooMany
from service.core.secrets import keyed_hash
from service.core.upserts import insert_or_add

_counted: ContextVar[set[tuple[str, str]] | None] = ContextVar("counted", default=None)


@contextmanager
def counting_once() -> Generator[None]:
    """What is hit inside again is the same thing, tried again, and is not counted again."""
    before = _counted.set(set())
    try:
        yield
    finally:
        _counted.reset(before)


def windows(limit: str) -> list[tuple[int, timedelta]]:
    """What a limit says, for those who count rows: how many, in how long."""
    items = parse_many(limit)
    return [(item.amount, timedelta(seconds=item.get_expiry())) for item in items]


class RateCount(Row, table=True):
    """Hits of one key in one window. The key is a keyed hash: no address is stored."""

    __tablename__ = "rate_count"

    key: str = Field(max_length=128, unique=True)
    hits: int
    expires_at: datetime = Field(index=True)


class Rates:
    """Limits are text: `30/hour`, `10/15minutes`. Without a database, hits are counted here.

    Each call with a database is a transaction of its own, so make it outside of `writing()`.
    """

    def __init__(self, key: str, database: Database | None = None) -> None:
        self._key = key
        storage = DatabaseStorage(database) if database else MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    def hit(self, limit: str, kind: str, who: str = "", *, cost: int = 1, times: int = 1) -> None:
        """Count one more `kind` of thing by `who`. Raises TooMany, and then does not count it.

        It may weigh as much as `cost` of them; `times` the limit are allowed.
        """
        counted = _counted.get()
        if counted is not None and (kind, who) in counted:
            return
        for item in parse_many(limit):
            wider = type(item)(item.amount * times, item.multiples)
            if not self._limiter.hit(wider, self._name(kind, who), cost=cost):
                raise TooMany(seconds=self._wait(item, kind, who))
        if counted is not None:
            counted.add((kind, who))

    def check(self, limit: str, kind: str, who: str = "") -> None:
        """Raises TooMany when a hit would, and counts nothing."""
        for item in parse_many(limit):
            if not self._limiter.test(item, self._name(kind, who)):
                raise TooMany(seconds=self._wait(item, kind, who))

    def forget(self, limit: str, kind: str, who: str = "") -> None:
        """Begin to count anew, for one who has proven to be no guesser."""
        for item in parse_many(limit):
            self._limiter.clear(item, self._name(kind, who))

    def _name(self, kind: str, who: str) -> str:
        return keyed_hash(self._key, f"{kind}\0{who}")

    def _wait(self, item: RateLimitItem, kind: str, who: str) -> int:
        reset = self._limiter.get_window_stats(item, self._name(kind, who)).reset_time
        return max(1, math.ceil(reset - time.time()))


class DatabaseStorage(Storage, SlidingWindowCounterSupport, TimestampedSlidingWindow):
    """Counts in the table `rate_count`: one row per key and window, raised by one statement."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        return sa.exc.SQLAlchemyError

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        now = time.time()
        before, current = self.sliding_window_keys(key, expiry, now)
        with self._database.write() as session:
            # The row is locked by being raised, so that two at once cannot both take the last.
            _raise_by(session, current, amount, timedelta(seconds=2 * expiry))
            counted = _hits(session, before) * _left(now, expiry) + _hits(session, current)
            allowed = math.floor(counted) <= limit
            if not allowed:
                session.rollback()
        return allowed

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        now = time.time()
        before, current = self.sliding_window_keys(key, expiry, now)
        with self._database.read() as session:
            left = _left(now, expiry) * expiry
            return _hits(session, before), left, _hits(session, current), left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        for name in self.sliding_window_keys(key, expiry, time.time()):
            self.clear(name)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with self._database.write() as session:
            _raise_by(session, key, amount, timedelta(seconds=expiry))
            return _hits(session, key)

    def get(self, key: str) -> int:
        with self._database.read() as session:
            return _hits(session, key)

    def get_expiry(self, key: str) -> float:
        with self._database.read() as session:
            query = select(RateCount.expires_at).where(RateCount.key == _cut(key))
            found = session.exec(query).first()
        return (found or datetime.now(UTC)).timestamp()

    def check(self) -> bool:
        with self._database.read() as session:
            session.exec(select(sa.literal(1)))
        return True

    def reset(self) -> int | None:
        with self._database.write() as session:
            return session.connection().execute(sa.delete(RateCount)).rowcount

    def clear(self, key: str) -> None:
        with self._database.write() as session:
            gone = sa.delete(RateCount).where(col(RateCount.key) == _cut(key))
            session.connection().execute(gone)


def _raise_by(session: Session, key: str, amount: int, kept: timedelta) -> None:
    row = RateCount(key=_cut(key), hits=amount, expires_at=utc_now() + kept)
    insert_or_add(session, row, ["key"], "hits")


def _hits(session: Session, key: str) -> int:
    """Core rather than ORM, so that nothing is answered from the session's memory."""
    query = sa.select(col(RateCount.hits)).where(col(RateCount.key) == _cut(key))
    return session.connection().execute(query).scalar() or 0


def _left(now: float, expiry: int) -> float:
    """How much of the window before still counts, from 1 down to 0."""
    return 1 - (now / expiry) % 1


def _cut(key: str) -> str:
    """The end tells windows apart, and the hash in the middle who it was."""
    return key[-128:]
