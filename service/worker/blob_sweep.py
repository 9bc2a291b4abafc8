"""Removes bytes that nothing points to, and never those that somebody is about to point to.

An upload announces its bytes in their row before it puts them, and only then raises its count. No
row younger than a day is touched, and whoever takes bytes holds their row, so that an upload of the
same ones waits and then puts them anew. The store looks at the age once more: a restore puts bytes
that nobody announced.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice

import sqlalchemy as sa
from sqlmodel import Session, col, select

from service.core.blobs import Blobs
from service.core.db import Database
from service.core.upserts import insert_new
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
        return _drop(session, blobs, sha256, before)


def _drop(session: Session, blobs: Blobs, sha256: str, before: datetime) -> bool:
    drop = sa.delete(Blob).where(col(Blob.sha256) == sha256, _is_unused(before))
    if session.connection().execute(drop).rowcount == 0:
        return False
    # Still inside: whoever announces the same bytes waits for our row.
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
        # A row to hold; one that was announced meanwhile is younger, and stays.
        ours = Blob(sha256=sha256, size=0, created_at=before - timedelta(microseconds=1))
        insert_new(session, ours, ["sha256"])
        return _drop(session, blobs, sha256, before)
