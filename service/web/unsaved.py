"""What was typed into a scorecard and cannot be saved: to be read and copied.

It is told from the form alone, so it says nothing that who typed it did not send.
"""

from service.web.render import words
from service.web.typed import Typed

UNSHOWN = {"revision", "rubric"}


def unsaved_words(typed: Typed) -> list[tuple[str, str]]:
    """Each field that holds something: what it is called, and what was typed or chosen."""
    return [
        (_label(name), "\n".join(_said(name, value) for value in values))
        for name, values in typed.fields.items()
        if name not in UNSHOWN and any(value.strip() for value in values)
    ]


def _label(name: str) -> str:
    """`rating-depth-quote` → `Depth: quote`."""
    key, _dash, what = name.removeprefix("rating-").rpartition("-")
    what = "rests on" if what == "cites" else what
    return f"{words(key)}: {what}" if key else words(what)


def _said(name: str, value: str) -> str:
    if name.endswith("-level"):
        return "Not shown" if value == "none" else value
    if name.endswith("-cites"):
        return f"Exhibit {value}" if value.isdecimal() else words(value)
    return words(value) if name in {"recommendation", "confidence"} else value
