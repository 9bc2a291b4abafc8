"""A client that stays in step with a list by what it is told, and never reads it afresh."""

from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

from tests.listing import walk
from tests.worlds import Person

# In a line of `/submissions` judgements are no change.
JUDGED = ("score", "reviews_done", "reviews_wanted")


@dataclass
class Mirror:
    """What one person's client holds of one list."""

    client: TestClient
    by: Person
    url: str
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    sync: str = ""

    def catch_up(self) -> list[dict[str, Any]]:
        """What was told that the client did not know yet, or twice; nothing the first time."""
        if self.client.get(self.url, headers=self.by.auth).status_code == 404:
            self.held, self.sync = {}, ""
            return []
        first = not self.sync
        since = {"updated_since": self.sync} if self.sync else {}
        told, self.sync = walk(self.client, self.by, self.url, **since)
        before = dict(self.held)
        for row in told:
            self._take(row)
        return [] if first else [row for row in told if self._is_spurious(row, before)]

    def check(self) -> None:
        """That it holds what a client is shown that reads the list afresh."""
        if self.sync:
            rows, _ = walk(self.client, self.by, self.url)
            assert self.held == {row["id"]: steady(row) for row in rows}, self.url

    def _take(self, row: dict[str, Any]) -> None:
        if "deleted" in row:
            self.held.pop(row["id"], None)
        else:
            self.held[row["id"]] = steady(row)

    def _is_spurious(self, row: dict[str, Any], before: dict[str, dict[str, Any]]) -> bool:
        """It says nothing that the client could not have known by reading afresh each time."""
        if "deleted" in row:
            return row["id"] not in before
        return before.get(row["id"]) == steady(row)


def steady(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in JUDGED}
