"""A restore that is killed at any step leaves the old house or the new one, whole."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from service.operations.checks import check_all
from service.operations.restore import restore
from service.operations.starting import nothing_running, opened
from service.operations.trouble import Trouble
from service.settings import Settings
from tests.roof.processes import environment, exhibit
from tests.syncs import watched

ADA = ("--name", "Ada", "--email", "ada@example.org", "--password", "correct horse staple")
OLD, NEW = (
    ("old", "old.key" * 6),
    ("new", "new.key" * 6),
)  # a word and a key

# Forked once for each step: the child restores in a copy of the house, and is killed before it
# takes that step. The interpreter reports the steps; nothing is replaced.
DYING = """
import os, shutil, signal, sys
from service.cli import app

STEPS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "open", "sqlite3.connect"}

def restore(house, last):
    taken = 0
    def step(event, arguments):
        nonlocal taken
        if event in STEPS and str(house) in os.path.abspath(os.fsdecode(arguments[0])):
            taken += 1
            if taken == last:
                os.kill(os.getpid(), signal.SIGKILL)
    os.environ["EXHIBIT_DATA_DIR"] = f"{house}/var"
    sys.addaudithook(step)
    app(["restore", "../copy.tar", "--force"], standalone_mode=False)
    os._exit(0)

for last in range(1, 1000):
    house = shutil.copytree("house", f"{os.getcwd()}/killed-{last}")
    child = os.fork()
    if not child:
        os.chdir(house)
        restore(house, last)
    if not os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        break
"""


def mark(database: Path, word: str) -> sqlite3.Connection:
    """Put a word into the database; it stays in the log for as long as the connection is open."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("CREATE TABLE IF NOT EXISTS mark (word TEXT)")
    connection.execute("DELETE FROM mark")
    connection.execute("INSERT INTO mark VALUES (?)", (word,))
    return connection


def look(house: Path) -> tuple[str, str]:
    """What whoever opens the house finds in it."""
    settings = Settings(_env_file=None, data_dir=house / "var")
    with opened(settings) as tools, tools.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        word = connection.exec_driver_sql("SELECT word FROM mark").scalar_one()
        return word, tools.key


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house in the old state, part of it in the log only, beside a copy of the new state."""
    house = tmp_path / "house"
    house.mkdir()
    assert exhibit(house, "init", *ADA).returncode == 0
    database, key = house / "var" / "exhibit.db", house / "var" / "secret.key"
    mark(database, NEW[0]).close()
    key.write_text(NEW[1])
    assert exhibit(house, "backup", "../copy.tar").returncode == 0
    key.write_text(OLD[1])
    shutil.copytree(house, tmp_path / "quiet")
    with closing(mark(tmp_path / "quiet" / "var" / "exhibit.db", OLD[0])):
        shutil.rmtree(house)
        shutil.copytree(tmp_path / "quiet", house)
    assert (house / "var" / "exhibit.db-wal").stat().st_size > 0
    return house


def test_a_restore_killed_at_any_step_leaves_the_old_or_the_new(house: Path) -> None:
    folder = house.parent
    subprocess.run(
        [sys.executable, "-c", DYING], cwd=folder, env=environment(folder), check=True, timeout=120
    )
    count = len(list(folder.glob("killed-*")))
    found = [look(folder / f"killed-{last}") for last in range(1, count + 1)]

    assert count > 20
    assert set(found) == {OLD, NEW}
    assert found == sorted(found, key=[OLD, NEW].index)  # once it is the new one, it stays
    assert found.count(NEW) > 5  # killed in the middle of the swap, too
    left = {path.name for path in folder.glob("killed-*/var/*restor*")}
    assert left == set()


def test_each_file_of_a_restore_is_on_the_disk_before_the_next_step(house: Path) -> None:
    settings = Settings(_env_file=None, data_dir=house / "var")
    with nothing_running(settings), opened(settings) as tools:
        tools.database.dispose()
        with watched() as seen:
            restore(tools, house.parent / "copy.tar", force=True)

    assert seen == [
        "fsync secret.key.restored",
        "fsync var",
        "fsync exhibit.db",
        "replace exhibit.db.restored",
        "fsync var",
        "fsync var",  # the old log is gone
        "replace secret.key",
        "fsync var",
        "replace exhibit.db",
        "fsync var",
    ]


def test_nobody_enters_while_a_restore_is_under_way(house: Path) -> None:
    settings = Settings(_env_file=None, data_dir=house / "var")
    with nothing_running(settings):
        (house / "var" / "exhibit.db.restoring").mkdir()
        with pytest.raises(Trouble, match="stop it first"), opened(settings):
            pass
        found = next(one for one in list(check_all(settings)) if one.subject == "database")
        assert found.words.startswith("A restore was cut off: `exhibit migrate` or ")
    assert look(house) == OLD
