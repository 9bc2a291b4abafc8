"""`run`, `serve`, `worker`, `migrate`: what stays until told to stop, and what comes before."""

from collections.abc import Generator
from contextlib import contextmanager
from socket import socket
from typing import Annotated

import typer

from service.cli.telling import plainly, say, settings_and_logs
from service.core.selfcheck import one_process_only
from service.demo import DemoAccess, install_demo
from service.doors.tools import Tools
from service.operations import people
from service.operations.starting import (
    bring_up_to_date,
    is_loopback,
    migrated,
    opened,
    running,
    warning_of,
)
from service.operations.trouble import Trouble
from service.server import (
    Ending,
    ending_calmly,
    listen,
    serve_here,
    serve_in_processes,
    work_here,
    working,
)
from service.settings import Settings

WORKER_CONNECTIONS = 4


@plainly
def run() -> None:
    """Migrate, then run the server and the worker until Ctrl-C."""
    with (
        ending_calmly() as ending,
        listening() as (settings, listener),
        opened(settings) as tools,
        running(settings, tools.database, say),
    ):
        ending.look()
        bring_up_to_date(tools.database, say)
        ending.look()
        introduce(tools, bring_demo(tools))
        ending.look()
        with working(tools):
            serve_here(tools, listener, ending)


@contextmanager
def listening() -> Generator[tuple[Settings, socket]]:
    """The settings, with the port that we got, and a socket that listens there."""
    settings = settings_and_logs()
    if warning := warning_of(settings):
        say(warning)
    with listen(settings) as listener:
        yield settings.model_copy(update={"port": listener.getsockname()[1]}), listener


def bring_demo(tools: Tools) -> DemoAccess | None:
    """Into an empty database that only this machine can reach."""
    if not is_loopback(tools.settings.host) or not people.is_empty(tools):
        return None
    return install_demo(tools.database, tools.blobs)


def introduce(tools: Tools, demo: DemoAccess | None) -> None:
    """Where it is, and how to get in."""
    say(f"address: {tools.settings.site}")
    entry = people.renew_console_token(tools)
    if entry is None:
        say("sign-in: nobody works here yet; run `exhibit init`")
        say("token: none")
        return
    email, text = entry
    if demo:
        say(f"sign-in: {email} with the password {demo.password}")
        others = ", ".join((demo.recruiter, *demo.reviewers))
        say(f"demo: the same password for {others}; `exhibit demo --remove` takes it away")
    else:
        say(f"sign-in: {email} (password forgotten: `exhibit user reset {email}`)")
    say(f"token: {text}")


@plainly
def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Do the worker's work in this process, too.")
    ] = False,
) -> None:
    """Run the server only; `exhibit worker` does the work that follows."""
    with (
        ending_calmly() as ending,
        listening() as (settings, listener),
        migrated(settings) as tools,
        running(settings, tools.database, say),
    ):
        ending.look()
        say(f"address: {settings.site}")
        if workers > 1:
            refuse_several(tools, with_worker=with_worker)
            tools.database.dispose()  # a connection must not pass into another process
            serve_in_processes(settings, listener, workers, ending)
        else:
            serve_in_one(tools, listener, ending, with_worker=with_worker)


def refuse_several(tools: Tools, *, with_worker: bool) -> None:
    """Several server processes are for PostgreSQL, and the worker is none of them."""
    if reason := one_process_only(tools.database):
        raise Trouble(reason)
    if with_worker:
        raise Trouble("--with-worker is for one server process: run `exhibit worker` beside more.")


def serve_in_one(tools: Tools, listener: socket, ending: Ending, *, with_worker: bool) -> None:
    """With the worker where it is wished, or where there can be no other process."""
    if with_worker or one_process_only(tools.database):
        say("the worker runs in this process too")
        with working(tools):
            serve_here(tools, listener, ending)
    else:
        serve_here(tools, listener, ending)


@plainly
def worker() -> None:
    """Send mail, chain the history and do nightly work, until Ctrl-C."""
    with ending_calmly() as ending:
        settings = with_few_connections(settings_and_logs())
        with migrated(settings) as tools, running(settings, tools.database, say):
            work_here(tools, ending)


def with_few_connections(settings: Settings) -> Settings:
    """A worker does one thing at a time; what it leaves is for the servers."""
    few = min(settings.database_connections, WORKER_CONNECTIONS)
    return settings.model_copy(update={"database_connections": few})


@plainly
def migrate() -> None:
    """Bring the tables to this version; a SQLite file is copied first."""
    settings = settings_and_logs()
    with opened(settings) as tools:
        bring_up_to_date(tools.database, say)
        say("the database is at the newest migration")
