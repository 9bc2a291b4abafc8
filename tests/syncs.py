"""What is synced and put in place, in order: the interpreter itself reports each call into C."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from service.core.folders import sync_folder

WATCHED = (os.fsync, os.replace, os.rename)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Nothing is replaced; the list grows while the block runs."""
    seen: list[str] = []

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and called in WATCHED:
            of_folder = frame.f_code is sync_folder.__code__
            seen.append(f"{called.__name__} {frame.f_locals['folder'] if of_folder else 'file'}")

    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(None)
