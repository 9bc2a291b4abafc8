"""Bytes by content, in a real folder and in a real S3 server on loopback."""

import hashlib
import os
import re
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from service.core.blobs import PIECE, BlobMissing, Blobs, StoreFailed, StoreUnusable
from service.core.db import LOCK_WAIT_SECONDS
from service.core.errors import TooLarge
from tests.s3 import S3Place
from tests.syncs import watched

LIMIT = 25 * PIECE


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return Blobs(str(tmp_path / "blobs"))
    place: S3Place = request.getfixturevalue("s3")
    return Blobs(f"{place.url}/{tmp_path.name}", options=place.options, timeout=10)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def test_what_is_put_comes_back(blobs: Blobs) -> None:
    data = os.urandom(3 * PIECE + 17)

    stored = blobs.put(BytesIO(data), limit=LIMIT)

    assert (stored.sha256, stored.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert b"".join(blobs.read(stored.sha256)) == data
    assert blobs.size(stored.sha256) == len(data)
    assert blobs.exists(stored.sha256)


def test_a_large_file_goes_up_in_parts(blobs: Blobs) -> None:
    data = os.urandom(11 * PIECE)

    stored = blobs.put(BytesIO(data), limit=LIMIT)

    assert hashlib.sha256(b"".join(blobs.read(stored.sha256))).hexdigest() == stored.sha256


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (0, 1), (5, 9), (PIECE - 1, PIECE + 1), (10, None), (9, 10**9)]
)
def test_a_range_is_read(blobs: Blobs, start: int, end: int | None) -> None:
    data = os.urandom(2 * PIECE)
    stored = blobs.put(BytesIO(data), limit=LIMIT)

    assert b"".join(blobs.read(stored.sha256, start, end)) == data[start:end]


def test_nothing_is_kept_of_what_is_too_large(blobs: Blobs) -> None:
    blobs.put(BytesIO(b"x" * 100), limit=100)

    with pytest.raises(TooLarge):
        blobs.put(BytesIO(b"y" * 101), limit=100)

    assert list(blobs.list_older_than(soon())) == [hashlib.sha256(b"x" * 100).hexdigest()]
    assert blobs.sweep_unfinished(soon()) == 0


def test_the_same_bytes_are_kept_once_and_become_new_again(blobs: Blobs) -> None:
    first = blobs.put(BytesIO(b"same"), limit=10)
    time_between = datetime.now(UTC)
    while datetime.now(UTC) < time_between.replace(microsecond=0) + timedelta(seconds=1):
        pass  # S3 tells whole seconds

    between = datetime.now(UTC).replace(microsecond=0)
    assert list(blobs.list_older_than(between)) == [first.sha256]
    second = blobs.put(BytesIO(b"same"), limit=10)

    assert second == first
    assert list(blobs.list_older_than(soon())) == [first.sha256]
    assert list(blobs.list_older_than(between)) == []
    assert not blobs.delete(first.sha256, older_than=between)
    assert blobs.exists(first.sha256)
    assert blobs.delete(first.sha256, older_than=soon())


def test_what_is_deleted_is_gone(blobs: Blobs) -> None:
    stored = blobs.put(BytesIO(b"gone"), limit=10)

    assert [blobs.delete(stored.sha256), blobs.delete(stored.sha256)] == [True, False]

    assert not blobs.exists(stored.sha256)
    with pytest.raises(BlobMissing):
        blobs.read(stored.sha256)


@pytest.mark.parametrize("key", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64])
def test_a_key_that_is_no_hash_is_missing(blobs: Blobs, key: str) -> None:
    with pytest.raises(BlobMissing):
        blobs.read(key)


def test_a_good_store_passes_its_check(blobs: Blobs) -> None:
    blobs.check()

    assert list(blobs.list_older_than(soon())) == []


def test_a_file_url_is_a_folder(tmp_path: Path) -> None:
    stored = Blobs((tmp_path / "a b").as_uri()).put(BytesIO(b"x"), limit=1)

    assert Blobs(str(tmp_path / "a b")).exists(stored.sha256)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="gopher"):
        Blobs("gopher://files")


def test_bytes_are_private_and_fanned_out(tmp_path: Path) -> None:
    stored = Blobs(str(tmp_path)).put(BytesIO(b"x"), limit=1)
    path = tmp_path / stored.sha256[:2] / stored.sha256[2:4] / stored.sha256

    assert path.read_bytes() == b"x"
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_is_synced_before_it_gets_its_name_and_the_folders_after(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    with watched() as seen:
        stored = blobs.put(BytesIO(b"x"), limit=1)

    assert re.fullmatch("fsync [0-9a-f]{32}", seen[0])  # its name aside
    assert seen[1:] == [
        f"replace {stored.sha256}",
        f"fsync {stored.sha256[2:4]}",
        f"fsync {stored.sha256[:2]}",
        f"fsync {tmp_path.name}",
    ]


def test_folders_above_are_synced_but_once_by_each_process(tmp_path: Path) -> None:
    blobs, other = Blobs(str(tmp_path)), Blobs(str(tmp_path))
    stored = blobs.put(BytesIO(b"x"), limit=1)
    with watched() as again:
        blobs.put(BytesIO(b"x"), limit=1)
    with watched() as elsewhere:
        other.put(BytesIO(b"x"), limit=1)

    assert again[2:] == [f"fsync {stored.sha256[2:4]}"]
    assert elsewhere[3:] == [f"fsync {stored.sha256[:2]}", f"fsync {tmp_path.name}"]


def test_a_kill_while_bytes_arrive_leaves_nothing_but_something_to_sweep(tmp_path: Path) -> None:
    code = (
        "import sys; from service.core.blobs import Blobs\n"
        "Blobs(sys.argv[1]).put(sys.stdin.buffer, limit=10**9)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE) as it:
        assert it.stdin is not None
        it.stdin.write(b"x" * 3 * PIECE)
        it.stdin.flush()
        while not any(f.stat().st_size for f in tmp_path.glob("incoming/*")):
            assert it.poll() is None
        it.kill()

    blobs = Blobs(str(tmp_path))
    assert list(blobs.list_older_than(soon())) == []
    assert blobs.sweep_unfinished(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert blobs.sweep_unfinished(soon()) == 1


def test_many_threads_put_and_sweep_the_same_bytes(tmp_path: Path) -> None:
    """A sweep never takes away what was put again after the sweep's limit in time."""
    blobs = Blobs(str(tmp_path))
    stored = blobs.put(BytesIO(b"race"), limit=10)
    path = tmp_path / stored.sha256[:2] / stored.sha256[2:4] / stored.sha256
    lost: list[int] = []

    def sweep(limit: datetime) -> None:
        blobs.delete(stored.sha256, older_than=limit)

    for turn in range(50):
        if path.exists():
            os.utime(path, (1, 1))
        sweeper = threading.Thread(target=sweep, args=[datetime.now(UTC) - timedelta(hours=1)])
        sweeper.start()
        blobs.put(BytesIO(b"race"), limit=10)
        sweeper.join()
        if not blobs.exists(stored.sha256):
            lost.append(turn)

    assert lost == []


def test_memory_stays_flat(tmp_path: Path) -> None:
    class Zeros(BytesIO):
        left = 300 * PIECE

        def read(self, size: int | None = -1, /) -> bytes:
            taken = min(size or 0, self.left)
            self.left -= taken
            return bytes(taken)

    blobs = Blobs(str(tmp_path))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stored = blobs.put(Zeros(), limit=10**9)
    assert sum(map(len, blobs.read(stored.sha256))) == 300 * PIECE

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # KiB


def test_a_full_disk_is_a_failure_of_the_store(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: the same kind of error from write."""
    code = (
        "import resource, signal, sys, io; from service.core.blobs import Blobs, StoreFailed\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "blobs = Blobs(sys.argv[1])\n"
        "try: blobs.put(io.BytesIO(b'x' * 5000), limit=10**9)\n"
        "except StoreFailed: print('refused', list(blobs._folder.glob('incoming/*')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert done.stdout == "refused []\n"


@pytest.mark.parametrize(
    "call",
    [
        lambda b: b.put(BytesIO(b"x"), limit=1),
        lambda b: b.read("a" * 64),
        lambda b: b.delete("a" * 64),
        lambda b: list(b.list_older_than(soon())),
    ],
    ids=["put", "read", "delete", "list"],
)
@pytest.mark.parametrize("kind", ["refuses", "hangs"])
def test_a_store_out_of_reach_fails_within_a_bound(
    s3: S3Place, call: Callable[[Blobs], object], kind: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if kind == "refuses":
            silent.close()
        options = s3.options | {"endpoint": f"http://127.0.0.1:{port}"}
        blobs = Blobs(s3.url, options=options, timeout=0.3, retries=1)
        began = time.monotonic()

        with pytest.raises(StoreFailed):
            call(blobs)

        assert time.monotonic() - began < 5


def test_who_deletes_waits_for_less_long_than_others_wait_for_a_transaction(s3: S3Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = s3.options | {"endpoint": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        blobs = Blobs(s3.url, options=options)
        began = time.monotonic()

        with pytest.raises(StoreFailed):
            blobs.delete("a" * 64)

        # It looks and then deletes: two calls, and each may take as long.
        assert 2 * (time.monotonic() - began) < LOCK_WAIT_SECONDS


def test_a_check_says_what_fails_and_why(s3: S3Place, tmp_path: Path) -> None:
    wrong = Blobs("s3://no-such-bucket/x", options=s3.options, timeout=5, retries=0)
    said = r"to write in the file store s3://no-such-bucket/x failed: .* bucket does not exist\.$"
    with pytest.raises(StoreUnusable, match=said):
        wrong.check()

    gone = Blobs(str(tmp_path / "blobs"))
    (tmp_path / "blobs" / "incoming").rmdir()
    (tmp_path / "blobs").rmdir()
    (tmp_path / "blobs").write_text("a file stands where the folder was")
    with pytest.raises(StoreUnusable, match=r"to write in .* failed: .*Not a directory"):
        gone.check()
    with pytest.raises(StoreFailed):
        gone.put(BytesIO(b"x"), limit=1)
