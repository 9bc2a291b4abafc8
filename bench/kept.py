"""Filled databases, made once for each size, database and newest migration, and copied for a run.

A run changes what it measures, so it has a copy of its own, which goes when it ends.
"""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.filling import fill
from service.core.blobs import Blobs
from service.core.db import Database
from service.core.migrations import head, migrate
from tests.databases import recreate_postgresql
from tests.postgresql import run_server

DISK = Path("/var/tmp")  # noqa: S108  # no secrets; PostgreSQL on a memory disk would sync for free
NAME = "exhibit"


@dataclass(frozen=True)
class Filled:
    """A database to measure, with the data folder that belongs to it."""

    kind: str
    size: int
    url: str
    folder: Path


@contextmanager
def filled(kind: str, size: int, cache: Path) -> Generator[Filled]:
    """A copy of the kept one, which is made first if it is not there."""
    kept = cache / f"{size}-{kind}-{head()}"
    if not kept.exists():
        _make(kind, size, kept)
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="run-", dir=cache) as name:
        folder = Path(name)
        _copy(kept / "blobs", folder / "blobs")
        if kind == "sqlite":
            _copy(kept / "exhibit.db", folder / "exhibit.db")
            yield Filled(kind, size, f"sqlite:///{folder / 'exhibit.db'}", folder)
        else:
            with run_server(place=DISK, copy_of=kept / "cluster") as url:
                yield Filled(kind, size, url.replace("/postgres?", f"/{NAME}?"), folder)


def _make(kind: str, size: int, kept: Path) -> None:
    print(f"making {size} submissions on {kind}; they are kept in {kept}", flush=True)
    unfinished = kept.with_name(f"{kept.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    if kind == "sqlite":
        _fill(f"sqlite:///{unfinished / 'exhibit.db'}", unfinished, size)
    else:
        with run_server(place=DISK, keep_as=unfinished / "cluster") as url:
            _fill(recreate_postgresql(url, NAME), unfinished, size)
    unfinished.rename(kept)


def _fill(url: str, folder: Path, size: int) -> None:
    database = Database(url)
    migrate(database)
    fill(database, Blobs(str(folder / "blobs")), size)
    database.dispose()


def _copy(source: Path, target: Path) -> None:
    """Without copying the bytes, where the file system can."""
    subprocess.run(["/bin/cp", "-r", "--reflink=auto", source, target], check=True)  # noqa: S603  # our own folders
