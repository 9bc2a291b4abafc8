"""`init`, `demo`, `backup`, `restore`, `migrate-to`, `check`: begin, keep safe, look after."""

from pathlib import Path
from typing import Annotated

import typer

from service.app import open_blobs
from service.cli.telling import plainly, say, settings_and_logs
from service.core.counting import counted
from service.demo import DemoRemoval, install_demo, remove_demo
from service.domain.accounts.tables import Role
from service.operations import people
from service.operations.backup import back_up
from service.operations.checks import check_all
from service.operations.migrate_to import copy_files
from service.operations.migrate_to import migrate_to as carry_to
from service.operations.restore import restore as put_back
from service.operations.starting import alone, bring_up_to_date, migrated, opened
from service.operations.trouble import Trouble


@plainly
def init(
    name: Annotated[str, typer.Option(prompt="Your name", help="The admin's name.")],
    email: Annotated[str, typer.Option(prompt="Your e-mail address", help="To sign in with.")],
    password: Annotated[
        str, typer.Option(prompt="A password", hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """Begin where nobody works: make the tables and the first admin."""
    settings = settings_and_logs()
    admin = people.account(name=name, email=email, roles=[Role.ADMIN], password=password)
    with opened(settings) as tools:
        bring_up_to_date(tools.database, say)
        if not people.is_empty(tools):
            raise Trouble("Somebody works here already: use `exhibit user add`.")
        people.add_user(tools, admin)
        say(f"{email} may sign in; now `exhibit run`")


@plainly
def demo(
    remove: Annotated[bool, typer.Option("--remove", help="Take it away again.")] = False,
) -> None:
    """Bring invented people, a job and submissions into an empty database, or remove them."""
    with migrated(settings_and_logs()) as tools:
        if remove:
            tell_of(remove_demo(tools.database))
            if people.is_empty(tools):
                say("next: `exhibit init` makes the first admin")
            return
        access = install_demo(tools.database, tools.blobs)
    if access is None:
        raise Trouble("The demo goes into an empty database only.")
    everybody = ", ".join((access.admin, access.recruiter, *access.reviewers))
    say(f"sign-in: {everybody}, each with the password {access.password}")


def tell_of(gone: DemoRemoval) -> None:
    parts = {"job": gone.jobs, "submission": gone.submissions, "user": gone.users}
    say("removed: " + ", ".join(counted(number, noun) for noun, number in parts.items()))
    for words in gone.kept:
        say(f"kept: {words}")


@plainly
def backup(file: Annotated[Path, typer.Argument(help="The archive to write.")]) -> None:
    """Write database, files and key into one archive, while the service runs (SQLite)."""
    with migrated(settings_and_logs()) as tools:
        count = back_up(tools, file)
    say(f"{file}: {counted(count, 'file')}; it holds all personal data and the secret key")


@plainly
def restore(
    file: Annotated[Path, typer.Argument(help="An archive from `exhibit backup`.")],
    force: Annotated[bool, typer.Option(help="Replace what is there.")] = False,
) -> None:
    """Put an archive back, each file verified (SQLite; stop the service first)."""
    settings = settings_and_logs()
    with alone(settings) as tools:
        count = put_back(tools, file, force=force)
    say(f"restored {counted(count, 'file')}; now `exhibit run`")


@plainly
def migrate_to(
    url: Annotated[str, typer.Argument(help="postgresql://user:password@host/name, empty.")],
    blobs_to: Annotated[
        str,
        typer.Option(help="Copy the files too: s3://bucket/prefix, with the keys in EXHIBIT_…."),
    ] = "",
) -> None:
    """Take a SQLite installation to an empty PostgreSQL, every row verified (stop it first)."""
    settings = settings_and_logs()
    with alone(settings) as tools:
        if blobs_to:
            store = open_blobs(settings.with_blobs_at(blobs_to))
            copied = copy_files(tools, store)
            say(f"copied {counted(copied.count, 'file')} to {blobs_to}")
            if copied.missing:
                say(f"warning: {counted(copied.missing, 'file')} had no bytes in the old store")
        say(f"carried {counted(carry_to(tools, url), 'row')}; the SQLite file stays as it was")
    say(f"next: set EXHIBIT_DATABASE_URL{' and EXHIBIT_BLOBS__URL' if blobs_to else ''}")
    say("keep the data folder (in it is the secret key), and look with `exhibit check`")


@plainly
def check() -> None:
    """Look at everything an installation needs, and say how to mend what is wrong."""
    findings = list(check_all(settings_and_logs()))
    for finding in findings:
        say(f"{'ok' if finding.is_well else 'wrong'}: {finding.subject}: {finding.words}")
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)
