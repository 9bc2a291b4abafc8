"""A stored file on its way out: whole or one range of it, never shown inside our own pages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from service.core.blobs import Blobs
from service.core.filenames import content_disposition
from service.domain.submissions.tables import SubmissionFile
from service.doors.refusals import problem_of
from service.doors.transport import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)
_ALWAYS: Final = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Stretch:
    """Bytes from `start` up to, not including, `end`."""

    start: int
    end: int


def send_stored(request: Request, blobs: Blobs, file: SubmissionFile) -> Response:
    """A file of a revision. Raises BlobMissing, StoreFailed."""
    return send_file(
        request,
        blobs,
        sha256=file.sha256,
        size=file.size,
        name=file.name,
        media_type=file.media_type,
    )


def send_file(
    request: Request, blobs: Blobs, *, sha256: str, size: int, name: str, media_type: str
) -> Response:
    """The answer to GET or HEAD. Raises BlobMissing, StoreFailed.

    Of several ranges none is taken: then the whole file is sent, as RFC 9110 §14.2 allows.
    """
    etag = f'"{sha256}"'
    headers = {
        **_ALWAYS,
        "ETag": etag,
        "Content-Disposition": content_disposition(name),
    }
    if _is_known(request.headers.get("if-none-match", ""), etag):
        return Response(None, 304, headers)
    asked = _asked(request, etag)
    stretch = _wanted(asked, size)
    if stretch is None:
        return problem_of(RangeNotSatisfiable(), {"Content-Range": f"bytes */{size}"})
    status = 200
    if asked:
        status = 206
        headers["Content-Range"] = f"bytes {stretch.start}-{stretch.end - 1}/{size}"
    headers["Content-Length"] = str(stretch.end - stretch.start)
    if request.method == "HEAD":
        blobs.size(sha256)  # as a GET would, it finds that the bytes are gone
        return Response(None, status, headers, media_type=media_type)
    pieces: Iterator[bytes] = blobs.read(sha256, stretch.start, stretch.end)
    return StreamingResponse(pieces, status, headers, media_type=media_type)


def _asked(request: Request, etag: str) -> re.Match[str] | None:
    """A single range, if one is asked for and meant for these bytes."""
    if request.headers.get("if-range", etag) != etag:
        return None
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if not found or not (found[1] or found[2]):
        return None
    backwards = found[1] and found[2] and int(found[2]) < int(found[1])
    return None if backwards else found


def _wanted(asked: re.Match[str] | None, size: int) -> Stretch | None:
    """What is to be sent; None when the file has no such bytes."""
    if not asked:
        return Stretch(0, size)
    if not asked[1]:
        last = int(asked[2])
        return Stretch(max(0, size - last), size) if last and size else None
    start = int(asked[1])
    end = min(size, int(asked[2]) + 1) if asked[2] else size
    return Stretch(start, end) if start < size else None


def _is_known(header: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or "*" in tags
