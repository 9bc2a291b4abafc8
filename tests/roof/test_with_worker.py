"""One server process that does the worker's work, too."""

from pathlib import Path

import httpx2

from service.core.db import Database
from service.core.migrations import migrate
from tests.patience import PATIENCE, until
from tests.roof.processes import exhibit, started
from tests.worlds import build_world

SENT = {
    "name": "Ida Moreau",
    "email": "ida@example.org",
    "consent": True,
    "evidence": [{"title": "A parser", "claim": "It reads."}],
    "answers": {"wrong": "Never."},
}


def test_a_server_with_a_worker_in_it_writes_the_letters(
    bare_database_url: str, tmp_path: Path
) -> None:
    database = Database(bare_database_url)
    migrate(database)
    world = build_world(database)
    database.dispose()
    words = {"database_url": bare_database_url, "until": "the worker runs in this process too"}
    with (
        started(tmp_path, "serve", "--with-worker", **words) as running,
        httpx2.Client(base_url=running.address, timeout=PATIENCE) as client,
    ):
        url = f"/api/v1/jobs/{world.job_slug}/submissions"
        assert client.post(url, json=SENT).status_code == 201
        until(lambda: any((tmp_path / "var" / "mail").glob("*.eml")))
        assert running.stop() == 0


def test_several_servers_have_no_worker_in_them(bare_postgresql_url: str, tmp_path: Path) -> None:
    database = Database(bare_postgresql_url)
    migrate(database)
    database.dispose()

    refused = exhibit(
        tmp_path, "serve", "--workers", "2", "--with-worker", database_url=bare_postgresql_url
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("exhibit: --with-worker is for one server process:")
