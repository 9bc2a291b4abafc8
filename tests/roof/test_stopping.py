"""A signal at any moment ends what runs: calmly, once it has begun, and never with a traceback."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from service.core.db import Database
from service.core.migrations import migrate
from tests.depth import FULL
from tests.roof.processes import SECONDS, environment, exhibit

ADA = ("--name", "Ada", "--email", "ada@example.org", "--password", "correct horse staple")
# Seconds after it has begun.
MOMENTS = (0, 0.03, 0.1, 0.2, 0.4, 0.8, 2) if FULL else (0, 0.1, 0.4)
READING = "pydantic_core"  # a library that is loaded while the code is read


@contextmanager
def begun(folder: Path, *words: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "said.log").open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", *words],
            cwd=folder,
            env=environment(folder, **settings),
            stdout=said,
            stderr=said,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(SECONDS)


def catches(process: subprocess.Popen[bytes], number: int) -> bool:
    """Whether it has a handler of its own for the signal by now, as the system tells."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(re.findall(r"^SigCgt:\s+([0-9a-f]+)$", status, re.MULTILINE)[0], 16)
    return bool(caught >> (number - 1) & 1)


def wait_until(process: subprocess.Popen[bytes], arrived: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not arrived():
        assert time.monotonic() < until
        lets_pass(process, 0.01)


def lets_pass(process: subprocess.Popen[bytes], seconds: float) -> None:
    """It must not end by itself meanwhile."""
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(seconds)


@pytest.mark.parametrize("words", [("run",), ("serve",), ("worker",)], ids=" ".join)
def test_a_signal_at_any_moment_ends_it_calmly(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert exhibit(tmp_path, "init", *ADA).returncode == 0
    for turn, seconds in enumerate(MOMENTS):
        number = (signal.SIGINT, signal.SIGTERM)[turn % 2]
        with begun(tmp_path, *words) as process:
            wait_until(process, partial(catches, process, signal.SIGTERM))
            lets_pass(process, seconds)
            process.send_signal(number)
            assert process.wait(SECONDS) == 0, (seconds, (tmp_path / "said.log").read_text())
    assert "Traceback" not in (tmp_path / "said.log").read_text()
    assert not list(tmp_path.glob("var/*-wal"))


@pytest.mark.parametrize("seconds", [0, 0.1, 3])
def test_several_processes_end_at_any_moment(
    tmp_path: Path, bare_postgresql_url: str, seconds: float
) -> None:
    database = Database(bare_postgresql_url)
    migrate(database)
    database.dispose()
    words = ("serve", "--workers", "2")
    with begun(tmp_path, *words, database_url=bare_postgresql_url) as process:
        wait_until(process, partial(catches, process, signal.SIGTERM))
        lets_pass(process, seconds)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    """While a task is in hand that takes long, as here the demo's passwords and files."""
    with begun(tmp_path, "run") as process:
        wait_until(process, partial(catches, process, signal.SIGTERM))
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) in (0, -signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "said.log").read_text()


def test_ctrl_c_while_the_code_is_read_ends_it_without_a_word(tmp_path: Path) -> None:
    with begun(tmp_path, "backup", "copy.tar") as process:
        maps = Path(f"/proc/{process.pid}/maps")
        wait_until(process, lambda: READING in maps.read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == -signal.SIGINT
    assert (tmp_path / "said.log").read_text() == ""
