"""Counts what the application asks its database, and brings somebody's browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from service.core.clock import utc_now
from service.core.db import new_id
from service.core.secrets import digest
from service.domain.accounts.tables import SignIn
from service.doors.tools import Tools
from tests.worlds import Person, World


@contextmanager
def counted(tools: Tools) -> Iterator[list[str]]:
    """What the application asks its database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(tools.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(tools.database.engine, "before_cursor_execute", note)


def sign_in(world: World, person: Person) -> dict[str, str]:
    """The header that somebody's browser sends from now on."""
    now, cookie = utc_now(), new_id().hex
    with world.database.write() as session:
        row = SignIn(
            user_id=person.id,
            token_digest=digest(cookie),
            last_seen_at=now,
            expires_at=now + timedelta(hours=1),
        )
        session.add(row)
    return {"Cookie": f"exhibit={cookie}"}
