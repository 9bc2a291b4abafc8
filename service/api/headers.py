"""The headers that calls take and give, as the OpenAPI document has them."""

from typing import Any

from service.core.idempotency import LONGEST_KEY

Piece = dict[str, Any]


def _given(description: str, example: str) -> Piece:
    return {"description": description, "schema": {"type": "string"}, "example": example}


def _taken(
    name: str, description: str, example: str, *, required: bool = False, **shape: Any
) -> Piece:
    said = _given(description, example)
    said["schema"] |= shape
    return {"name": name, "in": "header", "required": required, **said}


# By the name they have in an answer.
GIVEN: dict[str, Piece] = {
    "Accept-Ranges": _given("One range of bytes may be asked for.", "bytes"),
    "Allow": _given("The methods that are taken here.", "GET, HEAD"),
    "Content-Disposition": _given(
        "To be saved under this name, never to be shown.", 'attachment; filename="design.pdf"'
    ),
    "Content-Range": _given("Which bytes of how many.", "bytes 0-1023/48213"),
    "ETag": _given("The version, to be sent back as `If-Match`.", '"3"'),
    "Link": _given(
        "Where the next page is, while there is one.",
        '</api/v1/submissions?limit=50&cursor=AZkc>; rel="next"',
    ),
    "Location": _given("Where the new thing is.", "/api/v1/jobs/platform-engineer"),
    "Retry-After": _given("How many seconds to wait.", "30"),
    "Vary": _given("A token shows more.", "Authorization"),
    "WWW-Authenticate": _given("How to say who one is.", 'Bearer realm="Exhibit"'),
}
_TAG = r'(W/)?"[!#-+\--~]*"'  # without commas, which stand between them
IF_MATCH = _taken(
    "If-Match",
    "The `ETag` that was read: the change is made if this is still the version. `*` takes any.",
    '"3"',
    required=True,
    pattern=rf"^(\*|{_TAG}( *, *{_TAG})*)$",
)
# A PUT of what may not be there yet needs one of the two.
PUT_IF_MATCH = {
    **IF_MATCH,
    "required": False,
    "description": "To change what is there: the `ETag` that was read. Needed unless "
    "`If-None-Match` is sent.",
}
PUT_IF_NONE_MATCH = _taken(
    "If-None-Match",
    "`*` the first time: there must be nothing yet. Needed unless `If-Match`.",
    "*",
    const="*",
)
IDEMPOTENCY_KEY = _taken(
    "Idempotency-Key",
    "1 to 255 visible characters, new for each thing to do. For 24 hours the same key gets the "
    "same answer and has no second effect.",
    "01991c5e-8a00-7f3b-9d54-6b1c2a7e4f10",
    maxLength=LONGEST_KEY,
    pattern="^[!-~]([ -~]*[!-~])?$",
)
# What a download takes beside.
OF_BYTES = (
    _taken("Range", "One range of bytes.", "bytes=0-1023"),
    _taken("If-Range", "The `ETag` that the range is meant for.", '"9f86d081884c7d65"'),
    _taken("If-None-Match", "Answers 304 if the file is this one.", '"9f86d081884c7d65"'),
)
