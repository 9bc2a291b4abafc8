"""The command line `exhibit`: run it, look after it, let people in."""

import logging
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from service.core import logs
from service.core.clock import utc_now
from service.core.selfcheck import one_process_only
from service.domain.accounts.tables import Role, Scope
from service.doors.tools import Tools
from service.operations import people
from service.operations.backup import back_up
from service.operations.checks import check_all
from service.operations.restore import restore as put_back
from service.operations.starting import (
    bring_up_to_date,
    migrated,
    nothing_running,
    opened,
    read_settings,
    running,
    warning_of,
)
from service.operations.trouble import Trouble, in_plain_words
from service.server import (
    CannotServe,
    ending_calmly,
    listen,
    serve_here,
    serve_in_processes,
    work_here,
    working,
)
from service.settings import Settings

app = typer.Typer(
    help="Exhibit: hiring by evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
user = typer.Typer(help="People who work here.", no_args_is_help=True)
token = typer.Typer(help="Tokens for programs.", no_args_is_help=True)
app.add_typer(user, name="user")
app.add_typer(token, name="token")

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
Password = Annotated[str, typer.Option(help="Left out: a random one is made and shown.")]
P = ParamSpec("P")


def main() -> None:
    """Run one command; what cannot be done is said in one sentence."""
    try:
        app()
    except (Trouble, CannotServe) as trouble:
        print(f"exhibit: {trouble}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            raise
        print(
            f"exhibit: an error nobody foresaw ({type(error).__name__}). "
            "Repeat with EXHIBIT_LOG_LEVEL=debug to see where.",
            file=sys.stderr,
        )
        sys.exit(1)


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """What a command meets, as Trouble."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        with in_plain_words():
            command(*args, **kwargs)

    return told


def say(line: str) -> None:
    print(line, flush=True)


def settings_and_logs() -> Settings:
    settings = read_settings()
    logs.configure(settings.log_level)
    for name in ("alembic", "uvicorn.error"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    return settings


# Running


@app.command()
@plainly
def run() -> None:
    """Migrate, then run the server and the worker until Ctrl-C."""
    settings = settings_and_logs()
    if warning := warning_of(settings):
        say(warning)
    with ending_calmly(), listen(settings) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        with opened(settings) as tools, running(settings, tools.database, say):
            bring_up_to_date(tools.database, say)
            introduce(tools)
            with working(tools):
                serve_here(tools, listener)


def introduce(tools: Tools) -> None:
    """Where it is, and how to get in."""
    say(f"address: {tools.settings.site}")
    entry = people.renew_console_token(tools)
    if entry is None:
        say("sign-in: nobody works here yet; run `exhibit init`")
        say("token: none")
        return
    email, text = entry
    say(f"sign-in: {email} (password forgotten: `exhibit user reset {email}`)")
    say(f"token: {text}")


@app.command()
@plainly
def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
) -> None:
    """Run the server only; `exhibit worker` does the work that follows."""
    settings = settings_and_logs()
    if warning := warning_of(settings):
        say(warning)
    with ending_calmly(), listen(settings) as listener, migrated(settings) as tools:
        reason = one_process_only(tools.database)
        if reason and workers > 1:
            raise Trouble(reason)
        with running(settings, tools.database, say):
            if workers > 1:
                tools.database.dispose()  # a connection must not pass into another process
                serve_in_processes(settings, listener, workers)
            elif reason:  # there is no other process that could
                say("the worker runs in this process too")
                with working(tools):
                    serve_here(tools, listener)
            else:
                serve_here(tools, listener)


@app.command()
@plainly
def worker() -> None:
    """Send mail, chain the history and do nightly work, until Ctrl-C."""
    settings = settings_and_logs()
    with ending_calmly(), migrated(settings) as tools, running(settings, tools.database, say):
        work_here(tools)


@app.command()
@plainly
def migrate() -> None:
    """Bring the tables to this version; a SQLite file is copied first."""
    settings = settings_and_logs()
    with opened(settings) as tools:
        bring_up_to_date(tools.database, say)
        say("the database is at the newest migration")


# Beginning


@app.command()
@plainly
def init(
    name: Annotated[str, typer.Option(prompt="Your name", help="The admin's name.")],
    email: Annotated[str, typer.Option(prompt="Your e-mail address", help="To sign in with.")],
    password: Annotated[
        str, typer.Option(prompt="A password", hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """Begin with an empty database: make the tables and the first admin."""
    settings = settings_and_logs()
    with opened(settings) as tools:
        bring_up_to_date(tools.database, say)
        if not people.is_empty(tools):
            raise Trouble("Somebody works here already: use `exhibit user add`.")
        people.add_user(tools, name=name, email=email, roles=[Role.ADMIN], password=password)
        say(f"{email} may sign in; now `exhibit run`")


# People and tokens


@user.command("add")
@plainly
def user_add(
    email: Email,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    password: Password = "",
) -> None:
    """Give somebody an account."""
    chosen = password or people.new_password()
    with migrated(settings_and_logs()) as tools:
        people.add_user(tools, name=name, email=email, roles=role, password=chosen)
    say(f"{email} may sign in" + ("" if password else f" with the password {chosen}"))


@user.command("reset")
@plainly
def user_reset(email: Email, password: Password = "") -> None:
    """Give somebody a new password and end all their sessions."""
    chosen = password or people.new_password()
    with migrated(settings_and_logs()) as tools:
        people.reset_user(tools, email, chosen)
    say(f"{email} has a new password" + ("" if password else f": {chosen}"))


@user.command("deactivate")
@plainly
def user_deactivate(email: Email) -> None:
    """Close an account: sessions and tokens end at once, what was written stays."""
    with migrated(settings_and_logs()) as tools:
        people.close_user(tools, email)
    say(f"{email} may no longer sign in")


@token.command("issue")
@plainly
def token_issue(
    email: Email,
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    scope: Annotated[list[Scope] | None, typer.Option(help="May be given several times.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Valid for so long.")] = 90,
) -> None:
    """Show a new token, once. Without --scope it may read and write."""
    expires_at = utc_now() + timedelta(days=days)
    scopes = scope or [Scope.READ, Scope.WRITE]
    with migrated(settings_and_logs()) as tools:
        text = people.add_token(tools, email, name=name, scopes=scopes, expires_at=expires_at)
    say(text)


@token.command("revoke")
@plainly
def token_revoke(
    prefix: Annotated[str, typer.Argument(help="How it begins, as lists of tokens show it.")],
) -> None:
    """End a token."""
    with migrated(settings_and_logs()) as tools:
        count = people.close_token(tools, prefix)
    say(f"revoked: {count}")


# Looking after it


@app.command()
@plainly
def backup(file: Annotated[Path, typer.Argument(help="The archive to write.")]) -> None:
    """Write database, files and key into one archive, while the service runs (SQLite)."""
    with migrated(settings_and_logs()) as tools:
        count = back_up(tools, file)
    say(f"{file}: {count} files; it holds all personal data and the secret key")


@app.command()
@plainly
def restore(
    file: Annotated[Path, typer.Argument(help="An archive from `exhibit backup`.")],
    force: Annotated[bool, typer.Option(help="Replace what is there.")] = False,
) -> None:
    """Put an archive back, each file verified (SQLite; stop the service first)."""
    settings = settings_and_logs()
    with nothing_running(settings), opened(settings) as tools:
        tools.database.dispose()
        count = put_back(tools, file, force=force)
    say(f"restored {count} files; now `exhibit run`")


@app.command()
@plainly
def check() -> None:
    """Look at everything an installation needs, and say how to mend what is wrong."""
    findings = list(check_all(settings_and_logs()))
    for finding in findings:
        say(f"{'ok' if finding.is_well else 'wrong'}: {finding.subject}: {finding.words}")
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)
