"""Looks at everything an installation needs, and says how to mend what is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import func, select

from service.app import open_blobs
from service.core.blobs import Blobs
from service.core.chain_check import verify_chain
from service.core.db import Database
from service.core.errors import Refusal
from service.core.mail import MailFailed, SmtpMailer
from service.core.migrations import is_current
from service.core.outbox import Task, TaskState
from service.core.selfcheck import UnsafeDatabase, check_database, one_process_only
from service.operations.starting import is_loopback, warning_of
from service.operations.trouble import reason_of
from service.settings import Settings
from service.worker.post import open_mailer


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is well, and what there is to say."""

    subject: str
    is_well: bool
    words: str


class Wrong(Exception):
    """What is wrong, and how to mend it."""


def check_all(settings: Settings) -> Iterator[Finding]:
    """One finding after the other; what needs a database that is not there is left out."""
    database = Database(settings.database)
    yield _look("settings", lambda: _settings(settings))
    found = _look("database", lambda: _database(database))
    yield found
    if found.is_well:
        found = _look("migrations", lambda: _migrations(database))
        yield found
    if found.is_well:
        yield _look("chain", lambda: _chain(database))
        yield _look("work", lambda: _work(database))
    yield _look("files", lambda: _files(open_blobs(settings)))
    yield _look("mail", lambda: _mail(settings))
    database.dispose()


def _look(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, is_well=True, words=look())
    except (Wrong, UnsafeDatabase, Refusal, MailFailed, ValueError) as error:
        return Finding(subject, is_well=False, words=str(error))
    except SQLAlchemyError as error:
        words = f"The database cannot be reached: {reason_of(error)}. See EXHIBIT_DATABASE_URL."
        return Finding(subject, is_well=False, words=words)
    except OSError as error:
        words = f"{error.filename or ''} {error.strerror or error}. Mend the rights of the folder."
        return Finding(subject, is_well=False, words=words.strip())


def _settings(settings: Settings) -> str:
    if warning := warning_of(settings):
        raise Wrong(warning.removeprefix("warning: "))
    if settings.company.logo and not Path(settings.company.logo).is_file():
        raise Wrong(f"The logo {settings.company.logo} is not there. See EXHIBIT_COMPANY__LOGO.")
    if not is_loopback(settings.host) and not settings.company.privacy_contact:
        raise Wrong("Candidates cannot tell whom to ask: set EXHIBIT_COMPANY__PRIVACY_CONTACT.")
    return f"address {settings.site}, data in {settings.data_dir}"


def _database(database: Database) -> str:
    check_database(database)
    if reason := one_process_only(database):
        return f"safe. {reason}"
    return "safe"


def _migrations(database: Database) -> str:
    if not is_current(database):
        raise Wrong("The tables are not those of this version: run `exhibit migrate`.")
    return "at the newest"


def _chain(database: Database) -> str:
    with database.read() as session:
        breaks = verify_chain(session)
    if breaks:
        first = breaks[0]
        raise Wrong(
            f"The history was changed in {len(breaks)} places, first at event number {first.seq} "
            f"({first.what}). Compare with a backup, and find out who could write to the database."
        )
    return "the history is whole"


def _work(database: Database) -> str:
    with database.read() as session:
        states = dict(session.exec(select(Task.state, func.count()).group_by(Task.state)).all())
    given_up = states.get(TaskState.GIVEN_UP, 0)
    if given_up:
        raise Wrong(
            f"{given_up} tasks were given up: look at them on the desk and start them again."
        )
    return f"{states.get(TaskState.WAITING, 0)} tasks wait"


def _files(blobs: Blobs) -> str:
    blobs.check()
    return f"{blobs.place} can be written and read"


def _mail(settings: Settings) -> str:
    mailer = open_mailer(settings)
    if not isinstance(mailer, SmtpMailer):
        return f"no server is set: letters are written to {settings.data_dir / 'mail'}"
    mailer.check()
    return f"{settings.mail.host} takes our sign-in"
