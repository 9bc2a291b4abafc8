"""What changed since a point in the sequence of events, or since a time.

The sequence misses no late commit; what is not numbered yet counts as newer and is told again. A
clock misses what was stamped before the time and committed after it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from service.core.outbox import EventRow
from service.core.paging import Place

Since = datetime | Place
_NEWEST = select(func.max(EventRow.seq))


def sync_point(session: Session) -> Place:
    """Where the sequence of events is now."""
    return (session.connection().execute(_NEWEST).scalar_one() or 0,)


def newer(since: Since) -> ColumnElement[bool]:
    """As a condition on EventRow."""
    if isinstance(since, datetime):
        return col(EventRow.created_at) >= since
    return or_(col(EventRow.seq).is_(None), col(EventRow.seq) > int(str(since[0])))


def subjects(since: Since, *names: str) -> SelectOfScalar[UUID]:
    """Ids of what these events are about; a name that ends in a dot is the beginning of names."""
    families = [name for name in names if name.endswith(".")]
    named = or_(
        col(EventRow.name).in_(set(names) - set(families)),
        *(col(EventRow.name).startswith(family, autoescape=True) for family in families),
    )
    return select(EventRow.subject_id).where(newer(since), named)


def about(field: str, id: UUID) -> ColumnElement[bool]:
    """Events that name this id in a field of theirs."""
    named: ColumnElement[str] = col(EventRow.payload)[field].as_string()
    return named == str(id)


def list_gone(
    session: Session, id: Any, *conditions: ColumnElement[bool]
) -> Callable[[UUID, int], Sequence[UUID]]:
    """Fetches the ids for which the conditions hold, in order, so many after one of them."""

    def fetch(after: UUID, limit: int) -> Sequence[UUID]:
        query = select(id).where(*conditions, id > after).order_by(id).limit(limit)
        return session.exec(query).all()

    return fetch
