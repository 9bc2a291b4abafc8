"""Key-set paging: a page, and a cursor that is good for one caller and one question only."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.core.errors import Malformed

Item = TypeVar("Item")
MOST = 200
USUAL = 50
SIGNATURE_BYTES = 16

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
    """Rows, and the sort keys of the last one when there are more."""

    items: Sequence[Item]
    next: Place | None = None


def cut(rows: Sequence[Item], limit: int, place: Callable[[Item], Place]) -> Page[Item]:
    """Make a page of `limit` rows out of up to `limit` + 1 that were fetched."""
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], place(rows[limit - 1]))


def encode_cursor(key: str, question: str, place: Place) -> str:
    """Text that leads back to `place`; `question` names caller, route and filters."""
    body = json.dumps(place, separators=(",", ":")).encode()
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
    return tuple(json.loads(body))


def _sign(key: str, question: str, body: bytes) -> bytes:
    text = b"cursor\0" + hashlib.sha256(question.encode()).digest() + body
    return hmac.digest(key.encode(), text, "sha256")[:SIGNATURE_BYTES]
