"""The database: one engine, one base class for tables, two kinds of session."""

import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from enum import StrEnum
from math import ceil
from pathlib import Path
from time import monotonic
from typing import Any, get_origin
from uuid import UUID

import sqlalchemy as sa
import uuid_utils.compat as uuid_utils
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import declared_attr, joinedload, selectinload
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import Field, Relationship, Session, SQLModel

from service.core.clock import utc_now
from service.core.errors import Stale, Unavailable
from service.core.lines import Line
from service.core.waits import bound_wait, bound_waits

# Fewer than the server has threads (AnyIO: 40): who waits for one in vain is told to come again.
CONNECTIONS = 20
LOCK_WAIT_SECONDS = 5
STATEMENT_SECONDS = 30

# Busy, locked, out of memory, read-only file system, disk error, full, cannot open.
SQLITE_PASSING = {5, 6, 7, 10, 13, 14}
# Connection lost, transaction rolled back (deadlock), out of resources, operator's hand.
POSTGRESQL_PASSING = {"08", "40", "53", "57"}
LOCK_NOT_AVAILABLE = "55P03"
COLLISIONS = {"40001", "40P01"}  # serialization failure, deadlock
WRITING = {"write", "migrate"}  # a migration takes the time that it needs

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Collided(Unavailable):
    """It met another transaction, and one of the two had to go: done again, it can succeed."""


def new_id() -> UUID:
    """A UUIDv7: unique, and in the order of its making."""
    return uuid_utils.uuid7()


class Row(SQLModel):
    """What every table has."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(default_factory=utc_now)


class Versioned(Row):
    """A row that changes. Each change raises `version`; a change made from an old one is Stale."""

    version: int = Field(default=1)
    updated_at: datetime = Field(
        default_factory=utc_now, sa_column_kwargs={"onupdate": utc_now}, index=True
    )

    @declared_attr.directive
    def __mapper_args__(cls) -> Mapping[str, Any]:  # noqa: N805  # SQLAlchemy hands it the class
        return {"version_id_col": cls.metadata.tables[str(cls.__tablename__)].c.version}


def choice(options: type[StrEnum], **field: Any) -> Any:
    """A column that holds one of `options`, stored as its text and checked by the database."""
    column = sa.Enum(
        options,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda e: [o.value for o in e],
    )
    return Field(sa_type=column, **field)


class Shaped(sa.TypeDecorator[Any]):
    """JSON of one shape, which the database cannot check itself.

    What has another shape, however it came to be there, reads as nothing: one odd row never breaks
    the list that others are shown in.
    """

    impl = sa.JSON
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape
        self._adapter = TypeAdapter(shape)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002
        try:
            self._adapter.validate_python(value)
        except ValidationError:
            return get_origin(self.shape)()
        return value


def shaped(shape: Any, **field: Any) -> Any:
    """A column that holds JSON of this shape, a `list[…]` or a `dict[…]`."""
    return Field(sa_type=Shaped(shape), **field)


def load(*links: Any) -> Sequence[ExecutableOption]:
    """Options that fetch these links along with the rows: `.options(*load(Submission.stage))`."""
    return [joinedload(link) for link in links]


def load_lists(*links: Any) -> Sequence[ExecutableOption]:
    """Like `load`, for links to many rows: one more query each, whatever the number of rows."""
    return [selectinload(link) for link in links]


def linked(back_populates: str | None = None, **how: Any) -> Any:
    """A relationship that a query must load on purpose; reading it unloaded is an error."""
    arguments = {"lazy": "raise_on_sql", **how}
    if back_populates:
        return Relationship(back_populates=back_populates, sa_relationship_kwargs=arguments)
    return Relationship(sa_relationship_kwargs=arguments)


class Database:
    """One database, and the sessions to look at it and to change it."""

    def __init__(self, url: str, *, connections: int = CONNECTIONS) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if not self.is_sqlite:
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.engine = sa.create_engine(
            self.url,
            pool_size=connections,
            max_overflow=0,
            hide_parameters=True,  # they hold people's words, and errors are logged
            pool_timeout=LOCK_WAIT_SECONDS,
            pool_pre_ping=not self.is_sqlite,
            connect_args={} if self.is_sqlite else _postgresql_arguments(self.url),
        )
        # PostgreSQL: one snapshot for all that is read, and nothing can be written by mistake.
        self._reading: dict[str, Any] = {"exhibit_access": "read"}
        if not self.is_sqlite:
            self._reading |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        # SQLite has one writer. Waiting in line here is fair and short; SQLite's own waiting polls
        # (8 writers: p99 1.3 s against 0.09 s). And SQLite before 3.51.3 can corrupt the file when
        # one connection resets the write-ahead log while another one copies it back: both are done
        # by COMMIT, so that in this line they never meet, in one process or in several.
        self._line: Line | None = None
        if self.is_sqlite:
            file = Path(f"{self.url.database}-line")
            self._line = Line(file, seconds=LOCK_WAIT_SECONDS, part="The database")
            _tune_sqlite(self.engine)
        else:
            bound_waits(self.engine)

    def dispose(self) -> None:
        self.engine.dispose()

    @contextmanager
    def read(self) -> Generator[Session]:
        """A session for looking, at one instant; a write in it is an error."""
        with _refusals(), Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options=self._reading)
            yield session

    @contextmanager
    def write(self, *, patient: bool = True) -> Generator[Session]:
        """A session for one unit of work: everything inside is kept, or nothing is.

        Who is not `patient` waits for nobody. Raises Unavailable when it cannot be now.
        """
        seconds = LOCK_WAIT_SECONDS if patient else 0
        until = monotonic() + seconds
        with (
            _refusals(),
            self.turn(seconds),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            how = {"exhibit_access": "write", "exhibit_until": until}
            connection = session.connection(execution_options=how)
            if not self.is_sqlite:
                bound_wait(connection, until - monotonic())
            yield session

    def turn(self, seconds: float | None = None) -> AbstractContextManager[object]:
        """For as long as it is open, nobody else writes to SQLite. `write` takes one by itself."""
        return self._line.turn(seconds) if self._line else nullcontext()


@contextmanager
def _refusals() -> Generator[None]:
    """The ways in which a healthy caller meets the database's own limits, as refusals."""
    try:
        yield
    except StaleDataError as error:
        raise Stale from error
    except (DBAPIError, sa.exc.TimeoutError) as error:
        if _state_of(error) in COLLISIONS:
            raise Collided(part="The database") from error
        if _passing(error):
            raise Unavailable(part="The database") from error
        raise


def _passing(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether it is about the database's state of the moment, not about what was asked."""
    if not isinstance(error, DBAPIError):
        return True
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in SQLITE_PASSING
    state = _state_of(error)
    if not state:  # said by the driver, not by the server: no connection, or a value it refuses
        return isinstance(error, OperationalError) or error.connection_invalidated
    return state[:2] in POSTGRESQL_PASSING or state == LOCK_NOT_AVAILABLE


def _state_of(error: sa.exc.SQLAlchemyError) -> str:
    """PostgreSQL's code for it; empty if it has none."""
    return getattr(error.orig, "sqlstate", None) or "" if isinstance(error, DBAPIError) else ""


def _postgresql_arguments(url: sa.URL) -> dict[str, Any]:
    """Ours, unless the URL says otherwise; of two values for one option, the last counts."""
    limits = {
        "lock_timeout": f"{LOCK_WAIT_SECONDS}s",
        "statement_timeout": f"{STATEMENT_SECONDS}s",
        "idle_in_transaction_session_timeout": "10min",
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    options = " ".join([options, *url.normalized_query.get("options", ())])
    ours = {"connect_timeout": 5, "application_name": "exhibit"}
    kept = {name: value for name, value in ours.items() if name not in url.query}
    return kept | {"options": options}


def _tune_sqlite(engine: sa.Engine) -> None:
    """Durable, concurrent SQLite: readers never block, writers queue instead of failing."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        access, until = options.get("exhibit_access"), options.get("exhibit_until")
        # Whoever stood in line has waited already; all waiting together ends in time.
        left = LOCK_WAIT_SECONDS if until is None else max(0, until - monotonic())
        # Said to the driver itself: a quick read would notice the way around by SQLAlchemy.
        plain = connection.connection.cursor()
        plain.execute(f"PRAGMA busy_timeout={ceil(left) * 1000}")
        plain.execute(f"PRAGMA query_only={'ON' if access == 'read' else 'OFF'}")
        plain.close()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if access in WRITING else "BEGIN")
