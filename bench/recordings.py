"""The SQL of a call, taken down while the service does it, and played again by the bare driver.

So a floor does the same SQL as its call, today's and tomorrow's, with the same values.
"""

import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg
from sqlalchemy import event

from service.core.db import Database
from service.core.errors import Unavailable

# How the service begins and bounds a transaction; the floor has its own way.
FRAME = ("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SET ")
READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
DURABLE = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


@dataclass(frozen=True)
class Said:
    """One statement with its values; several sets of them when it is said `many` times."""

    statement: str
    values: Any
    many: bool = False


@dataclass
class Recording:
    """What one request asks its database. A `rehearsal` was not committed: it is yet to be done."""

    rehearsal: bool
    statements: list[Said] = field(default_factory=list)


@contextmanager
def recording(database: Database, *, rehearsal: bool) -> Generator[Recording]:
    """Take down all that is said meanwhile; let nothing of a rehearsal be kept."""
    taken = Recording(rehearsal)

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, many: bool) -> None:
        if not statement.startswith(FRAME):
            taken.statements.append(Said(statement, values, many))

    def refuse(_connection: Any) -> None:
        raise Unavailable(part="A rehearsal")

    with ExitStack() as listening:
        _listen(listening, database, "before_cursor_execute", note)
        if rehearsal:
            _listen(listening, database, "commit", refuse)
        yield taken


def _listen(listening: ExitStack, database: Database, name: str, hear: Any) -> None:
    event.listen(database.engine, name, hear)
    listening.callback(event.remove, database.engine, name, hear)


class Player:
    """Plays recordings by the bare driver, one connection for each thread, as durably."""

    def __init__(self, database: Database) -> None:
        self._url = database.url
        self._is_sqlite = database.is_sqlite
        self._own = threading.local()
        self._line = threading.Lock()  # SQLite's writers, as in the service: waiting there polls

    def play(self, recording: Recording) -> bytes:
        """All rows that came back, as JSON."""
        with self.transaction(writes=recording.rehearsal) as connection:
            return orjson.dumps([_say(connection, one) for one in recording.statements], str)

    @contextmanager
    def transaction(self, *, writes: bool) -> Generator[Any]:
        connection = self._connection()
        with ExitStack() as held:
            if writes and self._is_sqlite:
                held.enter_context(self._line)
            connection.execute(self._begin(writes=writes))
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _begin(self, *, writes: bool) -> str:
        if self._is_sqlite:
            return "BEGIN IMMEDIATE" if writes else "BEGIN"
        return "BEGIN" if writes else READING

    def _connection(self) -> Any:
        if not hasattr(self._own, "connection"):
            self._own.connection = self._connect()
        return self._own.connection

    def _connect(self) -> Any:
        if self._is_sqlite:
            connection = sqlite3.connect(str(self._url.database), isolation_level=None)
            for pragma in DURABLE:
                connection.execute(f"PRAGMA {pragma}")
            return connection
        url = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(url, autocommit=True)


def _say(connection: Any, said: Said) -> Sequence[dict[str, object]]:
    cursor = connection.cursor()
    try:
        if said.many:
            cursor.executemany(said.statement, said.values)
        else:
            cursor.execute(said.statement, said.values)
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    finally:
        cursor.close()
