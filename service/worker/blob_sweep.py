"""Removes bytes that nothing points to, and never those that somebody is about to point to.

An upload writes its bytes first, which makes them new again, and then raises the count of their
row in a transaction that checks that the bytes are there. So nothing younger than a day is touched;
the row is looked at again, locked, right before; and the store looks at the age once more.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice

import sqlalchemy as sa
from sqlmodel import Session, col, select

from service.core.blobs import Blobs
from service.core.db import Database
from service.domain.submissions.tables import Blob, StagedFile, SubmissionFile
from service.doors.tools import Tools

KEPT_FOR = timedelta(hours=24)
BATCH = 500

Hold = Callable[[Session], None]  # raises when somebody else does this work by now


def sweep_blobs(tools: Tools, now: datetime, hold: Hold) -> int:
    """Rows that count nothing, bytes without a row, and what half arrived; says how many.

    `hold` is called in each transaction, and at least once for each batch of the store.
    """
    before = now - KEPT_FOR
    swept = _sweep_unused(tools.database, tools.blobs, before, hold)
    swept += _sweep_orphans(tools.database, tools.blobs, before, hold)
    return swept + tools.blobs.sweep_unfinished(before)


def _sweep_unused(database: Database, blobs: Blobs, before: datetime, hold: Hold) -> int:
    with database.read() as session:
        query = select(Blob.sha256).where(_is_unused(before))
        unused = session.exec(query.order_by(col(Blob.sha256))).all()
    return sum(_drop_unused(database, blobs, sha256, before, hold) for sha256 in unused)


def _is_unused(before: datetime) -> sa.ColumnElement[bool]:
    """The count says so, and no row says otherwise."""
    pointers = [
        sa.exists().where(col(table.sha256) == col(Blob.sha256))
        for table in (SubmissionFile, StagedFile)
    ]
    old = sa.and_(col(Blob.refs) <= 0, col(Blob.created_at) < before)
    return sa.and_(old, ~sa.or_(*pointers))


def _drop_unused(
    database: Database, blobs: Blobs, sha256: str, before: datetime, hold: Hold
) -> bool:
    with database.write() as session:
        hold(session)
        drop = sa.delete(Blob).where(col(Blob.sha256) == sha256, _is_unused(before))
        if session.connection().execute(drop).rowcount == 0:
            return False
        # Still inside: whoever raises the count waits for our row, then finds no bytes and knows.
        return blobs.delete(sha256, older_than=before)


def _sweep_orphans(database: Database, blobs: Blobs, before: datetime, hold: Hold) -> int:
    swept = 0
    old = blobs.list_older_than(before)
    while hashes := list(islice(old, BATCH)):
        with database.write() as session:
            hold(session)
        orphans = sorted(set(hashes) - _known(database, hashes))
        swept += sum(_drop_orphan(database, blobs, sha256, before, hold) for sha256 in orphans)
    return swept


def _known(database: Database, hashes: Sequence[str]) -> set[str]:
    with database.read() as session:
        return set(session.exec(select(Blob.sha256).where(col(Blob.sha256).in_(hashes))).all())


def _drop_orphan(
    database: Database, blobs: Blobs, sha256: str, before: datetime, hold: Hold
) -> bool:
    with database.write() as session:
        hold(session)
        if session.exec(select(Blob.id).where(Blob.sha256 == sha256)).first() is not None:
            return False
        return blobs.delete(sha256, older_than=before)
