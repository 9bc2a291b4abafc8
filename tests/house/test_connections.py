"""Whoever opens a database goes by `core/db.py`, which sets it up to lose nothing."""

import re

from tests.house.test_repository import tracked

OPENS = re.compile(r"\b(?:sqlite3\.connect|create_engine|psycopg\.connect)\(")
# `sqlite3.connect`: copies a file that may be in use, and reads copies; neither commits to it.
KNOWN = {
    "service/core/db.py": 1,
    "service/core/migrations.py": 2,
    "service/operations/backup.py": 1,
    "service/operations/restore.py": 2,
}


def test_nothing_opens_a_database_past_ours() -> None:
    ours = {name: text for name, text in tracked().items() if name.startswith(("service/", "alem"))}
    found = {name: len(OPENS.findall(text)) for name, text in ours.items()}

    assert {name: count for name, count in found.items() if count} == KNOWN
