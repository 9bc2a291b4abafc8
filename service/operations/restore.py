"""Puts an archive back: all is read and verified first, then it takes the old one's place."""

import hashlib
import json
import re
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import IO, BinaryIO, cast

from service.core.blobs import Blobs
from service.doors.tools import Tools
from service.operations.backup import (
    BLOBS,
    DATABASE,
    FORMAT,
    KEY,
    MANIFEST,
    PIECE,
    USE_PG_DUMP,
    Member,
)
from service.operations.swap import Swap, Unfinished, swap_of
from service.operations.trouble import Trouble

NAME = re.compile(rf"{re.escape(DATABASE)}|{re.escape(KEY)}|{BLOBS}[0-9a-f]{{64}}")
MANIFEST_BYTES = 256 * 1024 * 1024


class Damaged(Trouble):
    """What is wrong with the archive; nothing was changed."""


def restore(tools: Tools, source: Path, *, force: bool) -> int:
    """Put everything back; says how many files. Raises Trouble: the old data still stand, unless it
    says that the new ones are ready.

    The caller sees to it that nothing runs on the data folder, and has closed the database.
    """
    swap = swap_of(tools.settings)
    if swap is None:
        raise Trouble(USE_PG_DUMP)
    if not source.exists():
        raise Damaged(f"There is no file {source}.")
    if _holds_something(swap.database) and not force:
        raise Trouble(
            f"{swap.database} is there already. Use --force to put the backup in its place."
        )
    try:
        count = _make_ready(swap, source, tools.blobs)
    except BaseException as error:
        _give_up(swap, error)
        raise
    swap.finish()
    return count


def _give_up(swap: Swap, error: BaseException) -> None:
    try:
        swap.abandon()
    except Unfinished as left:
        raise Unfinished(f"{left} {error}") from error


def _make_ready(swap: Swap, source: Path, blobs: Blobs) -> int:
    folder = swap.begin()
    members = _unpack(source, folder, blobs)
    if not (folder / DATABASE).exists():
        raise Damaged(f"{source} holds no {DATABASE}.")
    _refuse_broken(folder / DATABASE)
    swap.make_ready(folder / DATABASE, folder / KEY)
    return len(members)


def _holds_something(database: Path) -> bool:
    if not database.exists():
        return False
    with closing(sqlite3.connect(database)) as connection:
        count: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return count > 0


def _unpack(source: Path, folder: Path, blobs: Blobs) -> list[Member]:
    """Files into the store under their hashes (which harms nothing), the rest into `folder`."""
    try:
        with tarfile.open(source, mode="r|") as archive:
            entries = iter(archive)
            wanted = _read_manifest(archive, next(entries, None), source)
            missing = dict(wanted)
            for entry in entries:
                member = missing.pop(entry.name, None)
                stream = archive.extractfile(entry) if member else None
                if member is None or stream is None or entry.size != member.size:
                    raise Damaged(f"{source} holds what its manifest does not name: {entry.name}.")
                _put(member, stream, folder, blobs)
    except (tarfile.TarError, EOFError) as error:
        raise Damaged(f"{source} is no whole backup: {error}.") from error
    if missing:
        raise Damaged(f"{source} lacks {len(missing)} of the files its manifest names.")
    return list(wanted.values())


def _read_manifest(
    archive: tarfile.TarFile, entry: tarfile.TarInfo | None, source: Path
) -> dict[str, Member]:
    stream = archive.extractfile(entry) if entry and entry.name == MANIFEST else None
    if stream is None or entry is None or entry.size > MANIFEST_BYTES:
        raise Damaged(f"{source} is no backup of Exhibit: it does not begin with a manifest.")
    try:
        content = json.load(stream)
        members = [
            Member(str(name), int(file["size"]), str(file["sha256"]))
            for name, file in content["files"].items()
        ]
        is_known = content["format"] == FORMAT
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"The manifest of {source} cannot be read.") from error
    if not is_known:
        raise Damaged(f"{source} was made by a newer Exhibit: restore it with that one.")
    if not all(NAME.fullmatch(member.name) for member in members):
        raise Damaged(f"The manifest of {source} names files that do not belong there.")
    return {member.name: member for member in members}


def _put(member: Member, stream: IO[bytes], folder: Path, blobs: Blobs) -> None:
    if member.name.startswith(BLOBS):
        found = blobs.put(cast(BinaryIO, stream), limit=member.size).sha256
    else:
        found = _copy(stream, folder / member.name)
    if found != member.sha256 or (member.name.startswith(BLOBS) and found != member.name[-64:]):
        raise Damaged(f"{member.name} in the backup is damaged: its hash is another one.")


def _copy(stream: IO[bytes], target: Path) -> str:
    digest = hashlib.sha256()
    target.touch(mode=0o600)
    with target.open("wb") as file:
        while piece := stream.read(PIECE):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _refuse_broken(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if answer != "ok":
        raise Damaged(f"The database in the backup is damaged: {answer}.")
