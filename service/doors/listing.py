"""Lists at the door: what is asked in a query, and a page with the way to the next one.

A walk through a list ends with a `sync` cursor. It leads back to where the walk began, not to where
it ended: what changed on the way is told again, and nothing is missed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.core.clock import utc_now
from service.core.moments import parse_moment
from service.core.paging import (
    MOST,
    USUAL,
    Page,
    Place,
    Slice,
    decode_cursor,
    encode_cursor,
)
from service.domain.accounts.actor import Actor
from service.doors.visit import Visit

Row = TypeVar("Row")
Out = TypeVar("Out", bound=BaseModel)

LONGEST_CURSOR = 6_000
# Longer than any transaction: a change stamped with a time before it was committed is not missed.
LATE_COMMITS = timedelta(minutes=2)

_NUMBER = re.compile(r"[0-9]{1,3}")
_CURSOR = re.compile(r"[A-Za-z0-9_-]+")


def _limit(value: object) -> int:
    number = int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
    if type(number) is int and 1 <= number <= MOST:
        return number
    raise PydanticCustomError(
        "limit_invalid", "Enter a whole number from 1 to {most}.", {"most": MOST}
    )


def _since(value: object) -> datetime | str:
    if isinstance(value, str) and len(value) <= LONGEST_CURSOR and _CURSOR.fullmatch(value):
        return value
    return parse_moment(value)


Limit = Annotated[
    int,
    BeforeValidator(_limit),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}),
]
Since = Annotated[
    datetime | str,
    BeforeValidator(_since),
    WithJsonSchema(
        {"type": "string", "description": "An RFC 3339 time, or the `sync` cursor of a last page."}
    ),
]


class ListQuery(BaseModel):
    """What every list takes; a list with filters adds its own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Limit = USUAL
    cursor: str | None = Field(default=None, max_length=LONGEST_CURSOR)
    updated_since: Since | None = None


class PageOut(BaseModel, Generic[Out]):
    """A page of a list. `sync` comes with the last one."""

    items: list[SerializeAsAny[Out]]
    next_cursor: str | None = None
    sync: str | None = None


@dataclass(frozen=True)
class Asked:
    """A list as one caller asked for it: which part, since when, and how it is answered."""

    visit: Visit
    question: str
    slice: Slice
    since: datetime | Place | None
    sync: str

    @property
    def updated_since(self) -> datetime | None:
        """For lists that go by the clock."""
        if isinstance(self.since, tuple):
            return datetime.fromisoformat(str(self.since[0]))
        return self.since

    def next_cursor(self, page: Page[Row]) -> str | None:
        if page.next is None:
            return None
        return encode_cursor(self.visit.tools.key, self.question, (*page.next, self.sync))

    def answer(self, page: Page[Row], show: Callable[[Row], Out]) -> Response:
        """The page as JSON, with a Link to the next one."""
        cursor = self.next_cursor(page)
        out = PageOut[Any].model_construct(  # each item is written as what it is
            items=[show(row) for row in page.items],
            next_cursor=cursor,
            sync=None if cursor else self.sync,
        )
        headers = {"Link": f'<{self._url(cursor)}>; rel="next"'} if cursor else None
        return self.visit.answer(out, headers=headers)

    def _url(self, cursor: str) -> str:
        asked = self.visit.request.query_params.multi_items()
        kept = [(name, value) for name, value in asked if name != "cursor"]
        return f"{self.visit.request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"


def ask(
    visit: Visit, me: Actor, query: ListQuery, *, start: Callable[[], Place] | None = None
) -> Asked:
    """Read the cursors of a query. `start` says where a walk that begins now begins.

    Raises BadCursor.
    """
    key, question = visit.tools.key, _question(visit, me, query, "cursor", "limit")
    sync_question = _question(visit, me, query, "cursor", "limit", "updated_since")
    since: datetime | Place | None
    if isinstance(query.updated_since, str):
        since = decode_cursor(key, sync_question, query.updated_since)
    else:
        since = query.updated_since
    if query.cursor is None:
        sync = encode_cursor(key, sync_question, (start or _now)())
        return Asked(visit, question, Slice(query.limit), since, sync)
    *after, first_sync = decode_cursor(key, question, query.cursor)
    return Asked(visit, question, Slice(query.limit, tuple(after)), since, str(first_sync))


def _now() -> Place:
    return ((utc_now() - LATE_COMMITS).isoformat(),)


def _question(visit: Visit, me: Actor, query: ListQuery, *without: str) -> str:
    """Who asks what: another caller's cursor, or one of another list or filter, leads nowhere.

    The roles belong to it: when they change, so does what one may see, and a walk begins again.
    """
    asked = query.model_dump_json(exclude=set(without))
    roles = ",".join(sorted(me.roles))
    return f"{me.kind} {me.id} {roles} {visit.request.url.path} {asked}"
