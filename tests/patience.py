"""Waiting for what another process or thread does: asked again and again, and not for ever."""

import time
from collections.abc import Callable
from threading import Event

PATIENCE = 60  # seconds, on a busy machine
BETWEEN = 0.01


def until(happened: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline, never = time.monotonic() + seconds, Event()
    while not happened():
        assert time.monotonic() < deadline
        never.wait(BETWEEN)
