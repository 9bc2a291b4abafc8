"""Lists at the door: what is asked in a query, and a page with the way to the next one.

A walk through a list ends with a `sync` cursor. It leads back to where the walk began, not to where
it ended: what changed on the way is told again, and nothing is missed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, WithJsonSchema
from pydantic_core import PydanticCustomError
from sqlmodel import Session

from service.core.changes import Since as Point
from service.core.changes import sync_point
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
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "string", "pattern": f"^{_CURSOR.pattern}$", "maxLength": LONGEST_CURSOR},
            ],
            "description": "An RFC 3339 time, or the `sync` cursor of a last page.",
        }
    ),
]


class ListQuery(BaseModel):
    """What every list takes; a list with filters adds its own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Limit = USUAL
    cursor: str | None = Field(default=None, max_length=LONGEST_CURSOR)
    updated_since: Since | None = None


class Tombstone(BaseModel):
    """It is gone for the caller: out of sight, or no longer what was asked for."""

    id: UUID
    deleted: Literal[True] = True


class PageOut(BaseModel, Generic[Out]):
    """A page of a list. `sync` comes with the last one, for the next `updated_since`."""

    items: list[SerializeAsAny[Out | Tombstone]]
    next_cursor: str | None = None
    sync: str | None = None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """For the OpenAPI document: `UserPage` for users."""
        first, *_others = get_args(params[0]) or params
        return f"{first.__name__.removesuffix('Out')}Page"


@dataclass(frozen=True)
class Asked:
    """A list as one caller asked for it: which part, since when, and how it is answered."""

    visit: Visit
    question: str
    slice: Slice
    since: Point | None
    sync: str

    def next_cursor(self, page: Page[Row]) -> str | None:
        if page.next is None:
            return None
        return encode_cursor(self.visit.tools.key, self.question, (*page.next, self.sync))

    def answer(self, page: Page[Row], show: Callable[[Row], Out]) -> Response:
        """The page as JSON, with a Link to the next one."""
        cursor = self.next_cursor(page)
        out = PageOut[Any].model_construct(  # each item is written as what it is
            items=[*map(show, page.items), *(Tombstone(id=id) for id in page.gone)],
            next_cursor=cursor,
            sync=None if cursor else self.sync,
        )
        return self.visit.answer(out, headers=link_to(self.visit, cursor))


def link_to(visit: Visit, cursor: str | None) -> dict[str, str] | None:
    """The header that names the next page, if there is one."""
    if cursor is None:
        return None
    asked = visit.request.query_params.multi_items()
    kept = [(name, value) for name, value in asked if name != "cursor"]
    query = urlencode([*kept, ("cursor", cursor)])
    return {"Link": f'<{visit.request.url.path}?{query}>; rel="next"'}


def ask(
    visit: Visit,
    session: Session,
    me: Actor,
    query: ListQuery,
    *,
    start: Callable[[Session], Place] = sync_point,
) -> Asked:
    """Read the cursors of a query. `start` says where a walk that begins now begins.

    Raises BadCursor.
    """
    key, question = visit.tools.key, question_of(visit, me, query, "cursor", "limit")
    sync_question = question_of(visit, me, query, "cursor", "limit", "updated_since")
    since: Point | None
    if isinstance(query.updated_since, str):
        since = decode_cursor(key, sync_question, query.updated_since)
    else:
        since = query.updated_since
    if query.cursor is None:
        sync = encode_cursor(key, sync_question, start(session))
        return Asked(visit, question, Slice(query.limit), since, sync)
    *after, first_sync = decode_cursor(key, question, query.cursor)
    return Asked(visit, question, Slice(query.limit, tuple(after)), since, str(first_sync))


def question_of(visit: Visit, me: Actor, query: ListQuery, *without: str) -> str:
    """Who asks what: another caller's cursor, or one of another list or filter, leads nowhere.

    Roles and scopes belong to it: they change what one may see, and a walk begins again.
    """
    asked = query.model_dump_json(exclude=set(without))
    rights = ",".join([*sorted(me.roles), *sorted(me.scopes)])
    return f"{me.kind} {me.id} {rights} {visit.request.url.path} {asked}"
