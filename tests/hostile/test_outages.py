"""What we lean on is gone or busy: said in time with `Retry-After`, and nothing half done."""

import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sqlalchemy as sa
from httpx2 import Response
from starlette.testclient import TestClient

from service.app import create_app
from service.core import idempotency
from service.core.blobs import Blobs
from service.core.db import LOCK_WAIT_SECONDS, Database
from service.core.errors import Unavailable
from service.doors.tools import Tools
from tests.hostile.calls import CALLS, PDF, Full
from tests.hostile.invariants import Watch
from tests.worlds import Person, Sent, World

FORM = {"name": "Eve", "email": "eve@example.org", "consent": "yes", "claim": "It works."}
FILE = {"files": ("cv.pdf", PDF)}
BUSY = 2.5  # seconds that a machine under load may take beyond what is promised
# What is there already is handed out again; what is open already stays so.
SILENT = {"POST /jobs/{slug}/next", "POST /jobs/{slug}/open"}
CHANGES = [call for call in CALLS if call.method not in ("GET", "HEAD")]


class Overloaded(BaseHTTPRequestHandler):
    """An S3 store that reads everything and says 503."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815  # the library's names

    def log_message(self, *_words: object) -> None:
        """Nothing."""


@contextmanager
def overloaded() -> Generator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Overloaded) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["refuses", "hangs", "says 503", "gone"])
def without_store(request: pytest.FixtureRequest, tools: Tools) -> Iterator[TestClient]:
    """The same site, whose file store does not work, each in another way."""
    with socket.create_server(("127.0.0.1", 0)) as silent, overloaded() as busy:
        place = f"http://127.0.0.1:{silent.getsockname()[1]}"
        if request.param == "refuses":
            silent.close()
        elif request.param == "says 503":
            place = busy
        options = {"endpoint": place, "region": "x", "access_key_id": "k", "secret_access_key": "s"}
        blobs = Blobs("s3://files/exhibit", options=options, timeout=0.3, retries=1)
        if request.param == "gone":
            folder = tools.settings.data_dir / "elsewhere"
            blobs = Blobs(str(folder))
            (folder / "incoming").rmdir()
        app = create_app(replace(tools, blobs=blobs))
        with TestClient(app, "http://localhost", follow_redirects=False) as client:
            yield client


def test_without_a_file_store_nothing_is_kept_and_every_word_comes_back(
    client: TestClient, without_store: TestClient, watch: Watch
) -> None:
    call = f"/api/v1/jobs/{watch.world.job_slug}/submissions"
    page = f"/jobs/{watch.world.job_slug}/apply"
    with watch.nothing_stored():
        refused = without_store.post(call, data=FORM, files=FILE)
    watch.expect("the call", refused, 503)
    typed = {**FORM, "evidence-0-claim": "Kept word."}
    shown = without_store.post(page, data=typed, files={"evidence-0-files": FILE["files"]})
    assert [refused.headers["retry-after"], shown.headers["retry-after"]] == ["5", "5"]
    assert shown.status_code == 503
    assert "Kept word." in shown.text
    assert without_store.get("/health/ready").status_code == 503
    listed = client.get("/api/v1/submissions?q=eve", headers=watch.world.admin.auth)
    assert listed.json()["items"] == []
    assert client.post(call, data=FORM, files=FILE).status_code == 201
    watch.finish()


@contextmanager
def held(database: Database) -> Generator[None]:
    """Somebody else writes, and takes long: a backup, an import."""
    row = sa.text("UPDATE submission SET waiting = waiting")
    with database.engine.connect() as connection:
        options = {"exhibit_access": "write"}
        with connection.execution_options(**options).begin():
            connection.execute(row)
            yield


def test_while_somebody_else_writes_one_waits_for_five_seconds_and_no_longer(
    client: TestClient, watch: Watch, database: Database
) -> None:
    world = watch.world
    answers: list[tuple[Response, float]] = []

    def move(sent: Sent, by: Person) -> None:
        began, headers = time.monotonic(), by.auth | {"If-Match": '"1"'}
        answer = client.post(f"{sent.url}/moves", json={"to": "screen"}, headers=headers)
        answers.append((answer, time.monotonic() - began))

    with watch.nothing_stored(), held(database):
        moves = (world.submission, world.recruiter), (world.submission2, world.admin)
        movers = [threading.Thread(target=move, args=one) for one in moves]
        movers[0].start()
        movers[0].join(2)
        assert movers[0].is_alive()
        movers[1].start()
        assert client.get("/api/v1/submissions", headers=world.admin.auth).status_code == 200
        for mover in movers:
            mover.join()
    for answer, seconds in answers:
        watch.expect("a move", answer, 503)
        assert answer.headers["retry-after"] == "5"
        assert seconds < LOCK_WAIT_SECONDS + BUSY
    move(*moves[0])
    assert answers[-1][0].status_code == 201
    watch.finish()


def test_a_repeat_is_told_that_the_first_one_still_runs(
    client: TestClient, watch: Watch, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0)  # else it waits as long as the first
    url, headers = f"{watch.world.submission.url}/moves", watch.world.recruiter.auth
    headers = headers | {"If-Match": '"1"', "Idempotency-Key": "once"}
    answers: list[Response] = []

    def move() -> None:
        answers.append(client.post(url, json={"to": "screen"}, headers=headers))

    with held(database):
        first = threading.Thread(target=move)
        first.start()
        first.join(1)
        move()
    first.join()
    assert [answer.status_code for answer in answers] == [409, 201]
    assert answers[0].json()["code"] == "still_running"
    watch.finish()


def test_of_two_who_wait_for_each_other_one_is_asked_to_come_again(
    database: Database, world: World
) -> None:
    """On SQLite writers stand in line, so nobody ever waits for one who waits."""
    met = threading.Barrier(1 if database.is_sqlite else 2)
    sent = [world.submission.id, world.submission2.id]
    ended: list[str] = []

    def change(order: int) -> None:
        first, second = sent[::order]
        raised = sa.text("UPDATE submission SET waiting = waiting + 1 WHERE id = :id")
        kind = sa.Uuid()
        raised = raised.bindparams(sa.bindparam("id", type_=kind))
        try:
            with database.write() as session:
                session.connection().execute(raised, {"id": first})
                met.wait()
                session.connection().execute(raised, {"id": second})
            ended.append("kept")
        except Unavailable:
            ended.append("refused")

    writers = [threading.Thread(target=change, args=(order,)) for order in (1, -1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert sorted(ended) == (["kept", "kept"] if database.is_sqlite else ["kept", "refused"])
    with database.read() as session:
        counted = session.connection().execute(sa.text("SELECT waiting FROM submission"))
        assert list(counted.scalars()) == [ended.count("kept")] * 2


def test_what_cannot_be_recorded_is_not_done(client: TestClient, watch: Watch, full: Full) -> None:
    """Row 260: where the history cannot be written, the change fails with it."""
    rename = "ALTER TABLE {} RENAME TO {}"
    for call in CHANGES:
        headers = full.headers(client, call)
        with watch.nothing_stored(call.name):
            with watch.world.database.write() as session:
                session.connection().execute(sa.text(rename.format("event", "event_away")))
            try:
                answer = full.send(client, call, headers=headers)
            finally:
                with watch.world.database.write() as session:
                    session.connection().execute(sa.text(rename.format("event_away", "event")))
        if call.name not in SILENT:
            watch.expect(call.name, answer, 500)
    watch.finish()
