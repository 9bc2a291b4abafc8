"""Bytes that nothing points to go, and those that somebody is about to use are never lost."""

import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlmodel import Session

from service.core.blobs import Blobs, Stored
from service.core.clock import utc_now
from service.core.db import new_id
from service.domain.submissions.actions.content import count_blobs
from service.domain.submissions.inputs import StoredFile
from service.domain.submissions.tables import Draft, StagedFile
from service.doors.tools import Tools
from service.doors.uploads import keep_bytes
from service.worker.blob_sweep import sweep_blobs
from tests.worker.stored import add_blob, refs, store
from tests.worlds import World

DAY = timedelta(days=1)
MEANWHILE = 1.0  # seconds: enough for an upload that nobody holds up


def run(tools: Tools) -> None:
    sweep_blobs(tools, utc_now(), lambda _session: None)


def test_bytes_that_nothing_points_to_go_after_a_day(tools: Tools) -> None:
    kept, unused, young = (store(tools, c, by=2 * DAY) for c in (b"kept", b"unused", b"young"))
    orphan, fresh = store(tools, b"orphan", by=2 * DAY), store(tools, b"fresh")
    add_blob(tools, kept, 1, by=2 * DAY)
    add_blob(tools, unused, 0, by=2 * DAY)
    add_blob(tools, young, 0)

    run(tools)

    assert refs(tools) == {kept.sha256: 1, young.sha256: 0}
    there = {
        stored
        for stored in (kept, unused, young, orphan, fresh)
        if tools.blobs.exists(stored.sha256)
    }
    assert there == {kept, young, fresh}


def test_what_half_arrived_goes_after_a_day(tools: Tools) -> None:
    folder = tools.settings.data_dir / "blobs" / "incoming"
    old, new = folder / "old", folder / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    then = (utc_now() - 2 * DAY).timestamp()
    os.utime(old, (then, then))

    run(tools)

    assert (old.exists(), new.exists()) == (False, True)


def test_bytes_with_a_row_too_low_in_count_stay_as_long_as_something_points_to_them(
    tools: Tools, world: World
) -> None:
    stored = store(tools, b"miscounted", by=2 * DAY)
    add_blob(tools, stored, 0, by=2 * DAY)
    with tools.database.write() as session:
        draft = Draft(job_id=world.job_id)
        session.add(draft)
        session.flush()
        file: dict[str, Any] = {
            "place": "p",
            "name": "n",
            "media_type": "text/plain",
            "size": stored.size,
        }
        session.add(StagedFile(draft_id=draft.id, sha256=stored.sha256, **file))

    run(tools)

    assert tools.blobs.exists(stored.sha256)


class Lost(Exception):
    """Another worker has the work by now."""


@pytest.mark.parametrize("held", [0, 1, 2])
def test_who_loses_the_lease_takes_nothing_from_there_on(tools: Tools, held: int) -> None:
    """It is asked for each row, for each batch of the store and for each orphan: three times."""
    row, orphan = (store(tools, content, by=2 * DAY) for content in (b"unused", b"orphan"))
    add_blob(tools, row, 0, by=2 * DAY)
    asked: list[Session] = []

    def hold(session: Session) -> None:
        asked.append(session)
        if len(asked) > held:
            raise Lost

    with pytest.raises(Lost):
        sweep_blobs(tools, utc_now(), hold)

    assert tools.blobs.exists(orphan.sha256)
    is_row_swept = held > 0
    assert tools.blobs.exists(row.sha256) is not is_row_swept
    assert refs(tools) == ({} if is_row_swept else {row.sha256: 0})


@pytest.mark.parametrize("has_row", [True, False])
def test_an_upload_during_the_sweep_never_loses_its_bytes(tools: Tools, has_row: bool) -> None:
    """The same bytes come in again and again while the sweep runs again and again."""
    stored = store(tools, b"again", by=2 * DAY)
    if has_row:
        add_blob(tools, stored, 0, by=2 * DAY)
    lost: list[str] = []

    def upload() -> None:
        for _ in range(20):
            put = send(tools, b"again")
            if not tools.blobs.exists(put.sha256):
                lost.append(put.sha256)

    sender = Thread(target=upload)
    sender.start()
    while sender.is_alive():
        run(tools)
    sender.join()
    run(tools)

    assert lost == []
    assert refs(tools) == {stored.sha256: 20}
    assert tools.blobs.exists(stored.sha256)


def send(tools: Tools, content: bytes) -> Stored:
    """As every door does it: kept, then pointed to."""
    put = keep_bytes(tools.database, tools.blobs, io.BytesIO(content), limit=1000)
    with tools.database.write() as session:
        count_blobs(session, [file_of(put)])
    return put


class Split(Blobs):
    """Like S3: between its look at the age of bytes and their removal others may put the same."""

    between: Callable[[], None]

    def delete(self, sha256: str, *, older_than: datetime | None = None) -> bool:
        assert older_than
        self.between()
        return super().delete(sha256)


@pytest.mark.parametrize("has_row", [True, False])
def test_an_upload_between_the_look_and_the_removal_keeps_its_bytes(
    tools: Tools, has_row: bool
) -> None:
    stored = store(tools, b"again", by=2 * DAY)
    if has_row:
        add_blob(tools, stored, 0, by=2 * DAY)
    blobs = Split(tools.blobs.place)
    sender = Thread(target=lambda: send(tools, b"again"))

    def between() -> None:
        sender.start()
        sender.join(MEANWHILE)

    blobs.between = between
    run(replace(tools, blobs=blobs))
    sender.join()

    assert refs(tools) == {stored.sha256: 1}
    assert tools.blobs.exists(stored.sha256)


def file_of(stored: Stored) -> StoredFile:
    return StoredFile(
        name=f"{new_id()}.txt", media_type="text/plain", size=stored.size, sha256=stored.sha256
    )
