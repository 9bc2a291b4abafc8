"""A request that met another one in the database is done again, from its handler's first line.

Its body has been read and stays; what a handler does beside its transaction can be done twice: it
looks, hashes, and keeps bytes under their own hash. Only a rate may count it once more.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from inspect import iscoroutinefunction
from time import monotonic
from typing import Any

from service.core.db import LOCK_WAIT_SECONDS
from service.doors.visit import Again, Visit

RETRIES = 3


def repeating(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The same handler, called up to RETRIES times more as long as nobody waits too long for it."""
    if iscoroutinefunction(handler):
        return handler  # opens no transaction

    @wraps(handler)
    def repeated(**given: Any) -> Any:
        visits = [value for value in given.values() if isinstance(value, Visit)]
        until = monotonic() + LOCK_WAIT_SECONDS
        for left in range(RETRIES, -1, -1):
            for visit in visits:
                visit.may_repeat = left > 0 and monotonic() < until
            with suppress(Again):
                return handler(**given)
        raise AssertionError("The last try never asks for another one.")

    return repeated
