"""The file store goes away in the middle of an upload: it is said, and nothing is kept."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread

import httpx2
import pytest

from service.domain.submissions.tables import Submission
from tests.core.conftest import s3 as s3  # noqa: PLC0414  # a fixture
from tests.roof.serving import Servers, serving
from tests.s3 import S3Place
from tests.worlds import World, build_world

BODY = os.urandom(3_000_000).hex().encode()
HALFWAY = 1_000_000


class Relay:
    """Between a service and its store; cuts every connection halfway through a body if told to."""

    def __init__(self, port: int) -> None:
        self.port, self.is_cut, self.cuts = port, Event(), 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.door.accept()
                store = socket.create_connection(("127.0.0.1", self.port))
                Thread(target=self._carry, args=(client, store, True), daemon=True).start()
                Thread(target=self._carry, args=(store, client, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, may_cut: bool) -> None:
        carried = 0
        with suppress(OSError), closing(source), closing(target):
            while piece := source.recv(65_536):
                carried += len(piece)
                if may_cut and self.is_cut.is_set() and carried > HALFWAY:
                    self.cuts += 1
                    return
                target.sendall(piece)


@pytest.fixture
def relay(s3: S3Place) -> Iterator[Relay]:
    relay = Relay(int(s3.options["endpoint"].rpartition(":")[2]))
    yield relay
    relay.door.close()


def test_an_upload_that_the_store_breaks_off_leaves_nothing_and_can_be_sent_again(
    relay: Relay, s3: S3Place, bare_database_url: str, tmp_path: Path
) -> None:
    settings = {
        "blobs__url": s3.url,
        "blobs__s3_endpoint": relay.address,
        "blobs__s3_region": s3.options["region"],
        "blobs__s3_access_key": s3.options["access_key_id"],
        "blobs__s3_secret_key": s3.options["secret_access_key"],
    }
    with serving(tmp_path, bare_database_url, 1, **settings) as servers:
        world = build_world(servers.database)
        before = servers.count(Submission)
        relay.is_cut.set()
        refused = send(servers, world)
        kept = servers.count(Submission)
        relay.is_cut.clear()
        sent = send(servers, world)
        url = f"/api/v1/submissions/{sent.json()['id']}"
        shown = servers.clients[0].get(url, headers=world.admin.auth).json()
        file = shown["evidence"][0]["files"][0]["id"]
        bytes_kept = servers.clients[0].get(f"{url}/files/{file}", headers=world.admin.auth)

    assert relay.cuts > 0
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert refused.json()["code"] == "file_store_unavailable"
    assert (kept, sent.status_code) == (before, 201)
    assert bytes_kept.content == BODY


def send(servers: Servers, world: World) -> httpx2.Response:
    return servers.clients[0].post(
        f"/api/v1/jobs/{world.job_slug}/submissions",
        data={"name": "Eve", "email": "eve@example.org", "consent": "on", "claim": "It works."},
        files={"files": ("notes.txt", BODY)},
        headers={"Idempotency-Key": "once"},
    )
