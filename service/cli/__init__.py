"""The command line `exhibit`: run it, look after it, let people in."""

import logging
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from service.cli.care import backup, check, demo, init, migrate_to, restore
from service.cli.people import token, user
from service.cli.running import migrate, run, serve, worker
from service.operations.trouble import Trouble
from service.server import CannotServe

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (run, init, serve, worker, migrate, migrate_to, demo, backup, restore, check):
    app.command()(command)
app.add_typer(user, name="user")
app.add_typer(token, name="token")


def show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"exhibit {version('exhibit')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=show_version, help="Say it, and end."),
    ] = False,
) -> None:
    """Exhibit: hiring by evidence."""


def main() -> None:
    """Run one command; what cannot be done is said in one sentence."""
    try:
        app()
    except (Trouble, CannotServe) as trouble:
        stop(str(trouble))
    except Exception as error:
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            raise
        stop(
            f"an error nobody foresaw ({type(error).__name__}). "
            "Repeat with EXHIBIT_LOG_LEVEL=debug to see where."
        )


def stop(words: str) -> None:
    typer.echo(f"exhibit: {words}", err=True)
    sys.exit(1)
