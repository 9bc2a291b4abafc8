"""What was acknowledged is there after `kill -9`, with its bytes."""

import signal
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Event

import httpx2

from tests.roof.processes import started

JOB = "software-engineer-evidence-first"
SENDERS = 8
BEFORE_THE_END = 40  # answers that have come when the process is killed


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    acknowledged: dict[str, bytes] = {}
    enough = Event()

    def send(address: str, sender: int) -> None:
        for number in range(1_000):
            content = f"{sender} {number}".encode() * 500
            name = f"{sender}-{number}"
            body = {
                "name": name,
                "email": f"{name}@example.org",
                "consent": "on",
                "title": "Work",
            }
            try:
                answer = httpx2.post(
                    f"{address}/api/v1/jobs/{JOB}/submissions",
                    data=body,
                    files={"files": ("a.txt", content)},
                    timeout=10,
                )
            except httpx2.HTTPError:
                return
            if answer.status_code == 201:
                acknowledged[answer.json()["id"]] = content
            if len(acknowledged) >= BEFORE_THE_END:
                enough.set()

    generous = {"rates__submissions": "100000/hour", "rates__submissions_everywhere": "100000/hour"}
    with started(tmp_path, "run", **generous) as running, ThreadPoolExecutor(SENDERS) as pool:
        for sender in range(SENDERS):
            pool.submit(send, running.address, sender)
        assert enough.wait(60)
        running.process.send_signal(signal.SIGKILL)
        running.process.wait(10)
    assert len(acknowledged) >= BEFORE_THE_END

    with started(tmp_path, "run", **generous) as running:
        auth = {"Authorization": f"Bearer {running.said['token']}"}
        with httpx2.Client(base_url=f"{running.address}/api/v1", headers=auth) as client:
            for id, content in acknowledged.items():
                record = client.get(f"/submissions/{id}").json()
                file = record["evidence"][0]["files"][0]
                sent = client.get(f"/submissions/{id}/files/{file['id']}")
                assert sha256(sent.content).digest() == sha256(content).digest()
