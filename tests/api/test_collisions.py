"""Requests that meet in PostgreSQL: they wait for so long and no longer, and are done once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from time import monotonic
from uuid import UUID

import psycopg
import pytest
from httpx2 import Response
from psycopg import sql
from sqlalchemy import event, text
from sqlalchemy.engine import ExceptionContext
from sqlmodel import col, func, select, update
from starlette.requests import Request
from starlette.testclient import TestClient

from service.core.db import LOCK_WAIT_SECONDS, Database
from service.core.errors import Unavailable
from service.core.outbox import EventRow
from service.core.secrets import hash_password
from service.domain.accounts.tables import ApiToken, User
from service.domain.submissions.tables import Revision
from service.doors.repeats import RETRIES, repeating
from service.doors.tools import Tools
from service.doors.visit import CredentialKind, Visit
from service.settings import Rates, Settings
from tests.meetings import Other, sent, wait_for
from tests.worlds import World

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

API = "/api/v1"
BUSY = 2.5  # seconds that a machine under load may take beyond what is promised
COLLIDE = """
CREATE SEQUENCE collisions;
CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('collisions') <= {} THEN
        RAISE EXCEPTION 'collided' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER collides AFTER INSERT OR UPDATE ON {}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION collide();
"""
COLLIDED = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """It looks for a circle once, late enough for us to close it; a password is tried once."""
    late = "&options=-c%20deadlock_timeout%3D3s"
    once = Rates(sign_ins_per_account="1/hour")
    return settings.model_copy(
        update={"database_url": f"{settings.database_url}{late}", "rates": once}
    )


@pytest.fixture
def refused(tools: Tools) -> Iterator[list[str]]:
    """What PostgreSQL refused to the service."""
    states: list[str] = []

    def note(context: ExceptionContext) -> None:
        error = context.original_exception
        states.append(str(error.sqlstate) if isinstance(error, psycopg.Error) else repr(error))

    event.listen(tools.database.engine, "handle_error", note)
    yield states
    event.remove(tools.database.engine, "handle_error", note)


@pytest.fixture
def token_id(database: Database, world: World) -> UUID:
    """The reviewer's, whose use has not been noted for long."""
    with database.write() as session:
        session.execute(update(ApiToken).values(last_used_at=None))
        return session.exec(select(ApiToken.id).where(ApiToken.user_id == world.reviewer.id)).one()


@contextmanager
def colliding(url: str, times: int, table: str = "user_account") -> Iterator[None]:
    """So often a commit that changes the table fails, as under stricter isolation it may."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(COLLIDE).format(times, sql.Identifier(table)))
        try:
            yield
        finally:
            connection.execute("DROP FUNCTION collide CASCADE; DROP SEQUENCE collisions")


def deactivate(client: TestClient, world: World) -> Response:
    url = f"{API}/users/{world.reviewer.id}/deactivate"
    return client.post(url, headers={**world.admin.auth, "If-Match": "*"})


def ended(world: World) -> tuple[bool, int]:
    """Whether the reviewer's account is ended, and how often that was recorded."""
    recorded = select(EventRow).where(col(EventRow.name) == "user.deactivated")
    with world.database.read() as session:
        is_over = session.get_one(User, world.reviewer.id).deactivated_at is not None
        return is_over, len(session.exec(recorded).all())


def revisions(world: World) -> int:
    with world.database.read() as session:
        return session.exec(select(func.count()).select_from(Revision)).one()


def test_a_token_in_use_does_not_cross_the_end_of_its_account(
    client: TestClient,
    world: World,
    token_id: UUID,
    others: Callable[[], Other],
    refused: list[str],
    database: Database,
) -> None:
    def make_token() -> Response:
        body = {"name": "one more", "scopes": ["read"]}
        return client.post(f"{API}/tokens", json=body, headers=world.reviewer.auth)

    other = others()
    other.lock("user_account", world.reviewer.id)
    with sent(lambda: deactivate(client, world)) as first:
        wait_for(database, 1)
        with sent(make_token) as second:
            wait_for(database, 2)
            other.end()
            statuses = first().status_code, second().status_code

    assert statuses == (200, 401)
    assert refused == []


def test_who_met_another_one_is_done_again_and_once(
    client: TestClient,
    world: World,
    token_id: UUID,
    others: Callable[[], Other],
    refused: list[str],
    database: Database,
) -> None:
    other = others()
    other.lock("api_token", token_id)
    with sent(lambda: deactivate(client, world)) as answer:
        wait_for(database, 1)
        other.lock("user_account", world.reviewer.id)
        assert ended(world) == (False, 0)
        other.end()
        assert answer().status_code == 200

    assert set(refused) == {"40P01"}  # again, if the repeat was in line before the other one
    assert ended(world) == (True, 1)


@pytest.mark.parametrize(
    ("times", "status", "happened"),
    [(RETRIES, 200, (True, 1)), (RETRIES + 1, 503, (False, 0))],
)
def test_who_collides_again_and_again_is_asked_to_come_later(
    client: TestClient,
    world: World,
    refused: list[str],
    database_url: str,
    times: int,
    status: int,
    happened: tuple[bool, int],
) -> None:
    with colliding(database_url, times):
        answer = deactivate(client, world)

    assert (answer.status_code, refused) == (status, ["40001"] * times)
    assert answer.headers.get("retry-after") == ("5" if status == 503 else None)
    assert ended(world) == happened


def test_who_is_done_again_is_counted_once(
    client: TestClient, world: World, refused: list[str], database: Database, database_url: str
) -> None:
    old, url = "correct horse staple", f"{API}/me/password"
    with database.write() as session:
        session.get_one(User, world.reviewer.id).password_hash = hash_password(old)
    body = {"old": old, "new": "another long word"}
    with colliding(database_url, 1):
        done = client.post(url, json=body, headers=world.reviewer.auth)
    more = client.post(url, json=body, headers=world.reviewer.auth)

    assert (done.status_code, refused) == (200, ["40001"])
    assert more.status_code == 429


def test_who_only_reads_is_done_again_too(tools: Tools) -> None:
    """A standby that follows ends what reads for too long, by the same code as a collision."""
    tries: list[int] = []

    def look(visit: Visit) -> str:
        with visit.reading() as (db, _me):
            tries.append(1)
            if len(tries) == 1:
                db.execute(text(COLLIDED))
        return "read"

    visit = Visit(Request({"type": "http"}), tools, CredentialKind.NOBODY)
    assert repeating(look)(visit=visit) == "read"
    assert (len(tries), visit.may_repeat) == (2, False)


def test_each_try_finds_the_request_as_the_first_one_found_it(tools: Tools) -> None:
    found: list[dict[str, object]] = []

    def look(visit: Visit) -> str:
        found.append(dict(visit.request.scope["state"]))
        visit.request.state.noted = len(found)
        visit.renew_key()
        with visit.reading() as (db, _me):
            if len(found) < RETRIES:
                db.execute(text(COLLIDED))
        return "read"

    came = {"idempotency_key": "once", "fingerprint": "of this form"}
    visit = Visit(Request({"type": "http", "state": dict(came)}), tools, CredentialKind.NOBODY)
    assert repeating(look)(visit=visit) == "read"
    assert found == [came] * RETRIES


def test_who_went_back_and_changed_something_is_told_so_though_the_draft_met_another_one(
    client: TestClient, world: World, refused: list[str], database_url: str
) -> None:
    typed = {"name": "Ole", "email": "ole@example.org", "consent": "yes"}
    typed |= {"evidence-0-claim": "Mine.", "idempotency_key": "of this page"}
    url = f"/jobs/{world.job_slug}/apply"
    sent = client.post(url, data=typed, follow_redirects=False)
    before = revisions(world)
    with colliding(database_url, 1, "draft"):
        told = client.post(url, data=typed | {"name": "Ole B."}, follow_redirects=False)

    assert (sent.status_code, told.status_code, refused) == (303, 422, ["40001"])
    assert "press again to send it too" in told.text
    assert revisions(world) == before


def test_who_meets_one_lock_after_another_waits_for_five_seconds_in_all(
    database: Database, world: World, others: Callable[[], Other]
) -> None:
    people = [world.reviewer, world.reviewer2, world.recruiter, world.admin]
    held = [others() for _ in people]
    for other, person in zip(held, people, strict=True):
        other.lock("user_account", person.id)
    over = Event()

    def release_each_in_turn() -> None:
        for other in held:
            over.wait(LOCK_WAIT_SECONDS / 2)
            other.end()

    def meet_them_all() -> None:
        with database.write() as session:
            for person in people:
                session.get(User, person.id, with_for_update=True)

    with sent(release_each_in_turn):
        began = monotonic()
        with pytest.raises(Unavailable):
            meet_them_all()
        took = monotonic() - began
        over.set()
    assert LOCK_WAIT_SECONDS - 1 < took < LOCK_WAIT_SECONDS + BUSY


def test_who_stands_behind_another_one_waits_for_five_seconds_in_one_statement(
    database: Database, world: World, others: Callable[[], Other]
) -> None:
    """First for the place at the row, then for the row: each time the server counts anew."""
    first, second = others(), others()
    first.lock("user_account", world.reviewer.id)
    over = Event()

    def leave_the_place() -> None:
        over.wait(LOCK_WAIT_SECONDS - 1)
        second.leave()

    def meet_both() -> None:
        with database.write() as session:
            session.get(User, world.reviewer.id, with_for_update=True)

    with sent(partial(second.lock, "user_account", world.reviewer.id)), sent(leave_the_place):
        wait_for(database, 1)
        began = monotonic()
        with pytest.raises(Unavailable):
            meet_both()
        took = monotonic() - began
        over.set()
        first.end()
    assert LOCK_WAIT_SECONDS - 1 < took < LOCK_WAIT_SECONDS + BUSY
