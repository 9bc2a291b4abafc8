"""What a file says, found by a process of its own, which is ended when it takes too much."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO

from service.core.extractor import ODD, READERS

CPU_SECONDS, SECONDS, MEGABYTES = 20, 25, 512
CHARACTERS = 400_000  # of one file, about 150 pages full of words
LARGEST_ANSWER = 12 * CHARACTERS + 1_000  # JSON in ASCII, of a process that could be lying

EXTRACTOR = Path(__file__).with_name("extractor.py")
CAN_READ = frozenset(READERS)  # media types
STATES = ("read", "none", "encrypted", "unreadable")


@dataclass(frozen=True)
class Extracted:
    """`state` is one of STATES; there is text when it is `read`, and pages when it is a PDF."""

    state: str
    text: str = ""
    pages: int | None = None


UNREADABLE = Extracted("unreadable")


def extract(
    data: Iterable[bytes],
    media_type: str,
    *,
    cpu_seconds: int = CPU_SECONDS,
    seconds: int = SECONDS,
    megabytes: int = MEGABYTES,
) -> Extracted:
    """What these bytes say. Whatever is wrong with them, it is no error: they are unreadable."""
    limits = (cpu_seconds, seconds, megabytes, CHARACTERS)
    command = [sys.executable, "-I", "-X", "utf8", str(EXTRACTOR), media_type, *map(str, limits)]
    with TemporaryFile() as file:
        for piece in data:
            file.write(piece)
        file.seek(0)
        return _read(answer_of(command, file, seconds))


def answer_of(command: Sequence[str], file: IO[bytes], seconds: int) -> bytes:
    """What a program of our own says to a file; it is ended when it takes too long."""
    with subprocess.Popen(  # noqa: S603  # our own program, and no word of the file's
        command,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what goes wrong may repeat what the file says
        cwd="/",
        env={},
        start_new_session=True,  # a group of its own, so that all of it can be ended
    ) as child:
        late = Timer(seconds, end, (child.pid,))
        late.start()
        try:
            return child.stdout.read(LARGEST_ANSWER) if child.stdout else b""
        finally:
            late.cancel()
            late.join()
            end(child.pid)


def end(group: int) -> None:
    """Before anybody waits for it: until then its number is no one else's."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _read(answer: bytes) -> Extracted:
    """What the process said, if it said what it should."""
    try:
        found = Extracted(**json.loads(answer))
    except (ValueError, TypeError, RecursionError):
        return UNREADABLE
    return found if _is_sound(found) else UNREADABLE


def _is_sound(found: Extracted) -> bool:
    pages_known = found.pages is None or (type(found.pages) is int and 0 <= found.pages < 2**31)
    is_text = isinstance(found.text, str) and not ODD.search(found.text)
    return found.state in STATES and is_text and pages_known
