"""Somebody else's transactions on PostgreSQL, and ours that meet them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import text

from service.core.db import Database
from tests.patience import until

Answer = TypeVar("Answer")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
# Who looks for a circle and finds one goes: the service, long before.
PATIENT = "-c deadlock_timeout=1min"


class Other:
    """Somebody else's transaction."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, options=PATIENT)

    def lock(self, table: str, id: UUID, *, now: bool = False) -> None:
        query = f"SELECT id FROM {{}} WHERE id = %s FOR UPDATE{' NOWAIT' if now else ''}"
        self._connection.execute(sql.SQL(query).format(sql.Identifier(table)), [id])

    def change(self, table: str, id: UUID, column: str, value: object) -> None:
        query = sql.SQL("UPDATE {} SET {} = %s WHERE id = %s")
        names = sql.Identifier(table), sql.Identifier(column)
        self._connection.execute(query.format(*names), [value, id])

    def remove(self, table: str, id: UUID) -> None:
        query = sql.SQL("DELETE FROM {} WHERE id = %s")
        self._connection.execute(query.format(sql.Identifier(table)), [id])

    def keep(self) -> None:
        self._connection.commit()

    def end(self) -> None:
        self._connection.rollback()

    def leave(self) -> None:
        """Wait for it no longer."""
        self._connection.cancel_safe()

    def close(self) -> None:
        self._connection.close()


@contextmanager
def sent(call: Callable[[], Answer]) -> Iterator[Callable[[], Answer]]:
    """While it runs; what is handed out waits for its status."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(call)
        yield answer.result


def wait_for(database: Database, count: int) -> None:
    def are_waiting() -> bool:
        with database.engine.connect() as connection:
            return bool(connection.scalar(text(WAITING)) == count)

    until(are_waiting)
