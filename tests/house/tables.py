"""The tables in the documentation, made from the code they speak of."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer.main
from pydantic import SecretStr
from pydantic.fields import FieldInfo

import service
from service.cli import app
from service.core.errors import Refusal
from service.doors.refusals import status_for
from service.settings import variables

DOCS = Path(__file__).parents[2] / "docs"


def settings_table() -> list[str]:
    """One row for each setting: its variable, its default, what it is for."""
    rows = ["| variable | default | what it is for |", "|---|---|---|"]
    for name, field in variables():
        rows.append(f"| `{name}` | {_default(field)} | {field.description} |")
    return rows


def errors_table() -> list[str]:
    """One row for each way to be refused."""
    rows = ["| code | status | said |", "|---|---|---|"]
    for module in pkgutil.walk_packages(service.__path__, "service."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    kinds = sorted(set(_below(Refusal)), key=lambda kind: (kind.code, kind.__qualname__))
    said: dict[str, str] = {}
    for kind in kinds:
        status = status_for(kind)
        said.setdefault(kind.code, f"| `{kind.code}` | {status} | {kind.message} |")
    return rows + list(said.values())


def commands_table() -> list[str]:
    """One row for each command."""
    rows = ["| command | what it does |", "|---|---|"]
    for name, command in _commands(typer.main.get_command(app), "exhibit"):
        rows.append(f"| `{name}` | {' '.join((command.help or '').split())} |")
    return rows


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "empty" if value in ("", None, []) else f"`{value}`"


def _below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for key, child in command.commands.items():
            yield from _commands(child, f"{name} {key}")
    else:
        yield name, command


PAGES = {
    "settings.md": settings_table,
    "errors.md": errors_table,
    "commands.md": commands_table,
}


def rewrite() -> None:
    """Put the tables of today into the pages: `python -m tests.house.tables`."""
    for page, table in PAGES.items():
        path = DOCS / page
        lines = path.read_text().splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("| "))
        rest = next(
            (i for i in range(first, len(lines)) if not lines[i].startswith("|")), len(lines)
        )
        path.write_text("\n".join([*lines[:first], *table(), *lines[rest:]]) + "\n")


if __name__ == "__main__":
    rewrite()
