"""No call to the file store is made in a transaction: a slow one holds nobody else up."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.core.blobs import Announce, Blobs, Stored
from service.core.db import Database
from service.domain.submissions.tables import LinkPurpose
from service.doors.tools import Tools
from tests.web.test_candidate_links import NOTES, SECOND, link_to
from tests.web.test_drafts_elsewhere import draft_on
from tests.worlds import World

SENT = {name: value for name, value in SECOND.items() if name != "do"}


class Watching(Blobs):
    """Notes of each call which connections to the database were in use meanwhile."""

    def __init__(self, url: str, database: Database) -> None:
        super().__init__(url)
        self._pool: Any = database.engine.pool
        self.seen: list[tuple[str, int]] = []

    def put(self, stream: BinaryIO, *, limit: int, announce: Announce | None = None) -> Stored:
        self._look("put")
        stored = super().put(stream, limit=limit, announce=announce)
        self._look("kept")
        return stored

    def size(self, sha256: str) -> int:
        self._look("size")
        return super().size(sha256)

    def _look(self, call: str) -> None:
        self.seen.append((call, self._pool.checkedout()))


@pytest.fixture
def blobs(tools: Tools) -> Watching:
    return Watching(tools.blobs.place, tools.database)


@pytest.fixture
def watched(tools: Tools, blobs: Watching) -> Iterator[TestClient]:
    app = create_app(replace(tools, blobs=blobs))
    with TestClient(app, "http://localhost", follow_redirects=False) as client:
        yield client


def test_who_sends_a_file_holds_no_transaction_while_it_goes_into_the_store(
    watched: TestClient, world: World, tools: Tools, blobs: Watching
) -> None:
    call, form = f"/api/v1/jobs/{world.job_slug}/submissions", f"/jobs/{world.job_slug}/apply"
    page = link_to(world, tools, LinkPurpose.STATUS)
    answers = [
        watched.post(call, data=SENT, files=[NOTES]),
        later := watched.post(form, data=SECOND | {"do": "add"}, files=[NOTES]),
        watched.post(form, data=SECOND | draft_on(later.text)),
        watched.post(page, data={"evidence-0-claim": "More."}, files=[NOTES]),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 303, 303]
    assert blobs.seen == [("put", 0), ("kept", 0)] * 3
