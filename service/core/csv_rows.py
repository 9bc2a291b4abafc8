"""Rows as text to take away: CSV that is safe to open in a spreadsheet, and JSON Lines.

The one rule of defusing: a text cell gets one `'` in front when it starts with `'`, TAB, CR or LF,
or when its first character that one can see is one of = + - @ ＝ ＋ － ＠. To undo it, drop a `'`
at the start of a cell. So undoing gives the exact text, whatever the text was. Numbers, dates and
truth values are written plainly: a negative number stays a number. Nothing and "" are both empty.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from service.core.words import INVISIBLE

Cell = str | int | float | Decimal | date | UUID | None
CHUNK = 64 * 1024  # characters
BOM = "\ufeff"
# Line ends to some readers (Python's splitlines), so they are escaped inside JSON Lines.
LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}

_LIVE = re.compile(f"['\t\r\n]|[{INVISIBLE}]*[=+\\-@＝＋－＠]")


def stream(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], *, raw: bool = False, bom: bool = False
) -> Iterator[str]:
    """RFC 4180 text in pieces of about 64 KB; `raw` leaves formulas live, `bom` is for Excel."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    shown = _plain if raw else _defused
    buffer.write(BOM if bom else "")
    writer.writerow([shown(name) for name in header])
    for row in rows:
        writer.writerow([shown(cell) for cell in row])
        if buffer.tell() >= CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def defuse(text: str) -> str:
    """The text as a spreadsheet may safely open it."""
    return f"'{text}" if _LIVE.match(text) else text


def undo(cell: str) -> str:
    """The exact text that `defuse` was given."""
    return cell.removeprefix("'")


def jsonl(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """JSON Lines in pieces of about 64 KB: exact values, one object per line."""
    buffer = io.StringIO(newline="")
    for row in rows:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False, default=_plain)
        buffer.write(text.translate(LINE_ENDS) + "\n")
        if buffer.tell() >= CHUNK:
            yield _taken(buffer)
    if buffer.tell():
        yield _taken(buffer)


def _defused(cell: Cell) -> str:
    return defuse(cell) if isinstance(cell, str) else _plain(cell)


def _plain(cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime():
            return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return cell.isoformat()
        case str() | int() | float() | Decimal() | UUID():
            return str(cell)
        case _:
            raise TypeError(f"A cell cannot hold a {type(cell).__name__}.")


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
