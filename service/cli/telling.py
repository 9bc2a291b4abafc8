"""How a command speaks: plain lines, one sentence for what went wrong, JSON only in the log."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

from service.core import logs
from service.operations.trouble import in_plain_words
from service.operations.variables import read_settings
from service.settings import Settings

P = ParamSpec("P")


def say(line: str) -> None:
    typer.echo(line)


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """What a command meets, as Trouble."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        with in_plain_words():
            command(*args, **kwargs)

    return told


def settings_and_logs() -> Settings:
    """Raises Trouble."""
    settings = read_settings()
    logs.configure(settings.log_level)
    for name in ("alembic", "uvicorn.error"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    return settings
