"""Points in time and days as text: RFC 3339 times with an offset, ISO 8601 days, nothing else."""

import re
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_moment(text: object) -> datetime:
    """An aware time in UTC. Raises PydanticCustomError (a ValueError)."""
    if isinstance(text, datetime) and text.tzinfo:
        return text.astimezone(UTC)
    if isinstance(text, str) and _MOMENT.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            moment = datetime.min.replace(tzinfo=UTC)
        if MINYEAR < moment.year < MAXYEAR:  # so that it can be shown in every time zone
            return moment
    raise PydanticCustomError("time_invalid", "Enter a time as 2026-03-01T09:00:00Z.")


def parse_day(text: object) -> date:
    """A day. Raises PydanticCustomError (a ValueError)."""
    if isinstance(text, date) and not isinstance(text, datetime):
        return text
    if isinstance(text, str) and _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise PydanticCustomError("day_invalid", "Enter a day as 2026-03-01.")


Moment = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Day = Annotated[
    date,
    BeforeValidator(parse_day),
    WithJsonSchema({"type": "string", "format": "date"}),
]
