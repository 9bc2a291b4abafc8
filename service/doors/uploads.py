"""Uploaded files on their way into the file store: named clean, typed by content, kept."""

from collections.abc import Sequence
from typing import BinaryIO, cast

from service.core.blobs import Blobs, Stored
from service.core.db import Database
from service.core.filenames import clean_name
from service.core.filetypes import HEAD, sniff
from service.domain.submissions.actions import announce_blob
from service.domain.submissions.inputs import StoredFile
from service.doors.multipart import Upload
from service.doors.tools import Tools


def check_uploads(uploads: Sequence[Upload]) -> list[str]:
    """Their media types, before anything is kept. Raises TooLarge, FileEmpty, FileTypeRefused."""
    return [_sniffed(upload) for upload in uploads]


def store_uploads(
    tools: Tools, uploads: Sequence[Upload], places: Sequence[str] = ()
) -> list[StoredFile]:
    """Keep the bytes of all of them, or of none that is refused; call it outside `writing()`.

    `places` are what the content mentions them by, in the same order. Raises FileEmpty,
    FileTypeRefused, TooLarge, StoreFailed.
    """
    types = check_uploads(uploads)
    limit = tools.settings.limits.file_bytes
    named = places or ["" for _ in uploads]
    stored = []
    for upload, media_type, place in zip(uploads, types, named, strict=True):
        upload.file.seek(0)
        kept = keep_bytes(tools.database, tools.blobs, cast("BinaryIO", upload.file), limit=limit)
        name = clean_name(upload.name)
        stored.append(StoredFile(name, media_type, kept.size, kept.sha256, place))
    return stored


def keep_bytes(database: Database, blobs: Blobs, stream: BinaryIO, *, limit: int) -> Stored:
    """Into the store, announced, so that rows may point to them. Raises TooLarge, StoreFailed."""

    def announce(coming: Stored) -> None:
        with database.write() as session:
            announce_blob(session, coming)

    return blobs.put(stream, limit=limit, announce=announce)


def _sniffed(upload: Upload) -> str:
    if upload.fault:
        raise upload.fault
    file = cast("BinaryIO", upload.file)
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    return sniff(head, clean_name(upload.name), file)
