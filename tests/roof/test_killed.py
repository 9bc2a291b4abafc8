"""After `kill -9`: what was acknowledged is there with its bytes, and nothing is stuck."""

import os
import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import httpx2
from sqlmodel import col, func, select, update

from service.core.chain_check import verify_chain
from service.core.clock import utc_now
from service.core.db import Database
from service.core.outbox import EventRow, Task, TaskState
from service.domain.messages.tables import Message, MessageState
from service.domain.submissions.tables import Blob, Revision, RevisionState, Submission
from service.worker.nightly import NIGHTLY_ID
from tests.depth import FULL
from tests.patience import PATIENCE, until
from tests.roof.processes import Running, started
from tests.roof.serving import GENEROUS
from tests.worker.steps import make_due

JOB = "software-engineer-evidence-first"
SENDERS = 200 if FULL else 8
KILLS = 100 if FULL else 3
BEFORE_THE_END = 24  # answers that have come when the process is killed, at most
PEOPLE = 8
SENT = f"/api/v1/jobs/{JOB}/submissions"


@dataclass
class Sender:
    """Sends one after the other, each under a key of its own, until the server is gone."""

    name: str
    acknowledged: dict[str, str] = field(default_factory=dict)  # what was sent, and its id
    last: str = ""

    def send(self, address: str, name: str) -> httpx2.Response:
        body = {"name": name, "email": f"{name}@example.org", "consent": "on", "title": "Work"}
        return httpx2.post(
            f"{address}{SENT}",
            data=body,
            files={"files": ("a.txt", content(name))},
            headers={"Idempotency-Key": name},
            timeout=PATIENCE,
        )

    def run(self, address: str, told: Callable[[], None]) -> None:
        for number in range(1_000):
            self.last = f"{self.name}-{number}"
            try:
                answer = self.send(address, self.last)
            except httpx2.HTTPError:
                return
            if answer.status_code == 503:  # a very busy machine: nothing was acknowledged
                continue
            assert answer.status_code == 201, answer.text
            self.acknowledged[self.last] = answer.json()["id"]
            told()


def content(name: str) -> bytes:
    return f"{name} ".encode() * 2_000


def kill(running: Running) -> None:
    running.process.send_signal(signal.SIGKILL)
    running.process.wait(10)


def staff(running: Running) -> httpx2.Client:
    auth = {"Authorization": f"Bearer {running.said['token']}"}
    return httpx2.Client(base_url=f"{running.address}/api/v1", headers=auth, timeout=PATIENCE)


def assert_kept(client: httpx2.Client, acknowledged: dict[str, str]) -> None:
    for name, id in acknowledged.items():
        file = client.get(f"/submissions/{id}").json()["evidence"][0]["files"][0]
        sent = client.get(f"/submissions/{id}/files/{file['id']}")
        assert sha256(sent.content).digest() == sha256(content(name)).digest()


def under_load(running: Running, kills: int) -> list[Sender]:
    """Killed while all of them send, once so many answers have come."""
    senders = [Sender(f"{kills}-{number}") for number in range(SENDERS)]
    enough, wanted = Event(), 1 + (7 * kills) % BEFORE_THE_END

    def told() -> None:
        if sum(len(sender.acknowledged) for sender in senders) >= wanted:
            enough.set()

    with ThreadPoolExecutor(SENDERS) as pool:
        under_way = [pool.submit(sender.run, running.address, told) for sender in senders]
        assert enough.wait(PATIENCE)
        kill(running)
        for each in under_way:
            each.result()
    return senders


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    bare_database_url: str, tmp_path: Path
) -> None:
    senders: list[Sender] = []
    words: dict[str, Any] = {"database_url": bare_database_url, **GENEROUS}
    for kills in range(KILLS):
        with started(tmp_path, "run", **words) as running:
            senders += under_load(running, kills)

    acknowledged = {name: id for each in senders for name, id in each.acknowledged.items()}
    database = Database(bare_database_url)
    with started(tmp_path, "run", **words) as running, staff(running) as client:
        assert_kept(client, acknowledged)
        assert_recorded(database, acknowledged)
        assert_all_was_written(database, tmp_path)
        before = count(database)
        for sender in senders:
            name = next(iter(sender.acknowledged), sender.last)
            again = sender.send(running.address, name), sender.send(running.address, sender.last)
            assert [answer.status_code for answer in again] == [201, 201]
            acknowledged.setdefault(sender.last, again[1].json()["id"])
            assert acknowledged[name] == again[0].json()["id"]
        # What was kept and not acknowledged is no second one now.
        assert before <= count(database) <= before + len(senders)
        sweep_all(database, tmp_path / "var" / "blobs")
        assert_kept(client, acknowledged)
    database.dispose()


def assert_recorded(database: Database, acknowledged: dict[str, str]) -> None:
    """No row without its event: not of what was acknowledged, nor of what was only kept."""
    with database.read() as session:
        received = select(EventRow.subject_id).where(EventRow.name == "submission.received")
        recorded = set(session.exec(received).all())
        rows = set(session.exec(select(Submission.id)).all())
    assert rows == recorded
    assert {UUID(id) for id in acknowledged.values()} <= rows


def assert_all_was_written(database: Database, folder: Path) -> None:
    """Nothing is stuck: each letter is there, again or not under one id; the chain is whole."""
    make_due(database)  # a lease of who was killed would run out by and by
    until(lambda: not to_do(database))
    letters = [path.read_text() for path in (folder / "var" / "mail").glob("*.eml")]
    ids = [re.findall(r"^Message-ID:\s+<(\S+)@", letter, re.MULTILINE) for letter in letters]
    with database.read() as session:
        written = session.exec(select(Message.message_id, Message.state)).all()
        states = set(session.exec(select(Task.state)).all())
        assert verify_chain(session) == []
    assert {state for _id, state in written} == {MessageState.SENT}
    assert {len(found) for found in ids} == {1}
    assert {found[0] for found in ids} == {id.strip("<").partition("@")[0] for id, _ in written}
    assert TaskState.GIVEN_UP not in states


def to_do(database: Database) -> bool:
    """All that is neither done nor chained, but what comes every night."""
    with database.read() as session:
        due = select(Task.id).where(Task.state == TaskState.WAITING, Task.id != NIGHTLY_ID)
        unchained = select(EventRow.id).where(col(EventRow.seq).is_(None))
        return bool(session.exec(due).first() or session.exec(unchained).first())


def count(database: Database) -> int:
    with database.read() as session:
        return session.exec(select(func.count()).select_from(Submission)).one()


def sweep_all(database: Database, folder: Path) -> None:
    """Days later: bytes that no row points to go, and no row is left without its bytes."""
    long_ago = utc_now() - timedelta(days=3)
    for path in folder.rglob("*"):
        os.utime(path, (long_ago.timestamp(), long_ago.timestamp()))
    with database.write() as session:
        session.exec(update(Blob).values(created_at=long_ago))
        session.get_one(Task, NIGHTLY_ID).due_at = utc_now()

    def is_done() -> bool:
        with database.read() as session:
            return session.get_one(Task, NIGHTLY_ID).due_at > utc_now() + timedelta(minutes=30)

    until(is_done)
    with database.read() as session:
        rows = set(session.exec(select(Blob.sha256)).all())
    assert {path.name for path in folder.rglob("*") if len(path.name) == 64} == rows
    assert list((folder / "incoming").iterdir()) == []


def test_a_confirmation_is_kept_or_can_be_pressed_again(
    bare_database_url: str, tmp_path: Path
) -> None:
    words: dict[str, Any] = {"database_url": bare_database_url, **GENEROUS}
    confirmed: list[str] = []
    enough = Event()

    with started(tmp_path, "run", **words) as running, ThreadPoolExecutor(4) as pool:
        for person in range(PEOPLE):
            for title in ("First", "Second"):
                body = {
                    "name": f"P{person}",
                    "email": f"p{person}@example.org",
                    "consent": True,
                    "evidence": [{"title": title}],
                }
                sent = httpx2.post(f"{running.address}{SENT}", json=body, timeout=PATIENCE)
                assert sent.status_code == 201
        until(lambda: len(links(tmp_path)) == PEOPLE)

        def press(link: str) -> None:
            try:
                answer = confirm(running, link)
            except httpx2.HTTPError:
                return
            assert answer.status_code in {200, 503}, answer.text
            if answer.status_code == 200:
                confirmed.append(link)
            if len(confirmed) >= PEOPLE // 3:
                enough.set()

        pressed = [pool.submit(press, link) for link in links(tmp_path)]
        assert enough.wait(PATIENCE)
        kill(running)
        for each in pressed:
            each.result()

    database = Database(bare_database_url)
    with started(tmp_path, "run", **words) as running:
        again = {link: confirm(running, link).status_code for link in links(tmp_path)}
    with database.read() as session:
        states = session.exec(select(Revision.state).where(Revision.number == 2)).all()
        waiting = session.exec(select(Submission.id).where(Submission.waiting > 0)).all()
    database.dispose()

    assert set(again.values()) == {200}  # with its own key, each sees what the first press did
    assert [state for state in states if state is not RevisionState.CONFIRMED] == []
    assert (len(states) >= PEOPLE, list(waiting)) == (True, [])


def links(folder: Path) -> set[str]:
    letters = [letter.read_text() for letter in (folder / "var" / "mail").glob("*.eml")]
    return {found[0] for text in letters if (found := re.search(r"/confirm/\S+", text))}


def confirm(running: Running, link: str) -> httpx2.Response:
    return httpx2.post(
        f"{running.address}{link}", data={"idempotency_key": "once"}, timeout=PATIENCE
    )
