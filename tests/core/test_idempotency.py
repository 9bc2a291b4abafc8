"""Whoever sends a key that runs already waits for its end, holding nothing, and not for ever."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from service.core import idempotency
from service.core.idempotency import MOST_WAITING, WAIT_SECONDS, StillRunning, patiently, running
from tests.patience import until

KEY = ("somebody", "POST /somewhere", "once")


def enter() -> str:
    with running(KEY):
        return "mine"


def all_wait() -> bool:
    return idempotency._waiting._value == 0


def test_who_waits_goes_on_when_the_first_has_ended() -> None:
    with ThreadPoolExecutor(MOST_WAITING) as crowd:
        with running(KEY):
            waiting = [crowd.submit(patiently, enter) for _ in range(MOST_WAITING)]
            until(all_wait)
        got = [each.result() for each in waiting]

    assert got == ["mine"] * MOST_WAITING


def test_when_enough_wait_the_next_is_refused_at_once() -> None:
    with ThreadPoolExecutor(MOST_WAITING) as crowd, running(KEY):
        waiting = [crowd.submit(patiently, enter) for _ in range(MOST_WAITING)]
        until(all_wait)
        began = time.monotonic()
        with pytest.raises(StillRunning):
            patiently(enter)
        took = time.monotonic() - began
        with suppress(StillRunning):
            waiting[0].result()
        waited = time.monotonic() - began

    assert took < WAIT_SECONDS / 2
    assert waited < WAIT_SECONDS * 2
    assert idempotency._waiting._value == MOST_WAITING
