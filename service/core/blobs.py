"""Bytes kept by their content: in a folder, or in an S3 store. Knows nothing of who owns them."""

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from service.core.durable import sync
from service.core.errors import NotFound, Refusal, TooLarge, Unavailable

PIECE = 1024 * 1024
KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})")
INCOMING = "incoming"
BRISK_SECONDS = 2  # for one call while a transaction waits for it


class BlobMissing(NotFound):
    code = "file_missing"
    message = "The bytes of this file are not in the file store."


class StoreFailed(Unavailable):
    code = "file_store_unavailable"
    message = "The file store cannot be reached at the moment. Nothing was kept; try again soon."


class StoreUnusable(Unavailable):
    """What `check` found, for the operator: the reason may name hosts and folders."""

    code = "file_store_unusable"
    message = "Trying to {step} in the file store {place} failed: {reason}."


@dataclass(frozen=True)
class Stored:
    """What is now safe in the store: its SHA-256 in hex, and its size in bytes."""

    sha256: str
    size: int


Announce = Callable[[Stored], None]


class Blobs:
    """Bytes by SHA-256 at `url`: a folder's path, `file://…`, or `s3://bucket/prefix`.

    `options` are obstore's S3 settings (`endpoint`, `region`, `access_key_id`, …); `timeout` is
    seconds for one call, and a call is repeated at most `retries` times (`delete` is brisk). Every
    failure of the store itself is raised as StoreFailed.
    """

    def __init__(
        self,
        url: str,
        *,
        options: Mapping[str, str] | None = None,
        timeout: float = 20,
        retries: int = 2,
    ) -> None:
        self.place = url
        self._folder = _folder_of(url)
        self._store: LocalStore | S3Store
        self._brisk: LocalStore | S3Store
        if self._folder is None:
            self._store = _s3(url, dict(options or {}), timeout, retries)
            self._brisk = _s3(url, dict(options or {}), min(timeout, BRISK_SECONDS), retries=0)
        else:
            self._known: set[Path] = set()  # folders whose names are on the disk
            (self._folder / INCOMING).mkdir(parents=True, exist_ok=True, mode=0o700)
            self._store = self._brisk = LocalStore(prefix=self._folder)

    def put(self, stream: BinaryIO, *, limit: int, announce: Announce | None = None) -> Stored:
        """Keep all of `stream`, which may be at most `limit` bytes, and return when it is safe.

        The same bytes are kept once; putting them again makes them new for `list_older_than`.
        `announce` is told what comes, once all of it is read and before it takes its place.
        Raises TooLarge, StoreFailed.
        """
        with _failures():
            if self._folder is None:
                return self._put_s3(stream, limit, announce)
            return self._put_folder(self._folder, stream, limit, announce)

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in pieces of at most 1 MiB.

        Raises BlobMissing at once, not in the middle. Each piece is a call of its own, so a slow
        receiver holds no connection to the store.
        """
        size = self.size(sha256)
        return self._pieces(_key(sha256), start, size if end is None else min(end, size))

    def size(self, sha256: str) -> int:
        with _failures(absent=BlobMissing):
            return obstore.head(self._store, _key(sha256))["size"]

    def exists(self, sha256: str) -> bool:
        try:
            self.size(sha256)
        except BlobMissing:
            return False
        return True

    def delete(self, sha256: str, *, older_than: datetime | None = None) -> bool:
        """Remove the bytes; False when they are not there, or were put at or after `older_than`.

        In a folder, the look at the time and the removal cannot be split by a `put` of the same
        bytes. S3 has no such promise: there the caller keeps it from happening meanwhile.

        It is called in a transaction that others wait for, so a slow store ends it early.
        """
        try:
            with _failures(absent=BlobMissing), self._alone():
                meta = obstore.head(self._brisk, _key(sha256))
                if older_than is not None and meta["last_modified"] >= older_than:
                    return False
                obstore.delete(self._brisk, _key(sha256))
        except BlobMissing:
            return False
        return True

    def list_older_than(self, when: datetime) -> Iterator[str]:
        """The SHA-256 of everything put before `when`, in no particular order."""
        with _failures():
            for batch in obstore.list(self._store, chunk_size=1000):
                for meta in batch:
                    key = KEY.fullmatch(meta["path"])
                    if key and meta["last_modified"] < when:
                        yield key[1]

    def sweep_unfinished(self, when: datetime) -> int:
        """Remove what was still arriving when a process died before `when`; says how many.

        An S3 store drops unfinished uploads by a lifecycle rule of its bucket.
        """
        swept = 0
        if self._folder is not None:
            with _failures():
                for path in (self._folder / INCOMING).iterdir():
                    with suppress(FileNotFoundError):  # it arrived whole in this very moment
                        if path.stat().st_mtime < when.timestamp():
                            path.unlink()
                            swept += 1
        return swept

    def check(self) -> None:
        """Write, read and delete a few bytes. Raises StoreUnusable with what failed and why."""
        key, probe, step = f"{INCOMING}/check-{uuid4().hex}", b"exhibit", "write"
        try:
            obstore.put(self._store, key, probe)
            step = "read"
            if bytes(obstore.get(self._store, key).bytes()) != probe:
                raise StoreUnusable(place=self.place, step=step, reason="other bytes came back")
            step = "delete"
            obstore.delete(self._store, key)
        except (BaseError, OSError, ValueError) as error:
            raise StoreUnusable(place=self.place, step=step, reason=_reason(error)) from error

    def _pieces(self, key: str, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, PIECE):
            with _failures(absent=BlobMissing):
                piece = obstore.get_range(self._store, key, start=at, end=min(at + PIECE, end))
            yield bytes(piece)

    def _put_s3(self, stream: BinaryIO, limit: int, announce: Announce | None) -> Stored:
        # The key is the hash, so all bytes pass by before the upload may begin.
        with SpooledTemporaryFile(max_size=PIECE) as spool:
            stored = _copy(stream, spool, limit)
            if announce:
                announce(stored)
            spool.seek(0)
            obstore.put(self._store, _key(stored.sha256), spool, max_concurrency=2)
        return stored

    def _put_folder(
        self, folder: Path, stream: BinaryIO, limit: int, announce: Announce | None
    ) -> Stored:
        """Write aside, sync, rename, sync the folders.

        We do this ourselves: obstore's LocalStore writes aside and renames, but never syncs (its
        Rust crate could, the Python package offers no way to ask for it).
        """
        aside = folder / INCOMING / uuid4().hex
        try:
            aside.touch(mode=0o600, exist_ok=False)
            with aside.open("wb") as file:
                stored = _copy(stream, file, limit)
                file.flush()
                os.fsync(file.fileno())
            if announce:
                announce(stored)
            home = folder / _key(stored.sha256)
            home.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._alone():
                aside.replace(home)
        finally:
            aside.unlink(missing_ok=True)
        sync(home.parent)
        if home.parent not in self._known:  # made just now, or by a process that has yet to sync it
            sync(home.parent.parent)
            sync(folder)
            self._known.add(home.parent)
        return stored

    @contextmanager
    def _alone(self) -> Generator[None]:
        """In a folder, one process at a time puts a name in place or takes one away."""
        if self._folder is None:
            yield
            return
        with (self._folder / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _folder_of(url: str) -> Path | None:
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return None
    if parts.scheme == "file":
        return Path(unquote(parts.path)).absolute()
    if "://" in url:
        raise ValueError(f"The file store must be a folder or s3://…, not {parts.scheme}://…")
    return Path(url).absolute()


def _s3(url: str, options: Any, timeout: float, retries: int) -> S3Store:
    endpoint = options.get("endpoint") or options.get("aws_endpoint_url_s3") or ""
    return S3Store.from_url(
        url,
        config=options,
        client_options={
            "connect_timeout": timedelta(seconds=min(timeout, 5)),
            "timeout": timedelta(seconds=timeout),
            "allow_http": endpoint.startswith("http://"),
        },
        retry_config={
            "max_retries": retries,
            "retry_timeout": timedelta(seconds=timeout * (retries + 1)),
            "backoff": {"max_backoff": timedelta(seconds=2)},
        },
    )


def _copy(stream: BinaryIO, target: IO[bytes], limit: int) -> Stored:
    digest, size = hashlib.sha256(), 0
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > limit:
            raise TooLarge(limit=_in_words(limit))
        digest.update(piece)
        target.write(piece)
    return Stored(digest.hexdigest(), size)


def _reason(error: Exception) -> str:
    """The store's own words, without obstore's dump of what it holds in memory."""
    told = str(error).partition("Debug source:")[0]
    if answer := re.search(r"<Message>(.*?)</Message>", told, re.DOTALL):
        told = answer[1]
    return " ".join(told.rpartition(" - ")[2].split()).rstrip(".")[:300]


def _in_words(limit: int) -> str:
    return f"{limit // PIECE} MiB" if limit >= PIECE else f"{limit} bytes"


def _key(sha256: str) -> str:
    key = f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
    if not KEY.fullmatch(key):
        raise BlobMissing
    return key


@contextmanager
def _failures(absent: type[Refusal] = StoreFailed) -> Generator[None]:
    """Whatever goes wrong between us and the store, in our own words."""
    try:
        yield
    except FileNotFoundError as error:
        raise absent from error
    except (BaseError, OSError) as error:
        raise StoreFailed from error
