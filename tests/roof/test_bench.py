"""The bench runs to its end and says something of every call; how fast is not asked here."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.depth import FULL

ROOT = Path(__file__).parents[2]
DATABASES = ("sqlite", "postgresql") if FULL else ("sqlite",)
FIELDS = {"call", "database", "size", "ratio", "target", "better", "p50_ms", "p99_ms"}
CALLS = {
    "list of 50, to its floor",
    "list of 50, to an empty route",
    "one submission, to its floor",
    "search for a rare word, to an empty route",
    "search for a common word, to an empty route",
    "staff list page, to an empty route",
    "deepest page, to the first",
    "list of 50, 200 submissions, to 20",
    "one submission, 200 submissions, to 20",
    "search for a rare word, 200 submissions, to 20",
    "search for a common word, 200 submissions, to 20",
    "submit with a PDF of 200 KB, to its floor",
    "draft, to its floor",
    "lock, to its floor",
    "move, to its floor",
}
EXPORTS = {"CSV export, to the database's own", "CSV export, MiB of memory it adds"}


def test_the_table_comes_out_whole(tmp_path: Path) -> None:
    cache, results = str(tmp_path / "cache"), tmp_path / "results"
    words = ["200", "--rounds", "1", "--seconds", "0.01", "--cache", cache]
    words += ["--databases", ",".join(DATABASES)]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words, "--results", str(results)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5_000:]
    found = json.loads((results / "results.json").read_text())

    measured = [(one["call"], one["database"]) for one in found]
    wanted = {(call, database) for call in CALLS | EXPORTS for database in DATABASES}
    if shutil.which("sqlite3") is None:
        wanted -= {(call, "sqlite") for call in EXPORTS}
    assert sorted(measured) == sorted(wanted)
    assert all(one.keys() >= FIELDS and one["ratio"] >= 0 for one in found)
    assert (results / "results.md").read_text() in done.stdout
