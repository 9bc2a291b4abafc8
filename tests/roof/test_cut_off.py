"""A restore that is killed at any step leaves the old house or the new one, whole."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlmodel import func, select

from service.core.db import Database
from service.domain.accounts.tables import User
from service.operations.checks import check_all
from service.operations.restore import restore
from service.operations.starting import UNDER_WAY, alone, nothing_running, opened
from service.operations.swap import READY, swap_of
from service.operations.trouble import Trouble
from service.settings import Settings
from tests.patience import PATIENCE, until
from tests.roof.proc import open_files
from tests.roof.processes import environment, exhibit
from tests.roof.test_beside import begun
from tests.syncs import watched

ADA = ("--name", "Ada", "--email", "ada@example.org", "--password", "correct horse staple")
OLD, NEW = (
    ("old", "old.key" * 6),
    ("new", "new.key" * 6),
)  # a word and a key

# Forked once for each step: the child restores in a copy of the house, and before it takes that
# step it is killed, or the system refuses. The interpreter reports the steps; nothing is replaced.
DYING = """
import errno, os, shutil, signal, sys
from service.cli import app
from service.operations.trouble import Trouble

end = sys.argv[1]

STEPS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "open", "sqlite3.connect"}

def restore(house, last):
    taken = 0
    def step(event, arguments):
        nonlocal taken
        if event in STEPS and str(house) in os.path.abspath(os.fsdecode(arguments[0])):
            taken += 1
            if taken == last and end == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if taken == last or (taken > last and end == "stuck"):
                raise OSError(errno.EIO, "Input/output error")
    os.environ["EXHIBIT_DATA_DIR"] = f"{house}/var"
    sys.addaudithook(step)
    try:
        app(["restore", "../copy.tar", "--force"], standalone_mode=False)
    except Trouble as trouble:
        global end
        end = "told"
        print(trouble, file=open(f"{house}-said", "w"))
        os._exit(1)
    os._exit(2 if taken >= last else 0)

for last in range(1, 1000):
    house = shutil.copytree("house", f"{os.getcwd()}/{end}-{last}")
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


def restored(folder: Path, end: str) -> list[Path]:
    """The houses in which a restore ended so at one step, in the order of the steps."""
    subprocess.run(
        [sys.executable, "-c", DYING, end],
        cwd=folder,
        env=environment(folder),
        check=True,
        timeout=120,
    )
    count = len(list(folder.glob(f"{end}-*/var")))
    assert count > 20
    return [folder / f"{end}-{last}" for last in range(1, count + 1)]


def test_a_restore_killed_at_any_step_leaves_the_old_or_the_new(house: Path) -> None:
    found = [look(each) for each in restored(house.parent, "killed")]

    assert set(found) == {OLD, NEW}
    assert found == sorted(found, key=[OLD, NEW].index)  # once it is the new one, it stays
    assert found.count(NEW) > 5  # killed in the middle of the swap, too
    left = {path.name for path in house.parent.glob("killed-*/var/*restor*")}
    assert left == set()


def test_a_restore_that_the_system_refuses_at_any_step_says_what_holds(house: Path) -> None:
    """Only what it did is new: or what it says that the next command does."""
    ready = set()
    for each in restored(house.parent, "failed"):
        said = each.with_name(f"{each.name}-said")
        is_done = not said.exists()
        is_ready = not is_done and said.read_text().startswith(READY)
        assert look(each) == (NEW if is_done or is_ready else OLD), each.name
        ready.add((is_done, is_ready))

    assert ready == {(True, False), (False, True), (False, False)}
    left = {path.name for path in house.parent.glob("failed-*/var/*restor*")}
    assert left == set()


def test_a_restore_that_the_system_refuses_from_a_step_on_says_how_to_go_on(house: Path) -> None:
    ends = set()
    for each in restored(house.parent, "stuck"):
        said = each.with_name(f"{each.name}-said")
        words = said.read_text() if said.exists() else ""
        ready = each / "var" / "exhibit.db.restored"
        is_ready, choice = words.startswith(READY), f"delete {ready} before"
        if choice in words:
            ready.unlink()
        new = (is_ready and choice not in words) or not words
        assert look(each) == (NEW if new else OLD), each.name
        ends.add((is_ready, choice in words))

    assert ends == {(False, False), (True, True), (True, False)}


def test_a_restore_that_cannot_be_ended_is_told_by_whoever_comes_next(house: Path) -> None:
    settings = Settings(_env_file=None, data_dir=house / "var")
    ready, hinders = (house / "var" / f"exhibit.db{end}" for end in (".restored", "-journal"))
    shutil.copy(house / "var" / "exhibit.db", ready)
    hinders.mkdir()

    with pytest.raises(Trouble) as told, opened(settings):
        pass
    assert str(told.value).startswith(READY)
    assert str(hinders) in str(told.value)
    hinders.rmdir()
    with opened(settings):
        assert not ready.exists()


@pytest.mark.parametrize("name", ["exhibit.db.restoring", "secret.key.restored"])
def test_whatever_a_restore_left_is_forgotten_by_who_opens_next(house: Path, name: str) -> None:
    left = house / "var" / name
    left.mkdir() if name.endswith("restoring") else left.write_text(NEW[1])

    assert look(house) == OLD
    assert not left.exists()


def test_a_command_that_waits_for_its_turn_keeps_a_restore_out(house: Path) -> None:
    """Else it would write into the old file after the new one took its place, and say it did."""
    settings = Settings(_env_file=None, data_dir=house / "var")
    database = Database(settings.database)
    bo = ("user", "add", "bo@example.org", "--name", "Bo", "--role", "reviewer")
    with ExitStack() as turn:
        turn.enter_context(database.turn())
        with begun(house, *bo) as command:
            until(lambda: f"{database.url.database}-line" in open_files(command.pid))
            with pytest.raises(Trouble, match="stop it first"):
                put_back(settings, house.parent / "copy.tar")
            turn.close()
            command.communicate(timeout=PATIENCE)
    users = select(func.count()).where(User.email == "bo@example.org")
    with database.read() as session:
        kept = session.exec(users).one()
    database.dispose()

    assert (command.returncode, kept) == (0, 1)
    put_back(settings, house.parent / "copy.tar")
    assert look(house) == NEW


def put_back(settings: Settings, archive: Path) -> None:
    with alone(settings) as tools:
        restore(tools, archive, force=True)


def test_each_file_of_a_restore_is_on_the_disk_before_the_next_step(house: Path) -> None:
    settings = Settings(_env_file=None, data_dir=house / "var")
    with watched() as seen:
        put_back(settings, house.parent / "copy.tar")

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


def test_what_was_made_ready_and_then_abandoned_leaves_the_old(house: Path) -> None:
    swap = swap_of(Settings(_env_file=None, data_dir=house / "var"))
    assert swap
    folder = swap.begin()
    mark(folder / "exhibit.db", NEW[0]).close()
    (folder / "secret.key").write_text(NEW[1])
    swap.make_ready(folder / "exhibit.db", folder / "secret.key")
    swap.abandon()

    assert not swap.is_pending
    assert look(house) == OLD


def test_nobody_enters_while_a_restore_is_under_way(house: Path) -> None:
    settings = Settings(_env_file=None, data_dir=house / "var")
    with nothing_running(settings):
        (house / "var" / "exhibit.db.restoring").mkdir()
        with pytest.raises(Trouble, match=UNDER_WAY), opened(settings):
            pass
        assert said_of_the_database(settings) == UNDER_WAY
    assert said_of_the_database(settings).startswith("A restore was cut off: `exhibit migrate` or ")
    assert look(house) == OLD


def said_of_the_database(settings: Settings) -> str:
    return next(one.words for one in list(check_all(settings)) if one.subject == "database")
