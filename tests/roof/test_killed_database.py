"""PostgreSQL is killed under load: a backend, then the whole server; and all goes on by itself."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlmodel import select

from service.core.db import Database
from service.domain.submissions.tables import Revision
from tests.databases import recreate_postgresql
from tests.depth import FULL
from tests.patience import until
from tests.postgresql import restart, run_server
from tests.roof.processes import Running, started
from tests.roof.serving import GENEROUS
from tests.roof.test_killed import (
    Sender,
    assert_all_was_written,
    assert_kept,
    assert_recorded,
    staff,
)

SENDERS = 50 if FULL else 6
ROUNDS = 5 if FULL else 1
BETWEEN = 8  # answers between one fault and the next
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = 'killed' AND state IS NOT NULL"


@pytest.fixture
def server() -> Iterator[tuple[str, Path]]:
    """A server of our own to kill: where it is asked, and where it lives."""
    with run_server() as url:
        yield url, Path(parse_qs(urlsplit(url).query)["host"][0])


def send_until(over: Event, sender: Sender, address: str) -> None:
    """One after the other, each until it is acknowledged: in between it is 503, and never worse."""
    number = 0
    while not over.is_set():
        name = f"{sender.name}-{number}"
        answer = sender.send(address, name)
        assert answer.status_code in {201, 503}, answer.text
        if answer.status_code == 201:
            sender.acknowledged[name] = answer.json()["id"]
            number += 1
        else:
            assert answer.headers["Retry-After"] == "5"
            over.wait(0.05)


def test_nothing_is_lost_or_doubled_when_postgresql_is_killed(
    server: tuple[str, Path], tmp_path: Path
) -> None:
    url, folder = server
    database_url = recreate_postgresql(url, "killed")
    senders, over = [Sender(f"pg-{number}") for number in range(SENDERS)], Event()

    def more() -> None:
        """So many answers more have come."""
        wanted = sum(len(one.acknowledged) for one in senders) + BETWEEN
        until(lambda: sum(len(one.acknowledged) for one in senders) >= wanted)

    with started(tmp_path, "run", database_url=database_url, **GENEROUS) as running:
        with ThreadPoolExecutor(SENDERS) as pool:
            sending = [pool.submit(send_until, over, one, running.address) for one in senders]
            try:
                for _ in range(ROUNDS):
                    more()
                    kill_a_backend(url)
                    more()
                    kill_the_server(folder)
                    restart(folder)
                    more()
            finally:
                over.set()
            for each in sending:
                each.result()
        assert_whole(running, database_url, senders, tmp_path)


def kill_a_backend(url: str) -> None:
    """PostgreSQL ends all of them then, and recovers from its log by itself."""
    with psycopg.connect(url) as connection:
        pids = [pid for (pid,) in connection.execute(BACKENDS)]
    os.kill(pids[0], signal.SIGKILL)


def kill_the_server(folder: Path) -> None:
    pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)


def assert_whole(running: Running, database_url: str, senders: list[Sender], folder: Path) -> None:
    acknowledged = {name: id for one in senders for name, id in one.acknowledged.items()}
    database = Database(database_url)
    with staff(running) as client:
        assert_kept(client, acknowledged)
        assert client.get(f"{running.address}/health/ready").status_code == 200
    assert_recorded(database, acknowledged)
    assert_all_was_written(database, folder)
    with database.read() as session:
        names = list(session.exec(select(Revision.name)).all())
    database.dispose()
    assert len(names) == len(set(names))
    assert set(acknowledged) <= set(names)
