"""What Linux tells of a process."""

import re
from contextlib import suppress
from pathlib import Path

OPEN = {"01", "04", "05", "08"}  # established, both ways to end it ourselves, left by the client


def memory(pid: int) -> int:
    """KiB, what is shared with others counted in part."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.findall(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[0])


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def open_files(pid: int) -> set[str]:
    """By path, of what stays open while one looks."""
    names = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            names.add(str(each.readlink()))
    return names


def connections(port: int) -> int:
    """Those of clients that a server at `port` has not closed yet, whatever the client did."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] in OPEN for row in rows)
