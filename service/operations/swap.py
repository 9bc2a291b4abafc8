"""Puts a restored database and its key in the place of the old ones: both or neither.

Two files cannot be renamed at once. So the new ones are made ready beside the old ones, synced, and
the database among them gets its name last: before that the old ones count, and from then on the new
ones, which whoever opens the house next puts in place if a crash kept us from it.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from service.core.durable import sync
from service.operations.backup import KEY
from service.operations.trouble import Trouble
from service.settings import Settings

READY = "The backup is verified and ready: the next command of Exhibit puts it in place."
LEFT = "The old data stand; the next command of Exhibit removes what is left of the restore."
LOGS = ("-wal", "-shm", "-journal")  # SQLite would read an old one into the new database


class Unfinished(Trouble):
    """The system refused a step: what is there, and how it goes on."""


@dataclass(frozen=True)
class Swap:
    """Where the database and the key are, and beside them what is to take their places."""

    database: Path
    key: Path

    @property
    def folder(self) -> Path:
        """For what is not yet verified."""
        return _beside(self.database, "restoring")

    @property
    def is_pending(self) -> bool:
        return any(path.exists() for path in (self._ready, self._ready_key, self.folder))

    def begin(self) -> Path:
        """The empty folder to unpack into."""
        self.finish()
        self.folder.mkdir(mode=0o700)
        return self.folder

    def make_ready(self, database: Path, key: Path) -> None:
        """From here on these are the database and (if there is one) the key, unless `abandon`ed."""
        if key.exists():
            shutil.copyfile(key, self._ready_key)  # perhaps onto another disk
            self._ready_key.chmod(0o600)
            sync(self._ready_key)
            sync(self._ready_key.parent)
        sync(database)
        database.replace(self._ready)
        sync(self._ready.parent)

    def finish(self) -> None:
        """Put in place what is ready, and forget the rest. The caller is alone in the house.

        Raises Unfinished.
        """
        was_ready = self._ready.exists()
        try:
            self._finish()
        except OSError as error:
            raise _unfinished(READY if was_ready else LEFT, error) from error

    def _finish(self) -> None:
        if self._ready.exists():
            for ending in LOGS:
                self.database.with_name(self.database.name + ending).unlink(missing_ok=True)
            sync(self.database.parent)
            if self._ready_key.exists():
                self._ready_key.replace(self.key)
                sync(self.key.parent)
            self._ready.replace(self.database)
            sync(self.database.parent)
        self._ready_key.unlink(missing_ok=True)
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def abandon(self) -> None:
        """Forget what was begun, made ready or not: the old ones stay. Raises Unfinished."""
        try:
            self._ready.unlink(missing_ok=True)
            sync(self._ready.parent)
        except OSError as error:
            or_else = f"{READY} To keep the old data, delete {self._ready} before."
            raise _unfinished(or_else if self._ready.exists() else LEFT, error) from error
        self.finish()

    @property
    def _ready(self) -> Path:
        return _beside(self.database, "restored")

    @property
    def _ready_key(self) -> Path:
        return _beside(self.key, "restored")


def swap_of(settings: Settings) -> Swap | None:
    """None on PostgreSQL, which has its own tools."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Swap(Path(url.database), settings.data_dir / KEY)


def _unfinished(words: str, error: OSError) -> Unfinished:
    place = f"{error.filename}: " if error.filename else ""
    return Unfinished(f"{words} ({place}{error.strerror or error})")


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{ending}")
