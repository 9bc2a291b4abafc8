"""What happens before anything runs: settings read, folder made, database safe and migrated."""

import fcntl
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import IO

from service.app import build_tools
from service.core.counting import counted
from service.core.db import Database
from service.core.migrations import is_current, migrate
from service.core.selfcheck import check_database, one_process_only
from service.domain.submissions.actions.found_by import add_missing_words
from service.doors.tools import Tools
from service.operations.swap import swap_of
from service.operations.trouble import Trouble, in_plain_words
from service.settings import Settings

BATCH = 50
RUNNING = "process.lock"  # held by what runs for long
PRESENT = "present.lock"  # held by whoever has opened the database, if only for a moment
UNDER_WAY = "A restore is under way on this data folder: wait for its end."

Say = Callable[[str], None]


class Occupied(Trouble):
    """Somebody else is in the data folder."""


@contextmanager
def opened(settings: Settings) -> Generator[Tools]:
    """The tools, on a database that is safe; as it stands, migrated or not. Raises Trouble."""
    with in_plain_words(), _present(settings), _safe_tools(settings) as tools:
        yield tools


@contextmanager
def alone(settings: Settings) -> Generator[Tools]:
    """The tools, with the database closed, where nobody else is. Raises Trouble."""
    with in_plain_words(), nothing_running(settings), _safe_tools(settings) as tools:
        tools.database.dispose()
        yield tools


@contextmanager
def migrated(settings: Settings) -> Generator[Tools]:
    """The same for commands that need the tables: they never migrate by themselves."""
    with opened(settings) as tools:
        if not is_current(tools.database):
            raise Trouble("The database is not at the newest migration: run `exhibit migrate`.")
        yield tools


def bring_up_to_date(database: Database, say: Say) -> None:
    """Migrate, and say where the copy from before is; then all can be searched.

    Raises NewerDatabase.
    """
    was_current = is_current(database)
    copy = migrate(database)
    if copy:
        say(f"migrated; the database as it was before: {copy}")
    elif not was_current:
        say("migrated: the tables are made")
    if not was_current:
        _add_words(database, say)


def _add_words(database: Database, say: Say) -> None:
    """Batch by batch; what is cut off here the worker ends."""
    done, batch = 0, BATCH
    while batch == BATCH:
        with database.write() as session:
            batch = add_missing_words(session, BATCH)
        done += batch
    if done:
        say(f"{counted(done, 'revision')} can be searched")


@contextmanager
def running(settings: Settings, database: Database, say: Say) -> Generator[None]:
    """Marks the data folder as in use; alone in it where SQLite demands that. Raises Trouble."""
    reason = one_process_only(database)
    with _folder_lock(settings, RUNNING) as lock:
        if not _take(lock, fcntl.LOCK_EX if reason else fcntl.LOCK_SH):
            raise Trouble(f"Another Exhibit runs on this data folder. {reason or ''}".strip())
        if reason:
            say(reason)
        yield


@contextmanager
def nothing_running(settings: Settings) -> Generator[None]:
    """For what must have the data folder to itself. Raises Trouble."""
    with _folder_lock(settings, RUNNING) as running, _folder_lock(settings, PRESENT) as present:
        if not (_take(running, fcntl.LOCK_EX) and _take(present, fcntl.LOCK_EX)):
            raise Occupied("Exhibit runs on this data folder: stop it first.")
        if swap := swap_of(settings):
            swap.finish()
        yield


@contextmanager
def _present(settings: Settings) -> Generator[None]:
    """For as long as it is open, nobody puts another database in the place of this one.

    A restore that was cut off is ended or undone before. Raises Trouble.
    """
    if _is_pending(settings):
        with suppress(Occupied), nothing_running(settings):
            pass  # whoever is there restores, or ends what was cut off, as we would
    with _folder_lock(settings, PRESENT) as lock:
        if not _take(lock, fcntl.LOCK_SH) or _is_pending(settings):
            raise Trouble(UNDER_WAY)
        yield


def is_restoring(settings: Settings) -> bool:
    """Whether a restore is under way right now, and not only cut off."""
    if not _is_pending(settings):
        return False
    with _folder_lock(settings, PRESENT) as lock:
        return not _take(lock, fcntl.LOCK_SH)


@contextmanager
def _safe_tools(settings: Settings) -> Generator[Tools]:
    tools = build_tools(settings)
    try:
        check_database(tools.database)
        yield tools
    finally:
        tools.database.dispose()


def _is_pending(settings: Settings) -> bool:
    swap = swap_of(settings)
    return swap is not None and swap.is_pending


def _folder_lock(settings: Settings, name: str) -> IO[bytes]:
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return (settings.data_dir / name).open("ab")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def warning_of(settings: Settings) -> str | None:
    """A public address without HTTPS: everything said there can be read on the way."""
    if is_loopback(settings.host) or settings.is_secure:
        return None
    return (
        f"warning: {settings.host} can be reached from outside and EXHIBIT_BASE_URL is no https "
        "address: passwords and candidates' data travel unprotected. Put a proxy with TLS in front."
    )


def _take(lock: IO[bytes], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
