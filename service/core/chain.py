"""The chain of events: each gets a number and a hash over all before it, so that a change shows."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel

from service.core.db import Row
from service.core.fingerprints import link_hash
from service.core.outbox import EventRow

BATCH = 500
LOCK = 5_201_377_004  # any number, the same for all who chain
HEAD_ID = UUID(int=1)
EVENT = SQLModel.metadata.tables[str(EventRow.__tablename__)].c
FACT = (
    EVENT.id,
    EVENT.name,
    EVENT.created_at,
    EVENT.actor_kind,
    EVENT.actor_id,
    EVENT.subject_id,
    EVENT.payload,
    EVENT.request_id,
    EVENT.detail_digest,
)


class ChainHead(Row, table=True):
    """The last link, kept apart: a chain whose tail was cut off no longer ends here."""

    __tablename__ = "chain_head"

    seq: int
    chain_hash: str = Field(max_length=64)


@dataclass(frozen=True)
class Head:
    """Where the chain ends. Before the first link: 0 and no hash."""

    seq: int = 0
    chain_hash: str = ""


def read_head(session: Session) -> Head:
    row = session.get(ChainHead, HEAD_ID)
    return Head(row.seq, row.chain_hash) if row else Head()


def is_any_unchained(session: Session) -> bool:
    """Asked before, so that an idle worker never writes."""
    waiting = sa.select(EVENT.id).where(EVENT.seq.is_(None)).limit(1)
    return session.connection().execute(waiting).first() is not None


def chain_events(session: Session, limit: int = BATCH) -> int:
    """Link up to `limit` events that are committed and not yet linked; says how many.

    What one pass sees comes before what a later pass sees, whatever the clocks said: the numbers
    are in the order of the commits. Nothing is done while another process chains.
    """
    if not _alone(session):
        return 0
    waiting = sa.select(*FACT).where(EVENT.seq.is_(None))
    order = (EVENT.created_at, EVENT.id)
    found = session.connection().execute(waiting.order_by(*order).limit(limit)).all()
    if not found:
        return 0
    head = read_head(session)
    seq, before = head.seq, head.chain_hash
    links: list[dict[str, object]] = []
    for row in found:
        seq, before = seq + 1, link_hash(before, fact_of(row))
        links.append({"event_id": row.id, "link_seq": seq, "link": before})
    session.connection().execute(
        sa.update(EventRow)
        .where(EVENT.id == sa.bindparam("event_id"))
        .values(seq=sa.bindparam("link_seq"), chain_hash=sa.bindparam("link")),
        links,
    )
    session.merge(ChainHead(id=HEAD_ID, seq=seq, chain_hash=before))
    session.flush()
    return len(found)


def fact_of(row: sa.Row[*tuple[Any, ...]]) -> dict[str, object]:
    """What the hash of one event covers: everything but the values that may be erased."""
    return {
        "id": str(row.id),
        "name": row.name,
        "created_at": row.created_at.isoformat(),
        "actor_kind": str(row.actor_kind),
        "actor_id": str(row.actor_id or ""),
        "subject_id": str(row.subject_id),
        "payload": row.payload,
        "request_id": row.request_id,
        "detail_digest": row.detail_digest,
    }


def _alone(session: Session) -> bool:
    """SQLite's only writer is alone; on PostgreSQL the first one in has the lock until it ends."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))).scalar())
