"""What a piece of work looks like to the loop that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from service.core.outbox import Task, renew
from service.doors.tools import Tools

Effect = Callable[[Session], None]


class LeaseLost(Exception):
    """Another worker has the task by now: nothing that was done for it is kept."""


class Hopeless(Exception):
    """No later try can help. Its words are kept and shown: they never hold personal data."""


@dataclass(frozen=True)
class TaskKind:
    """How one kind of task is done.

    `work` does what is slow, with no transaction open, and returns what is then written together
    with the task's end. `on_give_up` is told, in the transaction that ends the task without
    success, why. `every` makes the task come again. What may take long is done `beside` the rest.
    """

    work: Callable[[Tools, Task], Effect | None]
    on_give_up: Callable[[Session, Task, str], None] | None = None
    every: timedelta | None = None
    beside: bool = False


def hold(session: Session, task: Task) -> None:
    """For work of many transactions: in each of them, so that it never does what another one does,
    however long it takes. Raises LeaseLost.
    """
    if not renew(session, task):
        raise LeaseLost
