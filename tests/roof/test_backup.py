"""A backup taken at any moment comes back whole, or not at all."""

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlmodel import func, select

from service.app import build_tools
from service.core import outbox
from service.domain.submissions.tables import Blob
from service.doors.tools import Tools
from service.operations.backup import back_up
from service.operations.restore import Damaged, restore
from service.operations.trouble import Trouble
from service.settings import Settings
from tests.worlds import build_world

BYTES = b"a design" * 100_000


@pytest.fixture
def full(tight_tools: Tools) -> Tools:
    """A world with a file in the store, one nobody points to, and a key."""
    build_world(tight_tools.database)
    with tight_tools.database.write() as session:
        for content, refs in ((BYTES, 1), (b"orphan", 0)):
            stored = tight_tools.blobs.put(io.BytesIO(content), limit=10_000_000)
            session.add(Blob(sha256=stored.sha256, size=stored.size, refs=refs))
    return tight_tools


@pytest.fixture
def elsewhere(tmp_path: Path) -> Tools:
    """An installation where nothing is yet."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return build_tools(Settings(_env_file=None, data_dir=folder, secret_key="k" * 40))


def dump(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return "\n".join(connection.iterdump())


def file_of(tools: Tools) -> Path:
    return Path(tools.database.url.database or "")


def test_all_rows_files_and_the_key_come_back(
    full: Tools, elsewhere: Tools, tmp_path: Path
) -> None:
    archive = tmp_path / "backup.tar"
    count = back_up(full, archive)
    sha256 = next(digest for digest in _digests(full) if full.blobs.size(digest) == len(BYTES))

    assert restore(elsewhere, archive, force=False) == count == 3
    assert dump(file_of(elsewhere)) == dump(file_of(full))
    assert b"".join(elsewhere.blobs.read(sha256)) == BYTES
    key = "secret.key"
    restored, original = (tools.settings.data_dir / key for tools in (elsewhere, full))
    assert restored.read_text() == original.read_text()
    assert archive.stat().st_mode & 0o077 == 0


def _digests(tools: Tools) -> list[str]:
    with tools.database.read() as session:
        return list(session.exec(select(Blob.sha256)).all())


def test_a_backup_under_load_holds_one_moment(
    full: Tools, elsewhere: Tools, tmp_path: Path
) -> None:
    """Each transaction writes two tasks: an odd number would be half a transaction."""
    stop, begun = Event(), Event()

    def write() -> None:
        while not stop.is_set():
            with full.database.write() as session:
                outbox.enqueue(session, "one")
                outbox.enqueue(session, "two")
            begun.set()

    thread = Thread(target=write)
    thread.start()
    begun.wait(10)
    try:
        for number in range(3):
            archive = tmp_path / f"backup-{number}.tar"
            back_up(full, archive)
            restore(elsewhere, archive, force=True)
            with closing(sqlite3.connect(file_of(elsewhere))) as connection:
                counts = connection.execute(
                    "SELECT kind, count(*) FROM task WHERE kind IN ('one', 'two') GROUP BY kind"
                ).fetchall()
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert dict(counts)["one"] == dict(counts)["two"] > 0
    finally:
        stop.set()
        thread.join()


def test_an_archive_that_is_not_there_is_told_before_anything_else(
    full: Tools, tmp_path: Path
) -> None:
    with pytest.raises(Damaged, match=r"There is no file .*missing\.tar\."):
        restore(full, tmp_path / "missing.tar", force=False)


def test_what_is_there_is_replaced_only_when_forced(full: Tools, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    back_up(full, archive)
    with full.database.write() as session:
        outbox.enqueue(session, "later")
    full.database.dispose()
    before = dump(file_of(full))

    with pytest.raises(Trouble, match="--force"):
        restore(full, archive, force=False)
    assert dump(file_of(full)) == before
    restore(full, archive, force=True)
    with full.database.read() as session:
        later = select(func.count()).select_from(outbox.Task).where(outbox.Task.kind == "later")
        assert session.exec(later).one() == 0


def test_an_archive_is_never_overwritten(full: Tools, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    archive.write_text("precious")

    with pytest.raises(Trouble, match="is there already"):
        back_up(full, archive)
    assert archive.read_text() == "precious"


def test_a_damaged_file_in_the_store_is_no_backup(full: Tools, tmp_path: Path) -> None:
    stored = next(full.settings.data_dir.glob("blobs/*/*/*"))
    for path in full.settings.data_dir.glob("blobs/*/*/*"):
        if path.stat().st_size == len(BYTES):
            stored = path
    stored.write_bytes(b"x" * len(BYTES))

    with pytest.raises(Trouble, match="is damaged"):
        back_up(full, tmp_path / "backup.tar")
    assert not list(tmp_path.glob("backup.tar*"))


def repacked(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with its members changed."""
    with tarfile.open(archive) as old:
        streams = {entry.name: old.extractfile(entry) for entry in old}
        members = {name: stream.read() for name, stream in streams.items() if stream}
    change(members)
    changed = archive.with_name("changed.tar")
    with tarfile.open(changed, "w") as new:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))
    return changed


def flip_a_byte(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("blobs/"))
    members[name] = b"X" + members[name][1:]


def flip_a_byte_of_the_database(members: dict[str, bytes]) -> None:
    content = members["exhibit.db"]
    members["exhibit.db"] = content[:-1] + bytes([content[-1] ^ 1])


def leave_a_file_out(members: dict[str, bytes]) -> None:
    del members[next(name for name in members if name.startswith("blobs/"))]


def smuggle_a_file_in(members: dict[str, bytes]) -> None:
    members["../../outside"] = b"evil"


def name_a_file_outside(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["manifest.json"])
    manifest["files"]["../../outside"] = {"size": 4, "sha256": "0" * 64}
    members["manifest.json"] = json.dumps(manifest).encode()
    members["../../outside"] = b"evil"


def break_the_manifest(members: dict[str, bytes]) -> None:
    members["manifest.json"] = b'{"files": [1]}'


def come_from_the_future(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["manifest.json"]) | {"format": 2}
    members["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    "change",
    [
        flip_a_byte,
        flip_a_byte_of_the_database,
        leave_a_file_out,
        smuggle_a_file_in,
        name_a_file_outside,
        break_the_manifest,
        come_from_the_future,
    ],
)
def test_a_damaged_backup_changes_nothing(
    full: Tools, elsewhere: Tools, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    archive = tmp_path / "backup.tar"
    back_up(full, archive)

    with pytest.raises(Damaged):
        restore(elsewhere, repacked(archive, change), force=True)
    assert not file_of(elsewhere).exists()
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"\x00" * 10_240])
def test_what_is_no_backup_is_said_so(elsewhere: Tools, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "backup.tar"
    file.write_bytes(content)

    with pytest.raises(Damaged):
        restore(elsewhere, file, force=True)


def test_half_a_backup_is_none(full: Tools, elsewhere: Tools, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    back_up(full, archive)
    archive.write_bytes(archive.read_bytes()[:-600_000])

    with pytest.raises(Damaged):
        restore(elsewhere, archive, force=True)


def test_postgresql_has_its_own_tools(postgresql_url: str, tmp_path: Path) -> None:
    tools = build_tools(
        Settings(_env_file=None, data_dir=tmp_path / "var", database_url=postgresql_url)
    )

    with pytest.raises(Trouble, match="pg_dump"):
        back_up(tools, tmp_path / "backup.tar")
    with pytest.raises(Trouble, match="pg_dump"):
        restore(tools, tmp_path / "backup.tar", force=True)
    tools.database.dispose()
