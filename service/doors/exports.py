"""Exports at the door: checked first, recorded, then streamed with flat memory from one snapshot.

What fails on the way breaks the stream off, so that half a file never looks like a whole one.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from enum import StrEnum
from threading import BoundedSemaphore

import anyio
from fastapi import Response
from sqlmodel import Session
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from service.core.clock import utc_now
from service.core.csv_rows import Cell, jsonl, stream
from service.core.errors import Fault, Invalid, TooMany
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Scope as Right
from service.domain.desk.actions import record_export
from service.domain.desk.exports import (
    Export,
    stream_evidence,
    stream_history,
    stream_ratings,
    stream_scorecards,
    stream_submissions,
)
from service.domain.desk.inputs import ExportFilter
from service.doors.visit import Visit

# Each holds a connection for as long as its reader takes; most must stay free for everybody else.
MOST_AT_ONCE = 8
AGAIN_IN_SECONDS = 30
STALL_SECONDS = 60.0  # a slow reader takes something in that time; one that takes nothing has gone

_turns = BoundedSemaphore(MOST_AT_ONCE)


class ExportTable(StrEnum):
    """What can be taken away."""

    SUBMISSIONS = "submissions"
    SCORECARDS = "scorecards"
    RATINGS = "ratings"
    EVIDENCE = "evidence"
    HISTORY = "history"


class ExportFormat(StrEnum):
    """CSV for spreadsheets, JSON Lines for exact values."""

    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
    ExportFormat.JSONL: "application/jsonl; charset=utf-8",
}
STREAMS: Mapping[ExportTable, Callable[[Session, Actor, ExportFilter], Export]] = {
    ExportTable.SUBMISSIONS: stream_submissions,
    ExportTable.SCORECARDS: stream_scorecards,
    ExportTable.RATINGS: stream_ratings,
    ExportTable.EVIDENCE: stream_evidence,
    ExportTable.HISTORY: stream_history,
}


class TooManyExports(TooMany):
    code = "too_many_exports"
    message = "Too many exports run at the moment. Try again in {seconds} seconds."


class OutgoingRows(StreamingResponse):
    """Lets go of all it holds, however it ends: read, broken off, reader gone or fallen asleep."""

    def __init__(
        self, pieces: Iterator[str], close: Callable[[], None], headers: Mapping[str, str]
    ) -> None:
        super().__init__(pieces, headers=headers)
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(STALL_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._close)


def send_export(
    visit: Visit, table: ExportTable, format: ExportFormat, asked: ExportFilter
) -> Response:
    """Begin the export, note it, and hand out the stream. All refusals come before the first byte.

    Raises Forbidden, UnknownFilter, UnknownColumn, TooManyExports.
    """
    if asked.reader and format is not ExportFormat.CSV:
        raise Invalid(faults=[Fault("/for", "This goes with CSV only.")])
    with ExitStack() as checking:
        _take_turn(checking)
        session, me = checking.enter_context(visit.reading(Right.EXPORT))
        export = STREAMS[table](session, me, asked)
        checking.callback(export.close)
        with visit.writing(Right.EXPORT) as (writing, _):
            record_export(writing, me, table, format, asked)
        held = checking.pop_all()
    pieces = _pieces(export, format, asked)
    return OutgoingRows(pieces, held.close, _headers(table, format, asked))


def _take_turn(held: ExitStack) -> None:
    if not _turns.acquire(blocking=False):
        raise TooManyExports(seconds=AGAIN_IN_SECONDS)
    held.callback(_turns.release)


def _pieces(export: Export, format: ExportFormat, asked: ExportFilter) -> Iterator[str]:
    columns = export.columns
    if format is ExportFormat.JSONL:
        return jsonl({name: row[name] for name in columns} for row in export.rows)
    rows = ([_cell(row[name]) for name in columns] for row in export.rows)
    return stream(columns, rows, raw=asked.raw == "true", bom=asked.reader == "excel")


def _cell(value: Cell | list[object] | dict[str, object]) -> Cell:
    """Lists and objects become JSON text."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value


def _headers(table: ExportTable, format: ExportFormat, asked: ExportFilter) -> dict[str, str]:
    # The job's slug was found in the database by now: letters, digits and hyphens.
    name = f"{table}_{asked.job or 'all-jobs'}_{utc_now():%Y-%m-%d}.{format}"
    return {
        "Content-Type": MEDIA_TYPES[format],
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
