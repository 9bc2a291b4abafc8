"""The chain of events names whatever was changed, taken out, moved or cut off."""

from threading import Barrier, Event, Thread
from typing import ClassVar
from uuid import UUID

import pytest
from sqlmodel import Session, col, delete, select, update

from service.core.chain import chain_events, read_head
from service.core.chain_check import Break, Damage, verify_chain
from service.core.db import Database, new_id
from service.core.outbox import ActorKind, EventDetail, EventRow, record
from service.core.outbox import Event as Fact

SUBJECT = new_id()


class Someone:
    kind = ActorKind.SYSTEM
    id: UUID | None = None


class ThingHappened(Fact):
    name: ClassVar[str] = "thing.happened"

    number: int


def happen(session: Session, number: int) -> UUID:
    fact = ThingHappened(number=number)
    row = record(session, Someone(), SUBJECT, fact, detail={"words": f"ü {number}"})
    session.flush()
    return row.id


@pytest.fixture
def events(database: Database) -> list[UUID]:
    """Seven events, chained."""
    with database.write() as session:
        ids = [happen(session, number) for number in range(7)]
        assert chain_events(session) == 7
    return ids


def breaks(database: Database) -> list[Break]:
    with database.read() as session:
        return verify_chain(session)


def change(database: Database, event_id: UUID, **values: object) -> None:
    with database.write() as session:
        statement = update(EventRow).where(col(EventRow.id) == event_id).values(**values)
        session.connection().execute(statement)


def remove(database: Database, event_id: UUID) -> None:
    with database.write() as session:
        session.connection().execute(delete(EventRow).where(col(EventRow.id) == event_id))


def places(database: Database) -> list[tuple[UUID, int | None, str | None]]:
    with database.read() as session:
        query = select(EventRow.id, EventRow.seq, EventRow.chain_hash)
        return list(session.exec(query.order_by(col(EventRow.id))).all())


def test_a_whole_chain_has_no_breaks(database: Database, events: list[UUID]) -> None:
    assert breaks(database) == []
    assert [seq for _, seq, _ in places(database)] == [1, 2, 3, 4, 5, 6, 7]
    with database.read() as session:
        assert read_head(session).seq == 7


def test_an_empty_chain_is_whole(database: Database) -> None:
    assert breaks(database) == []


def test_linking_goes_on_where_it_stopped(database: Database, events: list[UUID]) -> None:
    with database.write() as session:
        happen(session, 7)
        happen(session, 8)
    for expected in (1, 1, 0):
        with database.write() as session:
            assert chain_events(session, limit=1) == expected
    assert breaks(database) == []


@pytest.mark.parametrize(
    "forged",
    [
        {"payload": {"number": 99}},
        {"name": "thing.undone"},
        {"actor_kind": ActorKind.USER},
        {"actor_id": UUID(int=5)},
        {"subject_id": UUID(int=5)},
        {"request_id": "other"},
        {"detail_digest": "0" * 64},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_a_changed_event_is_named(
    database: Database, events: list[UUID], forged: dict[str, object]
) -> None:
    with database.write() as session:  # a changed digest alone, not one that misses its detail
        session.connection().execute(delete(EventDetail))
    change(database, events[3], **forged)

    assert breaks(database) == [Break(4, events[3], Damage.CHANGED)]


def test_changed_values_behind_an_event_are_named(database: Database, events: list[UUID]) -> None:
    with database.write() as session:
        forge = update(EventDetail).where(col(EventDetail.id) == events[2])
        session.connection().execute(forge.values(detail={"words": "others"}))

    assert breaks(database) == [Break(3, events[2], Damage.DETAIL_CHANGED)]


def test_erasing_values_leaves_the_chain_whole(database: Database, events: list[UUID]) -> None:
    with database.write() as session:
        erase = delete(EventDetail).where(col(EventDetail.id).in_(events[1:4]))
        session.connection().execute(erase)

    assert breaks(database) == []


def test_missing_events_are_named(database: Database, events: list[UUID]) -> None:
    remove(database, events[2])
    remove(database, events[3])

    assert breaks(database) == [Break(3, None, Damage.MISSING, count=2)]


def test_a_cut_tail_is_named(database: Database, events: list[UUID]) -> None:
    remove(database, events[5])
    remove(database, events[6])

    assert breaks(database) == [Break(6, None, Damage.MISSING, count=2)]


def test_a_chain_cut_off_whole_is_named(database: Database, events: list[UUID]) -> None:
    for event_id in events:
        remove(database, event_id)

    assert breaks(database) == [Break(1, None, Damage.MISSING, count=7)]


def test_a_last_link_forged_with_its_hash_is_named(database: Database, events: list[UUID]) -> None:
    change(database, events[6], chain_hash="0" * 64)

    assert breaks(database) == [
        Break(7, events[6], Damage.CHANGED),
        Break(7, None, Damage.HEAD_CHANGED),
    ]


@pytest.mark.parametrize("takes_hash_along", [True, False])
@pytest.mark.parametrize("other", [2, 4])
def test_events_that_changed_places_are_named(
    database: Database, events: list[UUID], other: int, takes_hash_along: bool
) -> None:
    before = {id: (seq, link) for id, seq, link in places(database)}
    first, second = events[1], events[other]
    (low, low_hash), (high, high_hash) = before[first], before[second]
    if takes_hash_along:
        low_hash, high_hash = high_hash, low_hash
    change(database, first, seq=None)
    change(database, second, seq=low, chain_hash=low_hash)
    change(database, first, seq=high, chain_hash=high_hash)

    assert breaks(database) == [
        Break(2, second, Damage.REORDERED),
        Break(other + 1, first, Damage.REORDERED),
    ]


def test_an_event_that_slipped_in_is_named(database: Database, events: list[UUID]) -> None:
    forged = new_id()
    with database.write() as session:
        session.add(
            EventRow(
                id=forged,
                name="thing.forged",
                actor_kind=ActorKind.SYSTEM,
                subject_id=SUBJECT,
                payload={},
                detail_digest="",
                seq=8,
                chain_hash="f" * 64,
            )
        )

    assert breaks(database) == [
        Break(7, None, Damage.HEAD_CHANGED),
        Break(8, forged, Damage.CHANGED),
    ]


def test_what_commits_late_comes_late_in_the_chain(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.write() as slow:
        late = happen(slow, 0)
        with database.write() as quick:
            early = happen(quick, 1)
        with database.write() as session:
            assert chain_events(session) == 1
    with database.write() as session:
        assert chain_events(session) == 1

    assert {id: seq for id, seq, _ in places(database)} == {early: 1, late: 2}
    assert breaks(database) == []
    database.dispose()


def test_two_that_chain_at_once_do_it_once(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.write() as session:
        happen(session, 0)
    with database.write() as first, database.write() as second:
        assert (chain_events(first), chain_events(second)) == (1, 0)
    database.dispose()


def test_many_record_while_one_chains_without_gap_or_double(database: Database) -> None:
    start, done = Barrier(6), Event()

    def work(first: int) -> None:
        start.wait()
        for number in range(first, first + 15):
            with database.write() as session:
                happen(session, number)

    def chain() -> None:
        start.wait()
        while not done.is_set():
            with database.write() as session:
                chain_events(session, limit=5)

    workers = [Thread(target=work, args=(first,)) for first in (0, 100, 200, 300)]
    chainers = [Thread(target=chain) for _ in range(2)]
    for thread in workers + chainers:
        thread.start()
    for thread in workers:
        thread.join()
    done.set()
    for thread in chainers:
        thread.join()
    with database.write() as session:
        chain_events(session)

    with database.read() as session:
        seqs = session.exec(select(EventRow.seq).order_by(col(EventRow.seq))).all()
    assert list(seqs) == list(range(1, 61))
    assert breaks(database) == []
