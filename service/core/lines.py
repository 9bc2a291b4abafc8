"""A line to stand in, one at a time: threads of this process, and processes of this machine."""

import fcntl
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO

from service.core.errors import Unavailable

PATIENCE = 0.5  # seconds, a tenth of what writers wait for at most
LOOK_SECONDS = 0.005  # flock waits for ever or not at all, so one looks again and again


@dataclass(eq=False)
class _Waiter:
    since: float
    woken: Lock = field(default_factory=Lock)
    is_next: bool = False  # it was handed over to this one


class Queue:
    """A lock that nobody waits for much longer than the others do.

    It is free for whoever runs at that moment, which is quickest, until somebody has waited for
    `patience` seconds; then it is handed over to who waited longest. Python's own is never handed
    over: of eight busy threads one was passed by hundreds of times, and gave up.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._guard = Lock()
        self._is_held = False
        self._waiting: deque[_Waiter] = deque()

    def acquire(self, seconds: float) -> bool:
        """Whether it is ours; False after so many seconds."""
        mine = _Waiter(time.monotonic())
        mine.woken.acquire()
        with self._guard:
            if self._taken():
                return True
            self._waiting.append(mine)
        while mine.woken.acquire(timeout=max(0, mine.since + seconds - time.monotonic())):
            with self._guard:
                if mine.is_next:
                    return True
                if self._taken():
                    self._waiting.remove(mine)
                    return True
        with self._guard:
            if not mine.is_next:
                self._waiting.remove(mine)
                self._wake()  # whoever stands behind, if we were woken in this very moment
            return mine.is_next

    def release(self) -> None:
        with self._guard:
            first = self._waiting[0] if self._waiting else None
            if first and time.monotonic() - first.since >= self._patience:
                self._waiting.popleft()
                first.is_next = True
            else:
                self._is_held = False
            if first and first.woken.locked():
                first.woken.release()

    def _taken(self) -> bool:
        was_free, self._is_held = not self._is_held, True
        return was_free

    def _wake(self) -> None:
        if not self._is_held and self._waiting and self._waiting[0].woken.locked():
            self._waiting[0].woken.release()


class Line:
    """Threads wait in a queue, which wakes them at once; processes by a lock on `file`."""

    def __init__(self, file: Path, *, seconds: float, part: str) -> None:
        self._file = file
        self._seconds = seconds
        self._part = part
        self._threads = Queue()

    @contextmanager
    def turn(self, seconds: float | None = None) -> Generator[None]:
        """Raises Unavailable after `seconds` of waiting, or when the file cannot be opened."""
        seconds = self._seconds if seconds is None else seconds
        until = time.monotonic() + seconds
        if not self._threads.acquire(seconds):
            raise Unavailable(part=self._part)
        try:
            with self._opened() as file:
                while not _taken(file):
                    if time.monotonic() > until:
                        raise Unavailable(part=self._part)
                    time.sleep(LOOK_SECONDS)  # a file lock wakes nobody within a time
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
