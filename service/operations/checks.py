"""Looks at everything an installation needs, and says how to mend what is wrong."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import func, select

from service.app import open_blobs
from service.core.blobs import StoreUnusable
from service.core.chain_check import verify_chain
from service.core.counting import counted
from service.core.db import Database
from service.core.errors import Refusal
from service.core.mail import MailFailed, MailRefused, SmtpMailer
from service.core.migrations import is_current
from service.core.outbox import Task, TaskState
from service.core.selfcheck import UnsafeDatabase, check_database, one_process_only
from service.operations.starting import UNDER_WAY, is_loopback, is_restoring, warning_of
from service.operations.swap import swap_of
from service.operations.trouble import ended, reason_of
from service.operations.variables import unknown_variables
from service.settings import Settings
from service.worker.post import open_mailer

FOLDER_ADVICE = "Let the account that runs Exhibit write there, and see to room on the disk."
S3_ADVICE = (
    "Look at the address (EXHIBIT_BLOBS__URL, EXHIBIT_BLOBS__S3_ENDPOINT, "
    "EXHIBIT_BLOBS__S3_REGION) and at the keys (EXHIBIT_BLOBS__S3_ACCESS_KEY, "
    "EXHIBIT_BLOBS__S3_SECRET_KEY): they must be allowed to read, write and delete there."
)
MAIL_ADVICE = (
    "Look at the server (EXHIBIT_MAIL__HOST, EXHIBIT_MAIL__PORT, EXHIBIT_MAIL__SECURITY) and at "
    "the account on it (EXHIBIT_MAIL__USER, EXHIBIT_MAIL__PASSWORD)."
)


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
    yield from _settings(settings)
    with ExitStack() as opened:
        database = Database(settings.database, connections=1)
        opened.callback(database.dispose)
        yield from _check_database(settings, database)
    yield _look("files", lambda: _files(settings))
    yield _look("mail", lambda: _mail(settings))


def _check_database(settings: Settings, database: Database) -> Iterator[Finding]:
    found = _look("database", lambda: _database(settings, database))
    yield found
    if found.is_well:
        found = _look("migrations", lambda: _migrations(database))
        yield found
    if found.is_well:
        yield _look("chain", lambda: _chain(database))
        yield _look("work", lambda: _work(settings, database))


def _look(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, is_well=True, words=look())
    except (Wrong, UnsafeDatabase, Refusal, ValueError) as error:
        return Finding(subject, is_well=False, words=str(error))
    except SQLAlchemyError as error:
        words = f"The database cannot be reached: {reason_of(error)}. See EXHIBIT_DATABASE_URL."
        return Finding(subject, is_well=False, words=words)
    except OSError as error:
        words = f"{error.filename or ''} {error.strerror or error}. Mend the rights of the folder."
        return Finding(subject, is_well=False, words=words.strip())


def _settings(settings: Settings) -> Iterator[Finding]:
    """All that is wrong with them, each by itself."""
    wrong = list(_wrong_settings(settings))
    for words in wrong:
        yield Finding("settings", is_well=False, words=words)
    if not wrong:
        words = f"address {settings.site}, data in {settings.data_dir}"
        yield Finding("settings", is_well=True, words=words)


def _wrong_settings(settings: Settings) -> Iterator[str]:
    yield from unknown_variables()
    if warning := warning_of(settings):
        yield warning.removeprefix("warning: ")
    if settings.company.logo and not Path(settings.company.logo).is_file():
        yield f"The logo {settings.company.logo} is not there. See EXHIBIT_COMPANY__LOGO."
    if not is_loopback(settings.host) and not settings.company.privacy_contact:
        yield "Candidates cannot tell whom to ask: set EXHIBIT_COMPANY__PRIVACY_CONTACT."


def _database(settings: Settings, database: Database) -> str:
    swap = swap_of(settings)
    if is_restoring(settings):
        raise Wrong(UNDER_WAY)
    if swap and swap.is_pending:
        raise Wrong("A restore was cut off: `exhibit migrate` or `exhibit run` ends or undoes it.")
    if swap and not swap.database.exists():
        raise Wrong(
            f"{swap.database} is not there yet: `exhibit run` makes it and runs, `exhibit migrate` "
            "only makes it."
        )
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


def _work(settings: Settings, database: Database) -> str:
    with database.read() as session:
        states = dict(session.exec(select(Task.state, func.count()).group_by(Task.state)).all())
    given_up = states.get(TaskState.GIVEN_UP, 0)
    if given_up:
        count = counted(given_up, "piece")
        page = f"{settings.site}/desk/outbox"
        raise Wrong(
            f"{count} of work given up: look at {page} and start again what should be done."
        )
    return f"{counted(states.get(TaskState.WAITING, 0), 'piece')} of work to do"


def _files(settings: Settings) -> str:
    if not settings.blobs.url and not settings.data_dir.exists():
        return f"the folder {settings.data_dir} is made at the first start"
    try:
        blobs = open_blobs(settings)
        blobs.check()
    except StoreUnusable as error:
        raise Wrong(f"{error} {S3_ADVICE if settings.blobs.url else FOLDER_ADVICE}") from error
    return f"{blobs.place} can be written and read"


def _mail(settings: Settings) -> str:
    mailer = open_mailer(settings)
    if not isinstance(mailer, SmtpMailer):
        return f"no server is set: letters are written to {settings.data_dir / 'mail'}"
    try:
        mailer.check()
    except (MailFailed, MailRefused) as error:
        words = ended(str(error))
        raise Wrong(f"{words[0].upper()}{words[1:]} {MAIL_ADVICE}") from error
    takes = "our sign-in" if settings.mail.user else "letters without a sign-in"
    return f"{settings.mail.host} takes {takes}"
