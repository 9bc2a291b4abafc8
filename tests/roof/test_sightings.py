"""Use of a token and of a browser is noted, also when it only reads, and holds nobody up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, update
from sqlmodel import col, select

from service.core.clock import utc_now
from service.core.secrets import digest, hash_password
from service.domain.accounts.tables import ApiToken, SignIn, User
from service.doors.tools import Tools
from service.doors.visit import SEEN_EVERY
from tests.worlds import World

PASSWORD = "correct horse battery staple"
ME = "/api/v1/me"


@pytest.fixture
def signed_in(client: TestClient, world: World) -> TestClient:
    with world.database.write() as session:
        session.get_one(User, world.reviewer.id).password_hash = hash_password(PASSWORD)
    client.headers.update({"Origin": "http://localhost"})
    form = {"email": world.reviewer.email, "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 303
    return client


@pytest.fixture(autouse=True)
def unused(world: World) -> None:
    """As if nobody had been here."""
    with world.database.write() as session:
        session.execute(update(ApiToken).values(last_used_at=None))


@pytest.fixture
def written(tools: Tools) -> Iterator[list[str]]:
    """What the service changes."""
    said: list[str] = []

    def note(_c: object, _cursor: object, text: str, *_more: object) -> None:
        if text.startswith("UPDATE"):
            said.append(text)

    event.listen(tools.database.engine, "before_cursor_execute", note)
    yield said
    event.remove(tools.database.engine, "before_cursor_execute", note)


def used(world: World, token: str) -> bool:
    with world.database.read() as session:
        query = select(ApiToken.last_used_at).where(ApiToken.token_digest == digest(token))
        return session.exec(query).one() is not None


def test_a_token_that_only_reads_is_noted_once_in_a_while(
    client: TestClient, world: World, written: list[str]
) -> None:
    for _ in range(3):
        assert client.get(ME, headers=world.reviewer.auth).status_code == 200

    assert len(written) == 1
    assert [used(world, one.token) for one in (world.reviewer, world.recruiter)] == [True, False]
    with world.database.write() as session:
        old = utc_now() - SEEN_EVERY - timedelta(seconds=1)
        session.execute(update(ApiToken).values(last_used_at=old))
    written.clear()
    client.get(ME, headers=world.reviewer.auth)
    assert len(written) == 1


def test_who_only_reads_stays_signed_in_and_who_is_away_does_not(
    signed_in: TestClient, world: World
) -> None:
    def pass_by(hours: int) -> None:
        with world.database.write() as session:
            seen = session.exec(select(SignIn.last_seen_at)).one()
            session.execute(update(SignIn).values(last_seen_at=seen - timedelta(hours=hours)))

    for _ in range(3):
        pass_by(hours=11)
        assert signed_in.get("/desk").status_code == 200
    pass_by(hours=12)
    assert signed_in.get("/desk").status_code == 303


def test_a_busy_writer_neither_delays_nor_fails_a_reader(
    client: TestClient, world: World, tools: Tools
) -> None:
    mine = update(ApiToken).where(col(ApiToken.token_digest) == digest(world.reviewer.token))
    with tools.database.write() as session:
        session.execute(mine.values(name="held"))
        began = utc_now()
        answer = client.get(ME, headers=world.reviewer.auth)

        assert answer.status_code == 200
        assert utc_now() - began < timedelta(seconds=3)
    assert not used(world, world.reviewer.token)
    client.get(ME, headers=world.reviewer.auth)
    assert used(world, world.reviewer.token)


def test_what_is_refused_is_noted_as_use_only_of_what_is_good(
    client: TestClient, world: World
) -> None:
    with world.database.write() as session:
        session.execute(update(ApiToken).values(revoked_at=utc_now()))

    assert client.get(ME, headers=world.reviewer.auth).status_code == 401
    assert not used(world, world.reviewer.token)
