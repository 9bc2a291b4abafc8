"""Everything in one file, taken while the service runs, and put back with every hash checked.

The archive is a plain tar: `manifest.json` first (the size and SHA-256 of every other member), then
`exhibit.db`, `secret.key`, and `blobs/<sha256>` for each file that rows point to. It holds all
personal data and the secret key: keep it as safe as the service itself.
"""

import hashlib
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, BinaryIO

from service.core.clock import utc_now
from service.core.durable import sync
from service.core.migrations import copy_sqlite
from service.doors.tools import Tools
from service.operations.trouble import Trouble

MANIFEST, DATABASE, KEY, BLOBS = "manifest.json", "exhibit.db", "secret.key", "blobs/"
FORMAT = 1
PIECE = 1024 * 1024
USE_PG_DUMP = (
    "This works for SQLite. On PostgreSQL use pg_dump and pg_restore, and copy the file store."
)


@dataclass(frozen=True)
class Member:
    """One file of the archive, as the manifest names it."""

    name: str
    size: int
    sha256: str


def database_file(tools: Tools) -> Path:
    """Raises Trouble on PostgreSQL."""
    if not tools.database.is_sqlite or not tools.database.url.database:
        raise Trouble(USE_PG_DUMP)
    return Path(tools.database.url.database)


def back_up(tools: Tools, target: Path) -> int:
    """Write the archive; says how many files it holds. Raises Trouble, BlobMissing."""
    source = database_file(tools)
    if target.exists():
        raise Trouble(f"{target} is there already: choose another name.")
    unfinished = target.with_name(f"{target.name}.unfinished")
    with TemporaryDirectory(dir=source.parent, prefix="backup-") as folder:
        copy = Path(folder, DATABASE)
        copy_sqlite(source, copy)
        small = {DATABASE: copy, KEY: tools.settings.data_dir / KEY}
        local = {name: path for name, path in small.items() if path.exists()}
        members = [_measured(name, path) for name, path in local.items()] + _blobs_in(copy)
        try:
            _write(tools, unfinished, members, local)
            unfinished.rename(target)
            sync(target.parent)
        finally:
            unfinished.unlink(missing_ok=True)
    return len(members)


def _measured(name: str, path: Path) -> Member:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Member(name, path.stat().st_size, digest)


def _blobs_in(database: Path) -> list[Member]:
    """The files that rows of this copy point to."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT sha256, size FROM blob WHERE refs > 0 ORDER BY sha256")
        return [Member(f"{BLOBS}{sha256}", size, sha256) for sha256, size in rows]


def _write(tools: Tools, target: Path, members: list[Member], local: dict[str, Path]) -> None:
    target.touch(mode=0o600)
    with target.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            _add(archive, MANIFEST, io.BytesIO(text := _manifest(members)), len(text))
            for member in members:
                if member.name in local:
                    with local[member.name].open("rb") as stream:
                        _add(archive, member.name, stream, member.size)
                else:
                    pieces = Pieces(tools.blobs.read(member.sha256))
                    _add(archive, member.name, pieces, member.size)
                    pieces.verify(member)
        file.flush()
        os.fsync(file.fileno())


def _manifest(members: list[Member]) -> bytes:
    files = {member.name: {"size": member.size, "sha256": member.sha256} for member in members}
    content = {"format": FORMAT, "made_at": utc_now().isoformat(), "files": files}
    return json.dumps(content, indent=1).encode()


def _add(archive: tarfile.TarFile, name: str, stream: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, utc_now().timestamp()
    archive.addfile(entry, stream)


class Pieces(io.RawIOBase, BinaryIO):
    """Pieces of bytes as a stream, hashed on their way."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        taken, self._rest = self._rest[:size], self._rest[size:]
        self._digest.update(taken)
        return taken

    def verify(self, member: Member) -> None:
        """Raises Trouble when other bytes than promised went by."""
        if self._digest.hexdigest() != member.sha256:
            raise Trouble(f"The file {member.sha256} in the file store is damaged. See `check`.")
