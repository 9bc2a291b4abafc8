"""What is asked of the disk, and in which order: the interpreter itself reports it."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any


@contextmanager
def watched(*, all_threads: bool = False) -> Iterator[list[str]]:
    """Each call of fsync, replace and rename with the name of its file; nothing is replaced.

    In this thread; on demand also in all that begin meanwhile.
    """
    seen: list[str] = []

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call":
            return
        if called is os.fsync:
            seen.append(f"fsync {_synced(frame)}")
        elif called in (os.replace, os.rename):
            seen.append(f"replace {Path(frame.f_locals['target']).name}")

    sys.setprofile(watch)
    if all_threads:
        threading.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _synced(frame: FrameType) -> str:
    """The file that the caller holds open, by its name as the system knows it."""
    held = frame.f_locals.get("descriptor") or frame.f_locals["file"].fileno()
    return Path(f"/proc/self/fd/{held}").readlink().name
