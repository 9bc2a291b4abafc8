"""What happens before anything runs: settings read, folder made, database safe and migrated."""

import fcntl
from collections.abc import Callable, Generator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import IO

from service.app import build_tools
from service.core.db import Database
from service.core.migrations import is_current, migrate
from service.core.selfcheck import check_database, one_process_only
from service.doors.tools import Tools
from service.operations.swap import swap_of
from service.operations.trouble import Trouble, in_plain_words
from service.settings import Settings

Say = Callable[[str], None]


@contextmanager
def opened(settings: Settings) -> Generator[Tools]:
    """The tools, on a database that is safe; as it stands, migrated or not. Raises Trouble."""
    with in_plain_words():
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        finish_restore(settings)
        tools = build_tools(settings)
        try:
            check_database(tools.database)
            yield tools
        finally:
            tools.database.dispose()


@contextmanager
def migrated(settings: Settings) -> Generator[Tools]:
    """The same for commands that need the tables: they never migrate by themselves."""
    with opened(settings) as tools:
        if not is_current(tools.database):
            raise Trouble("The database is not at the newest migration: run `exhibit migrate`.")
        yield tools


def bring_up_to_date(database: Database, say: Say) -> None:
    """Migrate, and say where the copy from before is. Raises NewerDatabase."""
    was_current = is_current(database)
    copy = migrate(database)
    if copy:
        say(f"migrated; the database as it was before: {copy}")
    elif not was_current:
        say("migrated: the tables are made")


@contextmanager
def running(settings: Settings, database: Database, say: Say) -> Generator[None]:
    """Marks the data folder as in use; alone in it where SQLite demands that. Raises Trouble."""
    reason = one_process_only(database)
    with (settings.data_dir / "process.lock").open("ab") as lock:
        if not _take(lock, fcntl.LOCK_EX if reason else fcntl.LOCK_SH):
            raise Trouble(f"Another Exhibit runs on this data folder. {reason or ''}".strip())
        if reason:
            say(reason)
        yield


@contextmanager
def nothing_running(settings: Settings) -> Generator[None]:
    """For what must have the data folder to itself. Raises Trouble."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data_dir / "process.lock").open("ab") as lock:
        if not _take(lock, fcntl.LOCK_EX):
            raise Trouble("Exhibit runs on this data folder: stop it first.")
        if swap := swap_of(settings):
            swap.finish()
        yield


def finish_restore(settings: Settings) -> None:
    """A restore that was cut off is ended or undone before anybody looks. Raises Trouble."""
    swap = swap_of(settings)
    if swap and swap.is_pending:
        with nothing_running(settings):
            return


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
