"""Before an answer of success the disk was asked to keep it: counted, and in which order."""

import re
from pathlib import Path

import psycopg
from starlette.testclient import TestClient

from service.app import build_tools, create_app
from service.settings import Settings
from tests.patience import until
from tests.syncs import watched
from tests.vfs import counted
from tests.worlds import World, build_world

TIMES = 5
SYNCS = """
SELECT coalesce(sum(fsyncs), 0) FROM pg_stat_io
WHERE object = 'wal' AND backend_type = 'client backend'
"""
OTHERS = """
SELECT pid FROM pg_stat_activity
WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()
"""


def send(client: TestClient, world: World, number: int) -> None:
    answer = client.post(
        f"/api/v1/jobs/{world.job_slug}/submissions",
        data={"name": "Eve", "email": f"{number}@example.org", "consent": "on", "claim": "Work."},
        files={"files": ("a.txt", f"Text {number}.".encode())},
    )
    assert answer.status_code == 201, answer.text


def test_bytes_folders_and_log_are_synced_in_this_order_before_the_answer(
    sqlite_url: str, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=sqlite_url)
    with watched(all_threads=True) as seen, counted(lambda name: seen.append(f"sync {name}")):
        tools = build_tools(settings)
        world = build_world(tools.database)
        with TestClient(create_app(tools), "http://localhost") as client:
            send(client, world, 0)  # makes what is made once
            for number in range(1, TIMES):
                seen.clear()
                send(client, world, number)
                assert [_kind(one) for one in seen] == [
                    "fsync file",  # under another name
                    "sync exhibit.db-wal",  # it is announced
                    "replace file",
                    *["fsync folder"] * 3,
                    "sync exhibit.db-wal",
                ]
        tools.database.dispose()


def _kind(step: str) -> str:
    """Without what differs from one file to the next."""
    step = re.sub(r"[0-9a-f]{32,}", "file", step)
    return re.sub(r" ([0-9a-f]{2}|blobs)$", " folder", step)


def test_postgresql_syncs_its_log_once_at_least_for_each_answer(
    postgresql_url: str, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=postgresql_url)
    tools = build_tools(settings)
    world = build_world(tools.database)
    tools.database.dispose()
    with psycopg.connect(postgresql_url, autocommit=True) as other:
        before = _syncs(other)
        with TestClient(create_app(tools), "http://localhost") as client:
            for number in range(TIMES):
                send(client, world, number)
        tools.database.dispose()
        after = _syncs(other)

    assert after - before >= TIMES


def _syncs(connection: psycopg.Connection) -> int:
    """Who ends tells its figures before it is gone."""
    until(lambda: connection.execute(OTHERS).fetchall() == [])
    return int(connection.execute(SYNCS).fetchall()[0][0])
