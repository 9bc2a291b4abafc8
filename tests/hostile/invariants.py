"""What must hold whatever is sent: nothing breaks, nothing is echoed, nothing is left behind."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from httpx2 import Response
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from service.core.db import Database
from service.domain import all_tables
from service.domain.submissions.tables import Blob
from tests.worlds import World

CANARY = "Kanarienvogel"
COUNTERS = {"rate_count"}  # counts tries, also those that are refused
Rows = dict[str, set[str]]

assert all_tables  # the metadata is whole


def rows_of(database: Database) -> Rows:
    """A digest of every row of every table, without bytes that were announced and nobody took."""
    with database.read() as session:
        return {
            table.name: {
                hashlib.sha256(repr(tuple(row)).encode()).hexdigest()
                for row in session.connection().execute(_kept(table))
            }
            for table in SQLModel.metadata.sorted_tables
            if table.name not in COUNTERS
        }


def _kept(table: sa.Table) -> sa.Select[Any]:
    rows = sa.select(table)
    return rows.where(table.c.refs > 0) if table.name == Blob.__tablename__ else rows


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def broken(answer: Response, *statuses: int) -> str:
    """What is wrong with a refusal; empty when nothing is."""
    if answer.status_code not in statuses:
        return f"{answer.status_code} instead of {statuses}: {answer.text[:300]}"
    if answer.request.method == "HEAD":
        return ""
    if answer.headers["content-type"] != "application/problem+json":
        return f"a refusal of type {answer.headers['content-type']}"
    told = answer.json()
    if told["status"] != answer.status_code or set(told) != {
        *("type", "title", "status", "detail", "code", "errors")
    }:
        return f"not RFC 9457: {told}"
    if CANARY in answer.text or "Traceback" in answer.text or len(answer.content) > 8_000:
        return f"it tells too much: {answer.text[:300]}"
    return ""


@dataclass
class Watch:
    """Sends what is hostile and notes all that goes wrong, so that one run tells of every case."""

    client: TestClient
    world: World
    data: Path
    wrong: list[str] = field(default_factory=list)

    def expect(self, case: object, answer: Response, *statuses: int) -> None:
        if found := broken(answer, *statuses):
            self.wrong.append(f"{case}: {found}")

    @contextmanager
    def nothing_stored(self, case: object = "") -> Generator[None]:
        before = rows_of(self.world.database), files_in(self.data)
        yield
        after = rows_of(self.world.database), files_in(self.data)
        for table, rows in before[0].items():
            if rows != after[0][table]:
                self.wrong.append(f"{case}: {table} was changed")
        if before[1] != after[1]:
            self.wrong.append(f"{case}: files were left: {after[1] - before[1]}")

    def finish(self) -> None:
        """Nothing went wrong, and who comes next with something innocent is served."""
        for url in ("/api/v1/jobs", "/api/v1/submissions", "/api/v1/exports/submissions.csv"):
            answer = self.client.get(url, headers=self.world.admin.auth)
            if answer.status_code != 200:
                self.wrong.append(f"afterwards {url} is {answer.status_code}")
        if self.wrong:
            pytest.fail("\n".join(self.wrong))
