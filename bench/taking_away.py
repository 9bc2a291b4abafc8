"""The CSV export, against the database's own CSV output of the same queries; and its memory."""

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench.load import Load
from bench.measuring import Figure
from bench.running import Target

PATH = "/api/v1/exports/submissions.csv"
MIB = 1024 * 1024
MOST_MIB = 40


def can_measure_export(target: Target) -> bool:
    """SQLite's own CSV output comes from its shell, which is installed or not."""
    if target.filled.kind == "sqlite" and shutil.which("sqlite3") is None:
        print("export, sqlite: left out, as there is no sqlite3 to compare with", flush=True)
        return False
    return True


def measure_export(load: Load, target: Target, rounds: int) -> Iterator[Figure]:
    """Throughput in rows, and what the server's memory rose by while it streamed."""
    token = f"Bearer {target.staff.recruiter}"
    asked = {"method": "GET", "path": PATH, "headers": {"Authorization": token}}
    request = target.request("GET", PATH, by=target.staff.recruiter)
    before = _memory(target.pid, "VmRSS", begin=True)
    load.run(target.place, [request], 1)
    risen = (_memory(target.pid, "VmHWM") - before) / MIB
    target.record("export", [asked])
    said = target.get("/floor/recordings/export/0")
    shell = _Shell(target, [(text, values) for text, values in said if text.startswith("SELECT")])
    ours, floors = [], []
    for _ in range(rounds):
        floors.append(shell.seconds())
        ours.append(load.run(target.place, [request], 1).seconds)
    shell.end()
    ratios = [floor / own for floor, own in zip(floors, ours, strict=True)]
    kind, size, ms = target.filled.kind, target.filled.size, 1000 * median(ours)
    worst = 1000 * max(ours)
    csv, memory = "CSV export, to the database's own", "CSV export, MiB of memory it adds"
    least, most = min(ratios), max(ratios)
    yield Figure(csv, kind, size, median(ratios), 0.50, "higher", ms, worst, least, most)
    yield Figure(memory, kind, size, risen, MOST_MIB, "lower", ms, worst, risen, risen)


def _memory(pid: int, name: str, *, begin: bool = False) -> int:
    """Bytes; `begin` lets the highest mark begin anew."""
    process = Path("/proc", str(pid))
    if begin:
        (process / "clear_refs").write_text("5")
    lines = (process / "status").read_text().splitlines()
    found = next(line for line in lines if line.startswith(f"{name}:"))
    return int(found.split()[1]) * 1024


class _Shell:
    """Writes the answers to these questions as CSV, into nothing."""

    def __init__(self, target: Target, said: Sequence[tuple[str, Any]]) -> None:
        url = target.filled.url
        self._script = target.filled.folder / "export.sql"
        self._file = url.removeprefix("sqlite:///") if url.startswith("sqlite") else ""
        if self._file:
            lines = [_filled_in(text, values) for text, values in said]
            self._script.write_text(".mode csv\nBEGIN;\n" + ";\n".join(lines) + ";\n")
        else:
            self._server = psycopg.connect(url, autocommit=True)
            cursor = psycopg.ClientCursor(self._server)
            self._copies = [
                f"COPY ({cursor.mogrify(text, values)}) TO STDOUT (FORMAT csv)"
                for text, values in said
            ]

    def seconds(self) -> float:
        began = time.perf_counter()
        if self._file:
            with self._script.open() as script:
                subprocess.run(  # noqa: S603  # our own script
                    ["sqlite3", "-batch", self._file],  # noqa: S607  # wherever it is installed
                    stdin=script,
                    stdout=subprocess.DEVNULL,
                    check=True,
                )
        else:
            self._copy()
        return time.perf_counter() - began

    def _copy(self) -> None:
        for text in self._copies:
            with self._server.cursor().copy(text.encode()) as copy:
                for _ in copy:
                    pass

    def end(self) -> None:
        if not self._file:
            self._server.close()


def _filled_in(text: str, values: Sequence[object]) -> str:
    """The statement with its values in place of the marks."""
    pieces = text.split("?")
    literals = [*map(_literal, values), ""]
    return " ".join(p + v for p, v in zip(pieces, literals, strict=True)).replace("\n", " ")


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
