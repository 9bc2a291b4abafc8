"""Bytes in the store and their rows, as old as a test wants them."""

import io
import os
from datetime import timedelta
from pathlib import Path

from sqlmodel import select

from service.core.blobs import Stored
from service.core.clock import utc_now
from service.domain.submissions.tables import Blob
from service.doors.tools import Tools


def store(tools: Tools, content: bytes, *, by: timedelta = timedelta()) -> Stored:
    """Put bytes into the store, as if that long ago."""
    stored = tools.blobs.put(io.BytesIO(content), limit=1000)
    then = (utc_now() - by).timestamp()
    os.utime(path_of(tools, stored.sha256), (then, then))
    return stored


def path_of(tools: Tools, sha256: str) -> Path:
    return tools.settings.data_dir / "blobs" / sha256[:2] / sha256[2:4] / sha256


def add_blob(tools: Tools, stored: Stored, refs: int, *, by: timedelta = timedelta()) -> None:
    with tools.database.write() as session:
        blob = Blob(sha256=stored.sha256, size=stored.size, refs=refs, created_at=utc_now() - by)
        session.add(blob)


def refs(tools: Tools) -> dict[str, int]:
    with tools.database.read() as session:
        return dict(session.exec(select(Blob.sha256, Blob.refs)).all())
