"""Accounts that several change at once on PostgreSQL: who comes second sees what the first did."""

from collections.abc import Callable
from uuid import UUID

import pytest
from httpx2 import Response
from sqlmodel import col, select
from starlette.testclient import TestClient

from service.core.clock import utc_now
from service.core.db import Database, new_id
from service.core.outbox import EventRow
from service.core.secrets import LinkInvalid
from service.domain.accounts.actions import open_password_reset, reset_password
from service.domain.accounts.actor import STRANGER, SYSTEM
from service.domain.accounts.passwords import NewPassword
from service.domain.accounts.tables import ApiToken
from tests.meetings import Other, sent, wait_for
from tests.worlds import World

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

API = "/api/v1"


@pytest.fixture
def reset_id(database: Database, world: World) -> UUID:
    """The reviewer's link to set a new password."""
    with database.write() as session:
        reset = open_password_reset(session, SYSTEM, new_id(), world.reviewer.email)
        assert reset
        return reset.id


def test_who_wants_an_address_that_another_one_is_taking_is_told_so(
    client: TestClient, world: World, others: Callable[[], Other], database: Database
) -> None:
    def change() -> Response:
        url, headers = f"{API}/users/{world.reviewer.id}", world.admin.auth | {"If-Match": "*"}
        return client.patch(url, json={"email": "new@example.org"}, headers=headers)

    other = others()
    other.change("user_account", world.reviewer2.id, "email_key", "new@example.org")
    with sent(change) as answer:
        wait_for(database, 1)
        other.keep()
        refused = answer()

    assert (refused.status_code, refused.json()["code"]) == (409, "email_taken")
    assert refused.json()["errors"][0]["pointer"] == "/email"


@pytest.mark.parametrize("how", ["used", "swept"])
def test_a_link_that_ends_while_one_waits_for_its_user_opens_nothing(
    database: Database, world: World, others: Callable[[], Other], reset_id: UUID, how: str
) -> None:
    def reset() -> None:
        with database.write() as session:
            reset_password(session, STRANGER, reset_id, NewPassword("x"))

    other = others()
    other.lock("user_account", world.reviewer.id)
    with sent(reset) as done:
        wait_for(database, 1)
        if how == "used":  # free to be changed by who holds the user
            other.change("password_reset", reset_id, "used_at", utc_now())
        else:
            other.remove("password_reset", reset_id)
        other.keep()
        with pytest.raises(LinkInvalid):
            done()


def test_of_two_who_revoke_a_token_at_once_one_does(
    client: TestClient, world: World, others: Callable[[], Other], database: Database
) -> None:
    tokens = select(ApiToken.id).where(ApiToken.user_id == world.reviewer.id)
    revoked = select(EventRow).where(col(EventRow.name) == "token.revoked")
    with database.read() as session:
        token_id = session.exec(tokens).one()

    def revoke() -> Response:
        return client.post(f"{API}/tokens/{token_id}/revoke", headers=world.admin.auth)

    other = others()
    other.lock("user_account", world.reviewer.id)
    with sent(revoke) as first, sent(revoke) as second:
        wait_for(database, 2)
        other.lock("api_token", token_id)  # nobody holds it who waits for its user
        other.end()
        statuses = first().status_code, second().status_code

    assert statuses == (200, 200)
    with database.read() as session:
        assert len(session.exec(revoked).all()) == 1
