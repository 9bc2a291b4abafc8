"""A refusal's status, and its RFC 9457 form. What was sent is never echoed."""

from collections.abc import Mapping, Sequence
from html import escape
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from service.core.errors import (
    Fault,
    Forbidden,
    Gone,
    Invalid,
    Malformed,
    NotFound,
    PreconditionRequired,
    Refusal,
    Stale,
    StateConflict,
    TooLarge,
    TooMany,
    Unavailable,
    Unknown,
    Unsupported,
)
from service.doors.sentences import sentence
from service.doors.transport import (
    Broken,
    ExpectationFailed,
    HeadersTooLarge,
    MethodNotAllowed,
    RangeNotSatisfiable,
    TooSlow,
    UrlTooLong,
)

STATUS: dict[type[Refusal], int] = {
    Malformed: 400,
    Unknown: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    TooSlow: 408,
    StateConflict: 409,
    Gone: 410,
    Stale: 412,
    TooLarge: 413,
    UrlTooLong: 414,
    Unsupported: 415,
    RangeNotSatisfiable: 416,
    ExpectationFailed: 417,
    Invalid: 422,
    PreconditionRequired: 428,
    TooMany: 429,
    HeadersTooLarge: 431,
    Broken: 500,
    Unavailable: 503,
}
MOST_FAULTS = 50
KEY_ITSELF = "[key]"  # where pydantic finds fault with a name, not with what stands under it
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="/static/style.css"></head>
<body class="narrow"><main id="main"><h1>This could not be taken</h1><p>{detail}</p>
<p>Go back in your browser: what you typed is still there.</p></main></body></html>
"""


def status_of(refusal: Refusal) -> int:
    return status_for(type(refusal))


def status_for(wanted: type[Refusal]) -> int:
    return next((status for kind, status in STATUS.items() if issubclass(wanted, kind)), 400)


def headers_of(refusal: Refusal) -> dict[str, str]:
    """`WWW-Authenticate` and `Retry-After`, where they belong."""
    if isinstance(refusal, Unknown):
        return {"WWW-Authenticate": 'Bearer realm="Exhibit"'}
    if isinstance(refusal, TooMany):
        return {"Retry-After": str(refusal.details.get("seconds", 60))}
    if isinstance(refusal, Unavailable):
        return {"Retry-After": "5"}
    return {}


def problem_of(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of type application/problem+json, with more headers beside its own."""
    status = status_of(refusal)
    faults = refusal.faults[:MOST_FAULTS]
    body: dict[str, Any] = {
        "type": f"urn:exhibit:{refusal.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(refusal),
        "code": refusal.code,
        "errors": [{"pointer": f.pointer, "detail": f.detail} for f in faults],
    }
    all_headers = headers_of(refusal) | dict(headers or {})
    return JSONResponse(body, status, all_headers, media_type="application/problem+json")


def show_fault(_request: Request, _error: Exception) -> Response:
    """Nothing about the error itself; it stands in the log."""
    return problem_of(Broken())


def answer_of(refusal: Refusal, headers: Headers) -> Response:
    """For what is refused before it reaches a door: a page for a person's browser, else a problem.

    The page is as plain as can be; the person's own form is one step back.
    """
    if "text/html" not in headers.get("accept", ""):
        return problem_of(refusal)
    page = PAGE.format(title=HTTPStatus(status_of(refusal)).phrase, detail=escape(str(refusal)))
    return HTMLResponse(page, status_of(refusal), headers_of(refusal))


def refusal_of(error: RequestValidationError) -> Refusal:
    """What pydantic found wrong with a request, without what was sent."""
    found = error.errors()
    if any(fault["loc"][0] == "path" for fault in found):
        return NotFound()
    if any(fault["type"] == "json_invalid" for fault in found):
        return Malformed()
    return Invalid(faults=faults_of(found, skip=1))


def faults_of(errors: Sequence[Any], skip: int = 0) -> list[Fault]:
    """Pydantic's errors as faults; `skip` leading places (body, query) are left out."""
    return [
        Fault(pointer_to(fault["loc"][skip:]), sentence(fault)) for fault in errors[:MOST_FAULTS]
    ]


def pointer_to(place: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901); names of what one may not send are cut short."""
    parts = (str(p)[:80].replace("~", "~0").replace("/", "~1") for p in place if p != KEY_ITSELF)
    text = "".join(f"/{part}" for part in parts)
    return text.encode("utf-8", "replace").decode()
