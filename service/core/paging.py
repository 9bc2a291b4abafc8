"""Key-set paging: a page, and a cursor that is good for one caller and one question only.

A cursor is masked: what it holds (sort keys, a number in the sequence of events, what was told) is
for nobody's eyes, and two cursors for the same place do not look alike.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from service.core.errors import Malformed

Item = TypeVar("Item")
MOST = 200
USUAL = 50
SIGNATURE_BYTES = NONCE_BYTES = 16
ROW, GONE = "row", "gone"
NIL = UUID(int=0)

Place = tuple[str | int | float | None, ...]


class BadCursor(Malformed):
    code = "bad_cursor"
    message = "This cursor does not belong to this list. Begin again without one."


@dataclass(frozen=True)
class Slice:
    """What part of a list is wanted: `limit` rows after the row whose sort keys are `after`."""

    limit: int = USUAL
    after: Place | None = None


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Rows, then ids of what is gone, and where the last of them stands when there are more."""

    items: Sequence[Item]
    next: Place | None = None
    gone: Sequence[UUID] = ()


def cut(rows: Sequence[Item], limit: int, place: Callable[[Item], Place]) -> Page[Item]:
    """Make a page of `limit` rows out of up to `limit` + 1 that were fetched."""
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], place(rows[limit - 1]))


def fill(
    part: Slice,
    rows: Callable[[Place | None, int], Sequence[Item]],
    place: Callable[[Item], Place],
    gone: Callable[[UUID, int], Sequence[UUID]] | None,
) -> Page[Item]:
    """A page of rows and, once they are at an end, of what is gone, by its id.

    `rows` and `gone` fetch so many after a place; `gone` is None for who did not ask what changed.
    """
    kind, *after = part.after or (ROW,)
    found = [] if kind == GONE else rows(tuple(after) or None, part.limit + 1)
    if len(found) > part.limit:
        return Page(found[: part.limit], (ROW, *place(found[part.limit - 1])))
    if gone is None:
        return Page(found)
    room = part.limit - len(found)
    over = gone(UUID(str(after[0])) if kind == GONE else NIL, room + 1)
    if len(over) <= room:
        return Page(found, gone=over)
    last = over[room - 1] if room else NIL
    return Page(found, (GONE, str(last)), over[:room])


def encode_cursor(key: str, question: str, place: Place) -> str:
    """Text that leads back to `place`; `question` names caller, route and filters."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    body = nonce + _masked(key, nonce, json.dumps(place, separators=(",", ":")).encode())
    return base64.urlsafe_b64encode(_sign(key, question, body) + body).decode().rstrip("=")


def decode_cursor(key: str, question: str, cursor: str) -> Place:
    """Raises BadCursor for a cursor that was edited or made for another question."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    except ValueError as error:
        raise BadCursor from error
    signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _sign(key, question, body)):
        raise BadCursor
    nonce, masked = body[:NONCE_BYTES], body[NONCE_BYTES:]
    return tuple(json.loads(_masked(key, nonce, masked)))


def _sign(key: str, question: str, body: bytes) -> bytes:
    text = b"cursor\0" + hashlib.sha256(question.encode()).digest() + body
    return hmac.digest(key.encode(), text, "sha256")[:SIGNATURE_BYTES]


def _masked(key: str, nonce: bytes, text: bytes) -> bytes:
    """Its own inverse: a stream that only the key can make, never the same twice."""
    seed = hmac.digest(key.encode(), b"cursor mask\0" + nonce, "sha256")
    stream = hashlib.shake_256(seed).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))
