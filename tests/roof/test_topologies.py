"""The set-ups of docker-compose.yml as plain processes, and a journey over each of them."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlmodel import col, select

from service.core.db import Database
from service.core.outbox import Task, TaskState
from tests.patience import PATIENCE, until
from tests.roof.topology import CADDY, Topology, topology

API = "/api/v1"
JOB = "software-engineer-evidence-first"
DESIGN = b"a design, two pages\n" * 20_000
PROXY = "caddy" if CADDY else "round robin"
SENT = {
    "name": "Ole Brandt",
    "email": "ole@example.org",
    "consent": True,
    "evidence": [{"title": "A design", "claim": "See the file.", "files": ["design.txt"]}],
}


@pytest.fixture(scope="module", params=[f"alone, {PROXY}", f"scale, {PROXY}"])
def up(
    request: pytest.FixtureRequest, postgresql_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Topology]:
    """With the demo's people and job in it."""
    scale = request.param.startswith("scale")
    folder, few = tmp_path_factory.mktemp("topology"), {"EXHIBIT_RATES__SIGN_INS": "3/hour"}
    with topology(folder, postgresql_server, scale=scale, **few) as up:
        up.exhibit("demo")
        yield up


def test_a_submission_goes_all_the_way_through(up: Topology) -> None:
    """Sent to one server, reviewed on another, moved, exported by the proxy."""
    first, last = up.servers[0], up.servers[-1]
    hires, reviews = (_token(up, f"{name}@demo.example") for name in ("alma", "noor"))
    with httpx2.Client(base_url=first, timeout=PATIENCE) as one:
        url = _submit(one, hires)
        _assign(one, hires, url, reviews)
    with httpx2.Client(base_url=last, timeout=PATIENCE) as other:
        _review(other, reviews, url)
        file = other.get(f"{API}{url}", headers=reviews).json()["files"][0]
        got = other.get(file["url"], headers=reviews)
    with up.visitor() as visitor:
        version = visitor.get(f"{API}{url}", headers=hires).headers["ETag"]
        headers = {**hires, "If-Match": version}
        moved = visitor.post(f"{API}{url}/moves", json={"to": "review"}, headers=headers)
        exported = visitor.get(f"{API}/exports/submissions.csv?job={JOB}", headers=hires)

    assert got.content == DESIGN
    assert moved.status_code == 201, moved.text
    assert exported.text.count("Ole Brandt") == 1
    _wait_for_work(up)
    assert Counter(str(letter["To"]) for letter in _letters(up))["ole@example.org"] == 1


def test_it_finds_itself_in_order(up: Topology) -> None:
    assert "wrong" not in up.exhibit("check")


def test_behind_the_proxy_everybody_is_counted_by_their_own_address(up: Topology) -> None:
    with up.visitor("127.0.0.2") as one, up.visitor("127.0.0.3") as another:
        tries = Counter(_guess(one, number) for number in range(4))
        fresh = _guess(another, 0)

    assert tries == {401: 3, 429: 1}
    assert fresh == 401


def test_what_a_client_claims_of_its_address_counts_for_nothing(up: Topology) -> None:
    with up.visitor("127.0.0.4") as one:
        claimed = [_guess(one, number, f"203.0.113.{number}") for number in range(4)]

    assert Counter(claimed) == {401: 3, 429: 1}


def test_everything_ends_when_it_is_told_to(up: Topology) -> None:
    """The last of these tests, as it ends what they look at."""
    ended = up.stop()

    assert set(ended) == {
        *(part.name for part in up.ours if part.runs_on),
        *(["proxy"] if CADDY else []),
    }
    assert set(ended.values()) == {0}


def _token(up: Topology, email: str) -> dict[str, str]:
    scopes = [word for scope in ("read", "write", "export") for word in ("--scope", scope)]
    text = up.exhibit("token", "issue", email, *scopes).split()[-1]
    return {"Authorization": f"Bearer {text}"}


def _submit(client: httpx2.Client, hires: dict[str, str]) -> str:
    answer = client.post(
        f"{API}/jobs/{JOB}/submissions",
        files={
            "submission": ("", json.dumps(SENT), "application/json"),
            "files": ("design.txt", io.BytesIO(DESIGN), "text/plain"),
        },
    )
    assert answer.status_code == 201, answer.text
    return f"/submissions/{answer.json()['id']}"


def _assign(
    client: httpx2.Client, hires: dict[str, str], url: str, reviews: dict[str, str]
) -> None:
    reviewer = client.get(f"{API}/me", headers=reviews).json()["id"]
    body = {"reviewer": reviewer}
    answer = client.post(f"{API}{url}/assignments", json=body, headers=hires)
    assert answer.status_code == 201, answer.text


def _review(client: httpx2.Client, reviews: dict[str, str], url: str) -> None:
    mine = f"{API}{url}/scorecards/mine"
    skeleton: dict[str, Any] = client.get(mine, headers=reviews).json()
    card = {
        "recommendation": "yes",
        "confidence": "medium",
        "forecast": 70,
        "counter_argument": "One exhibit only.",
        "ratings": [
            {"criterion": one["criterion"], "level": 3, "cites": ["1"]}
            for one in skeleton["ratings"]
        ],
    }
    draft = client.put(mine, json=card, headers={**reviews, "If-None-Match": "*"})
    assert draft.status_code in (200, 201), draft.text
    locked = client.post(f"{mine}/lock", headers={**reviews, "If-Match": draft.headers["ETag"]})
    assert locked.status_code == 200, locked.text


def _wait_for_work(up: Topology) -> None:
    """Until everything that followed is done, so that what comes twice has come twice."""
    database = Database(up.database_url)

    def is_done() -> bool:
        with database.read() as session:
            waiting = select(Task.id).where(
                Task.state == TaskState.WAITING, col(Task.kind) != "nightly"
            )
            return session.exec(waiting.limit(1)).first() is None

    until(is_done)
    database.dispose()


def _letters(up: Topology) -> list[EmailMessage]:
    """Those that left: by mail, or into the folder where no server is set."""
    if up.postbox:
        return list(up.postbox.letters.queue)
    files: list[Path] = list((up.data / "mail").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def _guess(client: httpx2.Client, number: int, claims: str = "") -> int:
    """Another account each time, so that only the address is counted."""
    form = {"email": f"nobody{number}@example.org", "password": "wrong"}
    headers = {"Origin": str(client.base_url).rstrip("/")}
    if claims:
        headers["X-Forwarded-For"] = claims
    return client.post("/sign-in", data=form, headers=headers).status_code
