"""`exhibit run` as a whole: one process, three lines, little memory, a calm end."""

import signal
import sqlite3
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from service.core.selfcheck import may_share_sqlite
from tests.roof.proc import memory
from tests.roof.processes import exhibit, started

INIT = ("init", "--name", "Ada", "--email", "ada@example.org", "--password", "correct horse staple")
MOST_MEMORY = 200_000  # KiB


def call(url: str, token: str) -> int:
    request = Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_serves_and_stops_when_told(tmp_path: Path, number: int) -> None:
    assert exhibit(tmp_path, *INIT).returncode == 0
    with started(tmp_path) as running:
        token, address = running.said["token"], running.address
        ready = call(f"{address}/health/ready", token)
        figures = call(f"{address}/metrics", token)
        needed = memory(running.process.pid)
        code = running.stop(number)

    assert (ready, figures, code) == (200, 200, 0)
    assert running.said["sign-in"].startswith("ada@example.org")
    assert needed < MOST_MEMORY
    assert not list(tmp_path.glob("var/*-wal"))


def test_each_run_has_a_fresh_token_and_ends_the_last_ones(tmp_path: Path) -> None:
    assert exhibit(tmp_path, *INIT).returncode == 0
    with started(tmp_path) as first:
        old = first.said["token"]
        assert first.stop() == 0
    with started(tmp_path) as second:
        figures = f"{second.address}/metrics"
        answers = call(figures, old), call(figures, second.said["token"])

    assert answers == (401, 200)


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    assert exhibit(tmp_path, *INIT).returncode == 0
    with started(tmp_path) as running:
        port = running.address.rpartition(":")[2]
        other = exhibit(tmp_path, "run", port=port, data_dir=str(tmp_path / "other"))

    assert other.returncode == 1
    assert other.stderr.startswith(f"exhibit: Cannot listen on 127.0.0.1, port {port}: ")
    assert "Traceback" not in other.stderr


def test_a_public_address_without_https_warns(tmp_path: Path) -> None:
    with started(tmp_path, host="0.0.0.0") as running:
        assert "warning" in running.said
        assert running.said["token"] == "none"


def test_a_sqlite_with_the_bug_is_used_by_one_process_only(tmp_path: Path) -> None:
    """With a newer SQLite the same commands share the file."""
    assert exhibit(tmp_path, *INIT).returncode == 0
    if may_share_sqlite():
        return
    several = exhibit(tmp_path, "serve", "--workers", "2")
    with started(tmp_path):
        second = exhibit(tmp_path, "worker")

    assert sqlite3.sqlite_version in several.stderr
    assert "one server process only" in several.stderr
    assert "Another Exhibit runs on this data folder." in second.stderr
    assert (several.returncode, second.returncode) == (1, 1)


def test_wrong_settings_are_named_without_their_values(tmp_path: Path) -> None:
    answer = exhibit(tmp_path, "check", port="many", secret_key="short")
    short = exhibit(tmp_path, "check", secret_key="short")

    assert answer.returncode == short.returncode == 1
    assert answer.stderr == (
        "exhibit: The settings are wrong:\n"
        "EXHIBIT_PORT: Enter a whole number.\n"
        "EXHIBIT_SECRET_KEY: too short: use 32 characters or more.\n"
    )
    assert short.stderr == (
        "exhibit: The settings are wrong:\n"
        "EXHIBIT_SECRET_KEY: too short: use 32 characters or more.\n"
    )


def test_a_list_that_is_none_says_how_one_is_written(tmp_path: Path) -> None:
    answer = exhibit(tmp_path, "check", hosts="exhibit.example")

    assert answer.returncode == 1
    assert 'A list is written ["one", "two"].' in answer.stderr


def test_a_database_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    answer = exhibit(tmp_path, "migrate", database_url="postgresql://nobody@127.0.0.1:1/nothing")

    assert answer.returncode == 1
    assert answer.stderr.startswith("exhibit: The database cannot be used: ")
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://a@b/c", "nonsense"])
def test_a_database_nobody_knows_is_one_sentence(tmp_path: Path, url: str) -> None:
    answer = exhibit(tmp_path, "migrate", database_url=url)

    assert answer.returncode == 1
    assert "\nEXHIBIT_DATABASE_URL: must be postgresql://" in answer.stderr


def test_the_first_run_brings_the_demo_and_says_how_to_get_in(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        token, jobs = running.said["token"], f"{running.address}/api/v1/jobs"
        answers = call(f"{running.address}/metrics", token), call(jobs, token)
        assert memory(running.process.pid) < MOST_MEMORY
        assert running.stop() == 0
    with started(tmp_path) as again:
        assert "password forgotten" in again.said["sign-in"]
    removed = exhibit(tmp_path, "demo", "--remove")
    with started(tmp_path) as empty:
        assert empty.said["token"] == "none"

    assert answers == (200, 200)
    assert " with the password " in running.said["sign-in"]
    assert "exhibit demo --remove" in running.said["demo"]
    assert removed.stdout.startswith("removed: 1 job, ")
