"""Short commands beside a running server on one SQLite file: they write in turn, and lose nothing.

SQLite before 3.51.3 can corrupt the file when a commit and a checkpoint of two connections meet.
Both happen at COMMIT, so one line for all who commit keeps them apart; that is what is tested here.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event

import httpx2

from service.core.db import Database
from tests.patience import PATIENCE, until
from tests.roof.proc import open_files
from tests.roof.processes import Running, environment, exhibit, started
from tests.roof.serving import GENEROUS
from tests.roof.test_killed import JOB

WRITERS = 3
TOKENS = "SELECT count(*) FROM api_token"


def email_of(running: Running) -> str:
    return running.said["sign-in"].partition(" ")[0]


def ask(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "var" / "exhibit.db")) as connection:
        return connection.execute(query).fetchall()


def sent(running: Running, stop: Event, writer: int) -> set[str]:
    """The ids of what was acknowledged until `stop`."""
    ids: set[str] = set()
    with httpx2.Client(base_url=running.address, timeout=30) as client:
        while not stop.is_set():
            name = f"w{writer}n{len(ids)}"
            body = {
                "name": name,
                "email": f"{name}@example.org",
                "consent": True,
                "statement": "Words and words. " * 200,
                "evidence": [{"title": "Work"}],
            }
            answer = client.post(f"/api/v1/jobs/{JOB}/submissions", json=body)
            assert answer.status_code in {201, 503}, answer.text  # 503: a very busy machine
            if answer.status_code == 201:
                ids.add(answer.json()["id"].replace("-", ""))
    return ids


def test_commands_beside_a_busy_server_all_work_and_the_file_stays_whole(tmp_path: Path) -> None:
    person = ("--name", "Bo", "--role", "reviewer")
    stop = Event()
    with started(tmp_path, "run", **GENEROUS) as running, ThreadPoolExecutor(WRITERS + 4) as pool:
        commands = [
            ("token", "issue", email_of(running), "--scope", "read"),
            ("user", "add", "bo@example.org", *person),
            ("backup", str(tmp_path / "backup.tar")),
            ("migrate",),
        ]
        writers = [pool.submit(sent, running, stop, number) for number in range(WRITERS)]
        done = list(pool.map(lambda words: exhibit(tmp_path, *words), commands))
        stop.set()
        ids = set().union(*(writer.result() for writer in writers))
        token = done[0].stdout.strip()
        auth = {"Authorization": f"Bearer {token}"}
        listed = httpx2.get(f"{running.address}/api/v1/submissions", headers=auth)
        assert running.stop() == 0

    assert [each.returncode for each in done] == [0] * len(commands), done
    assert listed.status_code == 200
    assert ask(tmp_path, "PRAGMA integrity_check") == [("ok",)]
    assert ids
    assert ids <= {id for (id,) in ask(tmp_path, "SELECT id FROM submission")}


def test_a_command_waits_for_its_turn_in_the_servers_line(tmp_path: Path) -> None:
    file = tmp_path / "var" / "exhibit.db"
    database = Database(f"sqlite:///{file}")
    with started(tmp_path, "run") as running, ExitStack() as turn:
        before = ask(tmp_path, TOKENS)
        turn.enter_context(database.turn())
        with begun(tmp_path, "token", "issue", email_of(running)) as command:
            until(lambda: f"{file}-line" in open_files(command.pid))
            during, code = ask(tmp_path, TOKENS), command.poll()
            turn.close()
            token = command.communicate(timeout=PATIENCE)[0].strip()
        auth = {"Authorization": f"Bearer {token}"}
        found = httpx2.get(f"{running.address}/api/v1/submissions", headers=auth)
    database.dispose()

    assert (during, code) == (before, None)
    assert (command.returncode, found.status_code) == (0, 200)


@contextmanager
def begun(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """One command that is not waited for."""
    command = [sys.executable, "-m", "service", *words]
    with subprocess.Popen(
        command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()
