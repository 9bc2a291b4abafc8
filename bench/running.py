"""The server under load: its process, who may ask it, and what one asks with."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from sqlmodel import Session, col, select

from bench.house import RECRUITER, REVIEWER, find_staff
from bench.kept import Filled
from bench.load import Request
from service.core.clock import utc_now
from service.core.db import Database
from service.core.secrets import digest
from service.domain.accounts.actions import issue_token
from service.domain.accounts.actor import Actor
from service.domain.accounts.tables import Scope, SignIn
from service.domain.reviews.tables import Assignment, AssignmentState
from service.domain.submissions.tables import Submission

ROOT = Path(__file__).parents[1]
SECONDS = 60
PLENTY = "100000000/hour"
LATER = timedelta(days=1)  # nobody's use is noted before: that would be one write now and then
COOKIE = "the bench's own browser"


@dataclass(frozen=True)
class Staff:
    """Credentials, and the submissions that wait for the reviewer, oldest first."""

    recruiter: str
    reviewer: str
    waiting: Sequence[UUID]
    newest: Sequence[UUID]


@dataclass(frozen=True)
class Target:
    """One server with one filled database."""

    filled: Filled
    port: int
    pid: int
    staff: Staff

    @property
    def place(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def request(
        self,
        method: str,
        path: str,
        *body: bytes,
        by: str = "",
        **headers: str,
    ) -> Request:
        """As it goes over the wire; `by` is whose token it comes with."""
        said = {"Host": f"127.0.0.1:{self.port}", "Content-Length": str(sum(map(len, body)))}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        if by:
            said["Authorization"] = f"Bearer {by}"
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        return (f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode(), *body)

    def record(
        self, name: str, asked: Sequence[dict[str, Any]], *, rehearsal: bool = False
    ) -> None:
        """Let the server take down the SQL of these requests."""
        url = f"http://127.0.0.1:{self.port}/floor/recordings/{name}"
        told = {"rehearsal": "true"} if rehearsal else {}
        answer = httpx2.post(url, params=told, json=list(asked), timeout=600)
        answer.raise_for_status()

    def get(self, path: str) -> Any:
        """JSON, as the recruiter sees it."""
        url, token = f"http://127.0.0.1:{self.port}{path}", self.staff.recruiter
        answer = httpx2.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def serving(filled: Filled) -> Generator[Target]:
    """The server in one process, without the worker; killed at the end."""
    staff = _staff(filled)
    log = (filled.folder / "server.log").open("ab")
    with (
        log,
        subprocess.Popen(
            [sys.executable, "-m", "bench.server"],
            cwd=filled.folder,
            env=_environment(filled),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Target(filled, _port(process), process.pid, staff)
        except BaseException as error:
            error.add_note((filled.folder / "server.log").read_text()[-3_000:])
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)


def _port(process: subprocess.Popen[str]) -> int:
    said = process.stdout.readline() if process.stdout else ""
    if not said.startswith("port: "):
        raise RuntimeError("The server did not start.")
    return int(said.split()[1])


def _environment(filled: Filled) -> dict[str, str]:
    ours = {
        "EXHIBIT_DATA_DIR": str(filled.folder),
        "EXHIBIT_DATABASE_URL": filled.url,
        "EXHIBIT_PORT": "0",
        "EXHIBIT_RATES__SUBMISSIONS": PLENTY,
        "EXHIBIT_RATES__SUBMISSIONS_EVERYWHERE": PLENTY,
        "PYTHONPATH": str(ROOT),
    }
    kept = {name: text for name, text in os.environ.items() if not name.startswith("EXHIBIT_")}
    return kept | ours


def _staff(filled: Filled) -> Staff:
    database = Database(filled.url)
    with database.write() as session:
        recruiter = _token(session, RECRUITER)
        reviewer = _token(session, REVIEWER)
        _sign_in(session)
    with database.read() as session:
        open_ones = select(Assignment.submission_id).where(
            Assignment.reviewer_id == find_staff(session, REVIEWER).id,
            Assignment.state == AssignmentState.OPEN,
        )
        waiting = session.exec(open_ones.order_by(col(Assignment.id))).all()
        newest = session.exec(
            select(Submission.id).order_by(col(Submission.id).desc()).limit(200)
        ).all()
    database.dispose()
    return Staff(recruiter, reviewer, waiting, newest)


def _token(session: Session, email: str) -> str:
    user = find_staff(session, email)
    token, text = issue_token(session, Actor.of(user), user, name="bench", scopes=list(Scope))
    token.last_used_at = utc_now() + LATER
    session.add(token)
    return text


def _sign_in(session: Session) -> None:
    later = utc_now() + LATER
    session.add(
        SignIn(
            user_id=find_staff(session, RECRUITER).id,
            token_digest=digest(COOKIE),
            last_seen_at=later,
            expires_at=later,
        )
    )
