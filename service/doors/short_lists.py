"""Lists that belong to one submission: a few rows, told as the difference to what was told before.

Their `sync` cursor holds what this client was told: the id of every row, and a mark of how it read.
So whatever was changed, opened or sealed again meanwhile, an answer follows from what the client
knows and from what it may see now, and can tell nothing else. A plain time says nothing of what a
client knows: it gets all rows.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel

from service.core.paging import Page, Place, Slice, decode_cursor, encode_cursor, fill
from service.domain.accounts.actor import Actor
from service.doors.listing import ListQuery, PageOut, Tombstone, link_to, question_of
from service.doors.visit import Visit

# Two cursors that hold as many fit into one URL. A longer list has no `sync` and is read whole.
MOST_TOLD = 90
ID_BYTES, MARK_BYTES = 16, 6
GONE_MARK = bytes(MARK_BYTES)

Told = dict[UUID, bytes]


class Listed(Protocol):
    """What an item of such a list has."""

    @property
    def id(self) -> UUID: ...

    def model_dump_json(self) -> str: ...


Item = TypeVar("Item", bound=Listed)


def by_id(item: Listed) -> Place:
    return (str(item.id),)


def answer_few(
    visit: Visit,
    me: Actor,
    query: ListQuery,
    items: Sequence[Item],
    *,
    place: Callable[[Item], Place] = by_id,
    make: Callable[..., BaseModel] = PageOut[Any].model_construct,
    etag: int | None = None,
) -> Response:
    """A page of what the caller may see now. The items come in the order of `place`, which never
    changes. Raises BadCursor.
    """
    key, question = visit.tools.key, question_of(visit, me, query, "cursor", "limit")
    sync_question = question_of(visit, me, query, "cursor", "limit", "updated_since")
    before: Told = {}
    if isinstance(query.updated_since, str):
        before = _unpacked(decode_cursor(key, sync_question, query.updated_since)[0])
    part, told = _part(key, question, query)
    page = _page(part, items, place, before if query.updated_since else None)
    if told is not None:
        told |= {item.id: _mark(item) for item in page.items} | dict.fromkeys(page.gone, GONE_MARK)
    cursor = sync = None
    if page.next:
        cursor = encode_cursor(key, question, (*page.next, _packed(told)))
    elif (known := _packed(_known(before, told))) is not None:
        sync = encode_cursor(key, sync_question, (known,))
    shown = [*page.items, *(Tombstone(id=id) for id in page.gone)]
    out = make(items=shown, next_cursor=cursor, sync=sync)
    return visit.answer(out, etag=etag, headers=link_to(visit, cursor))


def _part(key: str, question: str, query: ListQuery) -> tuple[Slice, Told | None]:
    """Where the walk goes on, and what it told so far; None: more than a cursor holds."""
    if query.cursor is None:
        return Slice(query.limit), {}
    *after, told = decode_cursor(key, question, query.cursor)
    return Slice(query.limit, tuple(after)), None if told is None else _unpacked(told)


def _page(
    part: Slice, items: Sequence[Item], place: Callable[[Item], Place], before: Told | None
) -> Page[Item]:
    known = before or {}
    ids = {item.id for item in items}
    fresh = [item for item in items if known.get(item.id) != _mark(item)]
    over = sorted(known.keys() - ids)

    def rows(after: Place | None, limit: int) -> Sequence[Item]:
        return [item for item in fresh if after is None or _is_behind(place(item), after)][:limit]

    def gone(after: UUID, limit: int) -> Sequence[UUID]:
        return [id for id in over if id > after][:limit]

    return fill(part, rows, place, gone)


def _is_behind(place: Place, after: Place) -> bool:
    return [*map(str, place)] > [*map(str, after)]


def _mark(item: Listed) -> bytes:
    return hashlib.blake2b(item.model_dump_json().encode(), digest_size=MARK_BYTES).digest()


def _known(before: Told, told: Told | None) -> Told | None:
    """What the client knows at the end of a walk."""
    if told is None:
        return None
    return {id: mark for id, mark in (before | told).items() if mark != GONE_MARK}


def _packed(told: Mapping[UUID, bytes] | None) -> str | None:
    if told is None or len(told) > MOST_TOLD:
        return None
    return base64.b64encode(b"".join(id.bytes + mark for id, mark in told.items())).decode()


def _unpacked(text: object) -> Told:
    raw, step = base64.b64decode(str(text)), ID_BYTES + MARK_BYTES
    rows = [raw[start : start + step] for start in range(0, len(raw), step)]
    return {UUID(bytes=row[:ID_BYTES]): row[ID_BYTES:] for row in rows}


def in_time(moment: datetime | None) -> str:
    """A time as text that sorts like it."""
    return moment.isoformat(timespec="microseconds") if moment else ""
