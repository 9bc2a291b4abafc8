"""A worker that is killed (-9) while a file is read, or when it was, before that is kept.

`python -m tests.worker.dying_reader FOLDER URL MOMENT`.
"""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from service.app import build_tools
from service.core.blobs import Blobs
from service.domain.submissions.tables import FileText
from service.settings import Settings
from service.worker.loop import run_once
from tests.worker.process import KEY


class LastBytes(Blobs):
    """Bytes that never come to their end: whoever reads them is dead by then."""

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        yield from super().read(sha256, start, end)
        die()


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, url: str, moment: str) -> None:
    settings = Settings(database_url=url, data_dir=Path(folder), _env_file=None)
    tools = build_tools(settings, key=KEY)
    if moment == "reading":
        tools = replace(tools, blobs=LastBytes(tools.blobs.place))
    else:
        sa.event.listen(tools.database.engine, "before_cursor_execute", _at_text)
    run_once(tools)


def _at_text(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    if statement.startswith(f"INSERT INTO {FileText.__tablename__}"):
        die()


if __name__ == "__main__":
    main(*sys.argv[1:])
