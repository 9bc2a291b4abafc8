"""One odd row, however it came to be there, breaks no list, search, export or page of others."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from service.core.db import Database
from tests.depth import FULL
from tests.hostile.calls import CALLS, Full
from tests.hostile.invariants import Watch
from tests.house.counting import sign_in
from tests.house.growth import grow

# What the tables themselves would take; the doors take far less.
ODD: dict[type, list[object]] = {
    str: ["", "=1+1\r\n\t\u202e<b>{{7*7}}{x}%s</b>\u200b\u2028", "𠮷\ufffe", "\u0301" * 40],
    int: [-1, 0, 2**31 - 1],
    float: [-1.0, 0.0, 1e308],
    date: [date.min, date.max],
    datetime: [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(1, 12, 31, 23, tzinfo=UTC),
    ],
    dict: [{}, [], "text", 7, [None], {"a": {"b": [1]}}],
}
# Rows that hold no facts but let the tests themselves in, or count.
APART = {"sign_in", "rate_count", "kept_answer", "chain_head"}
SUBMISSIONS = "/api/v1/submissions"
EXPORTS = [
    f"/api/v1/exports/{table}.{format}"
    for table in ("submissions", "scorecards", "ratings", "evidence", "history")
    for format in ("csv", "jsonl")
]
PAGES = ["/", "/jobs", "/desk", "/desk/jobs", "/desk/submissions"]


def kind_of(column: Any) -> type | None:
    """What a column holds; None: keys, choices and truth values, which the database checks."""
    plain: Any = column.type.impl if isinstance(column.type, sa.TypeDecorator) else column.type
    checked = isinstance(plain, sa.Enum | sa.Boolean)
    if checked or column.primary_key or column.foreign_keys or column.unique:
        return None
    found: type = plain.python_type
    return found


# Times hide rows (ended, archived, left), so they are poisoned apart from what rows show.
TOGETHER = [(str, int, float), (date, datetime), (dict,)]


def steps() -> Iterator[tuple[str, list[tuple[Any, object]]]]:
    """At full length one table at a time; else all tables at once."""
    tables = [t for t in SQLModel.metadata.sorted_tables if t.name not in APART]
    columns = {kind: [c for table in tables for c in table.c if kind_of(c) is kind] for kind in ODD}
    for kinds in TOGETHER:
        most = max(len(ODD[kind]) for kind in kinds)
        for number in range(most):
            odd = [(c, v) for kind in kinds for v in ODD[kind][number:][:1] for c in columns[kind]]
            if FULL:
                for name in dict.fromkeys(column.table.name for column, _value in odd):
                    one = [(column, value) for column, value in odd if column.table.name == name]
                    yield f"{name} {kinds[0].__name__} {number}", one
            else:
                yield f"{kinds[0].__name__} {number}", odd


def poison(watch: Watch, wanted: list[tuple[Any, object]]) -> list[tuple[Any, object, object]]:
    """Change the newest row of each table; what the database refuses stays out. Says what was."""
    before = []
    for column, value in wanted:
        table = column.table
        with watch.world.database.write() as session:
            connection = session.connection()
            newest = sa.select(table.c.id, column).order_by(table.c.id.desc()).limit(1)
            found = connection.execute(newest).first()
        if found is None:
            continue
        try:
            put(watch, column, found[0], value)
        except DBAPIError:
            continue
        before.append((column, *found))
    return before


def put(watch: Watch, column: Any, id: object, value: object) -> None:
    change = sa.update(column.table).where(column.table.c.id == id).values({column.name: value})
    with watch.world.database.write() as session:
        session.connection().execute(change)


def walk(watch: Watch, full: Full) -> list[tuple[str, dict[str, str], str]]:
    """What is read, by whom, and what must still stand in it."""
    world = watch.world
    admin, innocent = world.admin.auth, str(world.submission2.id)
    lists = [c for c in CALLS if c.method == "GET" and "{" not in c.path]
    found = [(full.url(call), full.person(call).auth, "") for call in lists]
    found += [(f"{SUBMISSIONS}?{query}", admin, innocent) for query in (
        *("q=grace", "limit=200", "sort=name", "sort=-score", "sort=-updated"),
        "updated_since=2020-01-01T00:00:00Z",
    )]  # fmt: skip
    found += [(url, admin, innocent if "submissions" in url else "") for url in EXPORTS]
    found += [(f"{world.submission2.url}/{part}", admin, "") for part in (
        *("history", "assignments", "scorecards", "summary", "revisions"),
    )]  # fmt: skip
    found += [(page, {}, "") for page in PAGES]
    found += [("/desk/submissions", {}, "Grace"), ("/jobs", {}, "Software Engineer")]
    found.append((f"/desk/submissions/{innocent}", {}, "Grace"))
    return found


def test_one_odd_row_breaks_nothing_for_the_others(
    client: TestClient, watch: Watch, full: Full
) -> None:
    for _ in range(2):
        grow(watch.world)
    client.headers |= sign_in(watch.world, watch.world.admin)
    reads = walk(watch, full)
    tried = 0
    for name, wanted in steps():
        before = poison(watch, wanted)
        tried += len(before)
        for url, headers, holds in reads:
            answer = client.get(url, headers=headers)
            if answer.status_code != 200 or holds not in answer.text:
                watch.wrong.append(f"{name}: {url} is {answer.status_code}: {answer.text[:200]}")
        for column, id, value in before:
            put(watch, column, id, value)
    assert tried > 400
    watch.finish()


FLOATS = [c for t in SQLModel.metadata.sorted_tables for c in t.c if kind_of(c) is float]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("column", FLOATS, ids=str)
def test_no_column_takes_what_is_no_number(full: Full, column: Any, number: str) -> None:
    """Not even by hand: lists with such a row could not be written as JSON."""
    database, kept = full.world.database, sa.select(column)
    change = sa.text(f"UPDATE {column.table.name} SET {column.name} = :number")
    with database.read() as session:
        before = session.connection().execute(kept).scalars().all()
    refused = nullcontext() if is_null(database, number) else pytest.raises(IntegrityError)
    with refused, database.write() as session:
        session.connection().execute(change, {"number": float(number)})
    with database.read() as session:
        after = session.connection().execute(kept).scalars().all()
    assert len(before) > 0
    assert after == ([None] * len(before) if is_null(database, number) else before)


def is_null(database: Database, number: str) -> bool:
    """SQLite has no NaN: it keeps a NULL, which is read as "none yet"."""
    return database.is_sqlite and number == "nan"


def test_there_are_floats() -> None:
    assert len(FLOATS) > 0
