"""How calls refuse, as the OpenAPI document has it: by status, with every code that may come."""

from collections.abc import Iterable, Sequence
from typing import Any

from service.core.errors import (
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PreconditionRequired,
    Refusal,
    Stale,
    TooMany,
    Unavailable,
    Unknown,
    Unsupported,
)
from service.core.idempotency import BadKey, KeyReused, StillRunning
from service.core.paging import BadCursor
from service.core.strict_json import MalformedJson
from service.doors.openapi import SCHEMAS
from service.doors.refusals import status_for
from service.doors.routes import BadQuery
from service.doors.transport import (
    BadPath,
    BodyTooLarge,
    Broken,
    ExpectationFailed,
    HeadersTooLarge,
    MethodNotAllowed,
    TooSlow,
    UrlTooLong,
    WrongHost,
)

Piece = dict[str, Any]
Kinds = Sequence[type[Refusal]]

# What may meet any request, before it comes to the call itself.
ANYWHERE: Kinds = (
    *(WrongHost, BadPath, Malformed, MethodNotAllowed, TooSlow, BodyTooLarge, UrlTooLong),
    *(Unsupported, ExpectationFailed, HeadersTooLarge, Broken),
)
# Reasons that stand alone in their status at most calls; the document has each once.
KEPT: Kinds = (
    *(Unknown, Forbidden, NotFound, StillRunning, Stale, BodyTooLarge, Unsupported, Invalid),
    *(PreconditionRequired, TooMany, Unavailable, BadQuery),
)
HEADERS = {401: "WWW-Authenticate", 416: "Content-Range", 429: "Retry-After", 503: "Retry-After"}


def answers_to(operation: Piece, method: str, path: str, own: Kinds) -> Piece:
    """By status: what every call refuses, what follows from the shape of this one, and its own."""
    kinds: list[type[Refusal]] = [BadQuery, Unknown, Forbidden, Invalid, Unavailable, *own]
    taken = {one["name"] for one in operation["parameters"]}
    if "{" in path:
        kinds += [BadPath, NotFound]
    if "requestBody" in operation:
        kinds += [MalformedJson, BodyTooLarge, Unsupported]
    if method == "POST":
        kinds += [BadKey, KeyReused, StillRunning]
    if "If-Match" in taken:
        kinds += [Malformed, Stale, PreconditionRequired]
    if "cursor" in taken:
        kinds.append(BadCursor)
    return _by_status(dict.fromkeys(kinds)) | {"default": _link("Anywhere")}


def kept() -> Piece:
    """What `answers_to` links to."""
    alone = {kind.__name__: _answer([kind]) for kind in KEPT}
    anywhere = _answer(ANYWHERE)
    anywhere["description"] = f"What may meet any request.\n\n{anywhere['description']}"
    return alone | {"Anywhere": anywhere}


def _by_status(kinds: Iterable[type[Refusal]]) -> Piece:
    found: dict[int, list[type[Refusal]]] = {}
    for kind in kinds:
        found.setdefault(status_for(kind), []).append(kind)
    return {
        str(status): _link(those[0].__name__)
        if those[0] in KEPT and not those[1:]
        else _answer(those)
        for status, those in sorted(found.items())
    }


def _link(name: str) -> Piece:
    return {"$ref": f"#/components/responses/{name}"}


def _answer(kinds: Kinds) -> Piece:
    said = {kind.code: kind.message for kind in kinds}
    codes = {"properties": {"code": {"enum": list(said)}}}
    schema = {"allOf": [{"$ref": f"{SCHEMAS}Problem"}, codes]}
    header = HEADERS.get(status_for(kinds[0]))
    given = {header: {"$ref": f"#/components/headers/{header}"}} if header else {}
    return {
        "description": "\n".join(f"- `{code}`: {message}" for code, message in said.items()),
        "content": {"application/problem+json": {"schema": schema}},
        **({"headers": given} if given else {}),
    }
