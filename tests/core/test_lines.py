"""One at a time, over threads and over processes; who dies in the line holds up nobody."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.core.errors import Unavailable
from service.core.lines import Line, Queue
from tests.patience import PATIENCE, until

HOLD = """
import sys
from pathlib import Path
from service.core.lines import Line

with Line(Path(sys.argv[1]), seconds=5, part="It").turn():
    print("mine", flush=True)
    sys.stdin.read()
"""


def line(file: Path, seconds: float = 5) -> Line:
    return Line(file, seconds=seconds, part="It")


@contextmanager
def held_elsewhere(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process has its turn until the block ends, or until it is killed."""
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdin=-1, stdout=-1, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "mine\n"
        yield other


@pytest.mark.parametrize("count", [1, 3])
def test_turns_never_overlap(tmp_path: Path, count: int) -> None:
    """Three lines on one file are as three processes."""
    lines = [line(tmp_path / "line", 30) for _ in range(count)]
    inside: list[int] = []
    seen: list[int] = []

    def go(number: int) -> None:
        for _ in range(50):
            with lines[number % count].turn():
                inside.append(number)
                seen.append(len(inside))
                inside.remove(number)

    with ThreadPoolExecutor(6) as crowd:
        list(crowd.map(go, range(6)))

    assert seen == [1] * 300


def test_who_has_waited_longest_is_next() -> None:
    queue, order = Queue(patience=0), list[int]()

    def go(number: int) -> None:
        assert queue.acquire(PATIENCE)
        order.append(number)
        queue.release()

    assert queue.acquire(0)
    with ThreadPoolExecutor(20) as crowd:
        for number in range(20):
            crowd.submit(go, number)
            until(lambda: len(queue._waiting) == 1 + number)  # noqa: B023  # asked at once
        queue.release()

    assert order == list(range(20))


@pytest.mark.parametrize("patience", [0, 0.001, 60])
def test_a_queue_has_one_at_its_head_and_forgets_nobody(patience: float) -> None:
    """Also those who give up at the very moment at which it is theirs."""
    queue, inside, seen, refused = Queue(patience), list[int](), list[int](), list[int]()

    def go(number: int) -> None:
        for turn in range(200):
            if not queue.acquire(0.0001 if turn % 3 else PATIENCE):
                refused.append(number)
                continue
            inside.append(number)
            seen.append(len(inside))
            inside.remove(number)
            queue.release()

    with ThreadPoolExecutor(6) as crowd:
        list(crowd.map(go, range(6)))

    assert set(seen) == {1}
    assert len(seen) + len(refused) == 1_200
    assert queue.acquire(0)
    assert not queue._waiting


def test_another_process_is_waited_for_and_not_for_ever(tmp_path: Path) -> None:
    file = tmp_path / "line"
    with held_elsewhere(file), pytest.raises(Unavailable), line(file, 0.1).turn():
        pass
    with line(file).turn():
        assert file.exists()


def test_a_killed_process_gives_up_its_turn(tmp_path: Path) -> None:
    file = tmp_path / "line"
    with held_elsewhere(file) as other:
        other.kill()
        with line(file).turn():
            assert other.wait(5) == -9


def test_a_folder_that_cannot_be_written_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(Unavailable), line(tmp_path / "none" / "line").turn():
        pass
