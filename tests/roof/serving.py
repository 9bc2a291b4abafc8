"""Real server processes on a migrated database: two on PostgreSQL, one on SQLite."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx2
from sqlmodel import SQLModel, func, select

from service.core.db import Database
from service.core.migrations import migrate
from service.core.outbox import EventRow
from tests.patience import PATIENCE
from tests.roof.processes import Running, started
from tests.worlds import World, build_world

GENEROUS = {
    "rates__submissions": "100000/hour",
    "rates__submissions_everywhere": "100000/hour",
}


@dataclass(frozen=True)
class Servers:
    """Where they are, and what they share."""

    folder: Path
    url: str
    database: Database
    running: Sequence[Running]
    clients: Sequence[httpx2.Client]

    def fresh_world(self) -> World:
        """The same servers with other rows: they keep none."""
        with self.database.write() as session:
            for table in reversed(SQLModel.metadata.sorted_tables):
                session.connection().execute(table.delete())
        return build_world(self.database)

    def at_once(self, count: int, call: Callable[[httpx2.Client, int], Any]) -> list[Any]:
        """What `count` clients get that call in the same moment, each server in turn."""
        ready = Barrier(count)

        def wait_and_call(number: int) -> Any:
            client = self.clients[number % len(self.clients)]
            ready.wait()
            return call(client, number)

        with ThreadPoolExecutor(count) as crowd:
            return list(crowd.map(wait_and_call, range(count)))

    def count(self, table: type[SQLModel], *conditions: Any) -> int:
        with self.database.read() as session:
            query = select(func.count()).select_from(table).where(*conditions)
            return session.exec(query).one()

    def events(self, name: str) -> int:
        return self.count(EventRow, EventRow.name == name)


def statuses(answers: Sequence[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


@contextmanager
def serving(folder: Path, url: str, processes: int, **settings: str) -> Iterator[Servers]:
    """`exhibit serve`, so many times, on one database and one data folder."""
    database = Database(url)
    migrate(database)
    with ExitStack() as held:
        held.callback(database.dispose)
        words = {"database_url": url, **GENEROUS, **settings}
        running = [
            held.enter_context(started(folder, "serve", until="address", **words))
            for _ in range(processes)
        ]
        clients = [held.enter_context(_client(one.address)) for one in running]
        yield Servers(folder, url, database, running, clients)


def _client(address: str) -> httpx2.Client:
    """Of many connections; the call that waits for an answer keeps its own."""
    limits = httpx2.Limits(max_connections=100)
    return httpx2.Client(base_url=address, timeout=PATIENCE, limits=limits)
