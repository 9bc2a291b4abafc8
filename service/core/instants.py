"""A moment as a program sends it: RFC 3339 with an offset, read into aware UTC."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

# Pydantic's own reading also takes seconds since 1970, and guesses milliseconds.
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def read_instant(value: object) -> datetime:
    """Raises PydanticCustomError (a ValueError) for anything but RFC 3339 or an aware datetime."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str) and _RFC_3339.fullmatch(value):
        moment = _parsed(value)
    else:
        raise _refusal()
    if moment.tzinfo is None:
        raise _refusal()
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise _refusal() from None


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise _refusal() from None


def _refusal() -> PydanticCustomError:
    return PydanticCustomError(
        "instant_invalid", "Give a time with its offset, like 2026-03-01T12:00:00Z."
    )


Instant = Annotated[
    datetime,
    BeforeValidator(read_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
