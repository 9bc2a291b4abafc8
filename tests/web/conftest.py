"""Browsers of staff, signed in, that say where their forms come from."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.core.secrets import hash_password
from service.domain.accounts.tables import User
from service.doors.tools import Tools
from tests.worlds import Person, World

PASSWORD = "correct horse battery staple"
OURS = {"Origin": "http://localhost"}


@pytest.fixture
def pages(tools: Tools, world: World) -> Iterator[TestClient]:
    """The recruiter's."""
    with TestClient(create_app(tools), "http://localhost", follow_redirects=False) as client:
        client.headers.update(OURS)
        sign_in(client, world, world.recruiter)
        yield client


@pytest.fixture
def reviewing(tools: Tools, world: World) -> Iterator[TestClient]:
    """The first reviewer's."""
    with TestClient(create_app(tools), "http://localhost", follow_redirects=False) as client:
        client.headers.update(OURS)
        sign_in(client, world, world.reviewer)
        yield client


def sign_in(client: TestClient, world: World, person: Person) -> None:
    with world.database.write() as session:
        session.get_one(User, person.id).password_hash = hash_password(PASSWORD)
    answer = client.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 303


def version_on(page: str) -> str:
    """What a page says it was made from."""
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]
