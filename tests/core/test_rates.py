"""Limits hold in one process and across processes, and nobody's address is stored."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from service.core.db import Database
from service.core.errors import TooMany
from service.core.rates import RateCount, Rates

KEY = "a key for tests, long enough for it"
Make = Callable[[], Rates]


@pytest.fixture(params=["memory", "database"])
def make(request: pytest.FixtureRequest, database: Database) -> Make:
    """Makes counters: in the database, two of them share what they count."""
    if request.param == "memory":
        one = Rates(KEY)
        return lambda: one
    return lambda: Rates(KEY, database)


def is_allowed(counter: Rates, limit: str, kind: str, who: str) -> bool:
    try:
        counter.hit(limit, kind, who)
    except TooMany:
        return False
    return True


def test_the_last_allowed_one_passes_and_the_next_is_told_when_to_come_back(make: Make) -> None:
    assert [is_allowed(make(), "3/hour", "submission", "a") for _ in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(TooMany) as caught:
        make().hit("3/hour", "submission", "a")
    seconds = caught.value.details["seconds"]
    assert isinstance(seconds, int)
    assert 1 <= seconds <= 3600


def test_others_and_other_things_are_counted_apart(make: Make) -> None:
    make().hit("1/hour", "submission", "a")

    assert not is_allowed(make(), "1/hour", "submission", "a")
    assert is_allowed(make(), "1/hour", "submission", "b")
    assert is_allowed(make(), "1/hour", "sign-in", "a")


def test_a_look_counts_nothing_and_forgetting_begins_anew(make: Make) -> None:
    make().check("1/hour", "submission", "a")
    make().hit("1/hour", "submission", "a")
    with pytest.raises(TooMany):
        make().check("1/hour", "submission", "a")

    make().forget("1/hour", "submission", "a")

    assert is_allowed(make(), "1/hour", "submission", "a")


def test_two_at_once_never_both_take_the_last(make: Make) -> None:
    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(lambda _: is_allowed(make(), "5/hour", "x", "a"), range(16)))

    assert sum(allowed) == 5


def test_only_a_keyed_hash_is_stored(database: Database) -> None:
    Rates(KEY, database).hit("1/second", "submission", "192.0.2.1")

    with database.write() as session:
        row = session.exec(select(RateCount)).one()
        assert "192.0.2.1" not in row.key
        assert row.hits == 1
