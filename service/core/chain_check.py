"""Whether the chain of events is whole; if not, which events were changed, moved or taken out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from service.core.chain import BATCH, EVENT, FACT, Head, fact_of, read_head
from service.core.fingerprints import detail_digest, link_hash
from service.core.outbox import EventDetail

DETAIL = SQLModel.metadata.tables[str(EventDetail.__tablename__)].c
MOST_SUSPECTS = 100  # beyond that, who changed places with whom is not worked out any more


class Damage(StrEnum):
    """What happened to a part of the chain."""

    CHANGED = "changed"
    DETAIL_CHANGED = "detail_changed"
    MISSING = "missing"
    REORDERED = "reordered"
    HEAD_CHANGED = "head_changed"


@dataclass(frozen=True)
class Break:
    """One place where the chain is not whole; `count` events are missing from `seq` on."""

    seq: int
    event_id: UUID | None
    what: Damage
    count: int = 1


@dataclass(frozen=True)
class _Suspect:
    """An event whose hash does not follow from the one before it."""

    seq: int
    event_id: UUID
    before: str
    chain_hash: str
    fact: dict[str, object]


def verify_chain(session: Session) -> list[Break]:
    """Read the whole chain, in flat memory, and name every break. Empty: it is whole.

    An event right after a missing one cannot be checked; only that something is missing is said.
    """
    breaks: list[Break] = []
    suspects: list[_Suspect] = []
    end, follows = Head(), True
    for row in _links(session):
        if row.seq != end.seq + 1:
            gap = row.seq - end.seq - 1
            breaks.append(Break(end.seq + 1, None, Damage.MISSING, gap))
            follows = False
        fact = fact_of(row)
        if follows and link_hash(end.chain_hash, fact) != row.chain_hash:
            suspects.append(_Suspect(row.seq, row.id, end.chain_hash, row.chain_hash or "", fact))
        if row.salt is not None and detail_digest(row.salt, row.detail) != row.detail_digest:
            breaks.append(Break(row.seq, row.id, Damage.DETAIL_CHANGED))
        end, follows = Head(row.seq, row.chain_hash or ""), True
    breaks += _name(suspects)
    breaks += _compare(end, read_head(session))
    return sorted(breaks, key=lambda found: found.seq)


def _links(session: Session) -> Iterator[sa.Row[*tuple[Any, ...]]]:
    query = (
        sa.select(*FACT, EVENT.seq, EVENT.chain_hash, DETAIL.salt, DETAIL.detail)
        .outerjoin(EventDetail, DETAIL.id == EVENT.id)
        .where(EVENT.seq.is_not(None))
        .order_by(EVENT.seq)
    )
    yield from session.connection().execute(query.execution_options(yield_per=BATCH))


def _compare(end: Head, head: Head) -> list[Break]:
    if end == head:
        return []
    if end.seq < head.seq:
        return [Break(end.seq + 1, None, Damage.MISSING, head.seq - end.seq)]
    return [Break(head.seq, None, Damage.HEAD_CHANGED)]


def _name(suspects: Sequence[_Suspect]) -> list[Break]:
    """Tell those that only changed places from those whose content was changed."""
    places = _true_places(suspects) if len(suspects) <= MOST_SUSPECTS else {}
    return [
        Break(suspect.seq, suspect.event_id, _damage(suspect, places))
        for suspect in suspects
        if places.get(suspect.event_id) != suspect.seq
    ]


def _damage(suspect: _Suspect, places: dict[UUID, int]) -> Damage:
    return Damage.REORDERED if suspect.event_id in places else Damage.CHANGED


def _true_places(suspects: Sequence[_Suspect]) -> dict[UUID, int]:
    """Where each suspect stood: after which hash does one of the known hashes follow from it?"""
    hashes = {suspect.chain_hash for suspect in suspects}
    places: dict[UUID, int] = {}
    # Where the event before is itself in doubt, its place says nothing: those come last.
    for start in sorted(suspects, key=lambda suspect: suspect.before in hashes):
        seq, before = start.seq, start.before
        while found := _next(suspects, hashes, places, before):
            event_id, before = found
            places[event_id] = seq
            seq += 1
    return places


def _next(
    suspects: Sequence[_Suspect], hashes: set[str], places: dict[UUID, int], before: str
) -> tuple[UUID, str] | None:
    for suspect in suspects:
        if suspect.event_id not in places:
            link = link_hash(before, suspect.fact)
            if link in hashes:
                return suspect.event_id, link
    return None
