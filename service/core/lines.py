"""A line to stand in, one at a time: threads of this process, and processes of this machine."""

import fcntl
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO

from service.core.errors import Unavailable

LOOK_SECONDS = 0.005  # flock waits for ever or not at all, so one looks again and again


class Line:
    """Threads wait on a lock, which is fair and wakes at once; processes by a lock on `file`."""

    def __init__(self, file: Path, *, seconds: float, part: str) -> None:
        self._file = file
        self._seconds = seconds
        self._part = part
        self._threads = Lock()

    @contextmanager
    def turn(self, seconds: float | None = None) -> Generator[None]:
        """Raises Unavailable after `seconds` of waiting, or when the file cannot be opened."""
        seconds = self._seconds if seconds is None else seconds
        until = time.monotonic() + seconds
        if not self._threads.acquire(timeout=seconds):
            raise Unavailable(part=self._part)
        try:
            with self._opened() as file:
                while not _taken(file):
                    if time.monotonic() > until:
                        raise Unavailable(part=self._part)
                    time.sleep(LOOK_SECONDS)
                yield
        finally:
            self._threads.release()

    def _opened(self) -> IO[bytes]:
        """To be closed at the end of the turn, which gives up the lock; so does death."""
        try:
            return self._file.open("ab")
        except OSError as error:
            raise Unavailable(part=self._part) from error


def _taken(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
