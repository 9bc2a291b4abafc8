"""The table of all events for docs/events.md: `python -m tests.events_table` writes it anew."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import service
from service.core.outbox import Event

PAGE = Path(__file__).parents[1] / "docs" / "events.md"

HEAD = "| event | when | fields |\n|---|---|---|\n"


def every_event() -> list[type[Event]]:
    """All kinds of events that there are, by name."""
    for module in pkgutil.walk_packages(service.__path__, "service."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = [kind for kind in Event.__subclasses__() if kind.__module__.startswith("service.")]
    return sorted(ours, key=lambda kind: kind.name)


def write_page() -> str:
    """The page's own words, and the table as the code has it."""
    words, _, _ = PAGE.read_text(encoding="utf-8").partition(HEAD)
    return words + HEAD + "".join(_line(kind) for kind in every_event())


def _line(kind: type[Event]) -> str:
    when = (inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0]).replace("\n", " ")
    fields = ", ".join(f"`{name}`" for name in kind.model_fields)
    return f"| `{kind.name}` | {when} | {fields} |\n"


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
