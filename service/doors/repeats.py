"""A request that met another one in the database is done again, from its handler's first line.

Its body has been read and stays, and what it noted on the request is forgotten; what a handler does
beside its transaction can be done twice: it looks, hashes, and keeps bytes under their own hash;
and rates count it once.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from inspect import iscoroutinefunction
from time import monotonic
from typing import Any

from service.core.db import LOCK_WAIT_SECONDS
from service.core.rates import counting_once
from service.doors.visit import Again, Visit

RETRIES = 3


@contextmanager
def repeatable(visits: Sequence[Visit], *, may: bool) -> Generator[None]:
    """Whether these may ask for another try; never for what goes on after the handler.

    Another try finds the requests as this one found them: a key that was renewed is the old one.
    """
    states = [visit.request.scope.setdefault("state", {}) for visit in visits]
    found = [dict(state) for state in states]
    for visit in visits:
        visit.may_repeat = may
    try:
        yield
    except Again:
        for state, before in zip(states, found, strict=True):
            state.clear()
            state.update(before)
        raise
    finally:
        for visit in visits:
            visit.may_repeat = False


def repeating(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The same handler, called up to RETRIES times more as long as nobody waits too long for it."""
    if iscoroutinefunction(handler):
        return handler  # opens no transaction

    @wraps(handler)
    def repeated(**given: Any) -> Any:
        visits = [value for value in given.values() if isinstance(value, Visit)]
        until = monotonic() + LOCK_WAIT_SECONDS
        with counting_once():
            for left in range(RETRIES, -1, -1):
                with suppress(Again), repeatable(visits, may=left > 0 and monotonic() < until):
                    return handler(**given)
        raise AssertionError("The last try never asks for another one.")

    return repeated
