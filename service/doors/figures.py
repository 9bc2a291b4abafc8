"""Figures of the whole service for operators: counts and ages, nothing about anybody."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlmodel import Session, col, func, select

from service.core.clock import utc_now
from service.core.db import Database
from service.core.outbox import Task, TaskState
from service.domain.submissions.tables import Blob, Submission


class Figures(Collector):
    """Asked of the database whenever Prometheus comes by."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def describe(self) -> list[Metric]:
        return []  # nothing is asked before somebody wants it

    def collect(self) -> Iterator[Metric]:
        with self.database.read() as session:
            waiting, given_up, late = _outbox(session)
            files, size = session.exec(select(func.count(), func.sum(Blob.size))).one()
            submissions = session.exec(select(func.count()).select_from(Submission)).one()
        yield _gauge("outbox_waiting", "Pieces of work that wait for the worker.", waiting)
        yield _gauge("outbox_given_up", "Pieces of work the worker has given up.", given_up)
        yield _gauge("outbox_oldest_seconds", "How long the oldest due work has waited.", late)
        yield _gauge("files", "Files kept, each content once.", files)
        yield _gauge("files_bytes", "Bytes of all files kept.", float(size or 0))
        yield _gauge("submissions", "Submissions there are.", submissions)


def _outbox(session: Session) -> tuple[int, int, float]:
    """How many wait, how many were given up, and how many seconds the oldest due one is late."""
    counts = dict(session.exec(select(Task.state, func.count()).group_by(Task.state)).all())
    due = col(Task.due_at) <= utc_now()
    oldest = session.exec(
        select(func.min(Task.due_at)).where(Task.state == TaskState.WAITING, due)
    ).one()
    late = (utc_now() - oldest).total_seconds() if oldest else 0.0
    return counts.get(TaskState.WAITING, 0), counts.get(TaskState.GIVEN_UP, 0), late


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"exhibit_{name}", words, value=value)
